"""Expressions and pain from action units: each template is found by its own units, and by no fewer."""

import numpy as np
import pytest

from device.arrays import FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, EXPRESSIONS, LOWER, PARTS, UPPER, Tier
from device.contract.templates import PEACEFUL, SAID_OF, TEMPLATES, Template, tier
from device.stages.expressions import LEAST_SHOWN, SHOWN, disagree, memberships, pain, strongest

TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}
PART = {unit.key: unit.part for unit in ACTION_UNITS}


def face(numbers: str = "", intensity: float = 3.0, /, **more: float) -> FloatArray:
    """A face that shows these units, and `more` by their keys, and no other."""
    units = {f"AU{number}": intensity for number in numbers.split()} | more
    return np.array([units.get(key, 0.0) for key in ACTION_UNIT_KEYS], np.float32)


def hiding(aus: FloatArray, *parts: str) -> FloatArray:
    """The face with these parts, or units, not measured."""
    return np.array(
        [np.nan if {key, PART[key]} & {*parts} else value for key, value in zip(ACTION_UNIT_KEYS, aus, strict=True)],
        np.float32,
    )


def required(template: Template) -> str:
    return " ".join(group[0].removeprefix("AU") for group in template.required)


def dominant(aus: FloatArray) -> str:
    found = memberships(aus)
    return max(found, key=lambda name: found[name])


def test_every_expression_of_the_contract_has_one_template_of_known_units() -> None:
    assert (*(template.name for template in TEMPLATES), PEACEFUL) == EXPRESSIONS
    for template in TEMPLATES:
        units = {unit for group in template.required for unit in group} | set(template.optional)
        assert units | set(template.against) <= set(ACTION_UNIT_KEYS)
        assert not units & set(template.against)
        assert template.source


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
@pytest.mark.parametrize("intensity", [2.0, 3.0, 5.0])
def test_the_required_units_make_an_expression_the_dominant_one(template: Template, intensity: float) -> None:
    found = memberships(face(required(template), intensity))
    assert max((value, name) for name, value in found.items() if name != PEACEFUL)[1] == template.name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_without_one_required_unit_there_is_nothing_of_it(template: Template) -> None:
    for group in template.required:
        assert memberships(face(required(template), **dict.fromkeys(group, 0.0)))[template.name] == 0


@pytest.mark.parametrize(
    ("numbers", "is_named", "is_not"),
    [
        ("6 12", "happy", "happily_surprised"),
        ("6 12 25", "happy", "humorous"),
        ("6 12 25 26", "humorous", "happily_surprised"),
        ("1 2 5 25 26", "surprised", "fearfully_surprised"),
        ("1 2 12 25", "happily_surprised", "happy"),
        ("1 2 4 5 20 25 26", "fearful", "sadly_fearful"),
        ("1 4 15 17", "sad", "sadly_angry"),
        ("4 5 7 23", "angry", "hateful"),
        ("4 7 24 17", "angry", "angrily_disgusted"),
        ("9 10 17", "disgusted", "angrily_disgusted"),
        ("4 6 7 9 43", "painful", "disgusted"),
        ("4 6 15", "crying", "sad"),
        ("1 4 6 7 15 17 25 43", "crying", "sad"),
        ("4 6 15 25", "crying", "sadly_angry"),
        ("4 7 20 25 26", "crying", "angry"),
    ],
)
def test_a_compound_is_not_hidden_by_its_parts_nor_fired_by_them(numbers: str, is_named: str, is_not: str) -> None:
    found = memberships(face(numbers))
    assert dominant(face(numbers)) == is_named
    assert found[is_not] < found[is_named] - 0.1


def test_membership_grows_with_intensity_from_the_neutral_threshold_on() -> None:
    happy = [memberships(face("6 12", intensity))["happy"] for intensity in (0.0, 1.0, 1.5, 2.0, 3.0, 5.0)]
    assert happy == pytest.approx([0, 0, 0.25, 0.5, 1, 1])
    assert memberships(face("6 12", 1.5), neutral=1.5)["happy"] == 0


def test_what_opposes_and_what_stays_unexplained_take_away() -> None:
    happy = memberships(face("6 12"))["happy"]
    assert memberships(face("6 12", AU15=2.0))["happy"] < happy
    assert memberships(face("6 12 1 2"))["happy"] < happy * 0.8, "much of the face is not explained"
    assert memberships(face("6 12 43"))["happy"] == happy, "a blink takes nothing away"


def test_a_doubtful_unit_that_fires_alone_takes_less_away_than_a_sure_one() -> None:
    beside = {key: memberships(face("6 12", **{key: 3.0}))["happy"] for key in ("AU1", "AU2", "AU10", "AU14", "AU18")}
    for sure, one in beside.items():
        for doubtful, other in beside.items():
            if TIERS[sure] is Tier.REPORTED and TIERS[doubtful] is Tier.EXPERIMENTAL:
                assert one < other < 1


def test_peaceful_is_a_whole_face_in_which_nothing_moves_and_that_looks_neutral() -> None:
    assert memberships(face())[PEACEFUL] == 1
    assert memberships(face(), calm=0.6)[PEACEFUL] == pytest.approx(0.6)
    assert memberships(face(), calm=0.3)[PEACEFUL] == 0, "annotators would say something else"
    assert PEACEFUL not in memberships(hiding(face(), LOWER)), "who knows what the mouth does"
    assert memberships(face("6 12", 2.0))[PEACEFUL] == pytest.approx(0.5)
    assert memberships(face("6 12"))[PEACEFUL] == 0
    assert memberships(face("18 28"))[PEACEFUL] == 0, "moves, though no template knows how"
    assert memberships(face("25 26 43"))[PEACEFUL] == 1, "talks and blinks"


def test_an_expression_whose_units_were_not_measured_is_not_judged() -> None:
    found = memberships(hiding(face("6 12"), "AU9"))
    assert "disgusted" not in found
    assert "painful" in found, "AU10 can stand for AU9"
    assert list(found) == [name for name in EXPRESSIONS if name not in ("disgusted", PEACEFUL)]
    assert memberships(hiding(face(), UPPER, LOWER)) == {}


@pytest.mark.parametrize("part", PARTS)
def test_of_a_face_that_is_half_hidden_only_what_the_other_half_says_is_judged(part: str) -> None:
    found = memberships(hiding(face("1 2 6 12 26"), part))
    assert found
    assert np.isfinite(list(found.values())).all()
    for template in TEMPLATES:
        seen = all(any(PART[key] != part for key in group) for group in template.required)
        assert (template.name in found) == seen
    assert ("interested" in found) == (part == LOWER), "it needs the brows alone"


def test_a_record_carries_the_strongest_few() -> None:
    found = {"happy": 0.3, "sad": 0.19, "awed": 0.9, "angry": 0.4, "peaceful": 0.2}
    assert strongest(found) == {"awed": 0.9, "angry": 0.4, "happy": 0.3}
    assert strongest({"sad": LEAST_SHOWN - 0.01}) == {}
    assert len(strongest(dict.fromkeys(EXPRESSIONS, 1.0))) == SHOWN


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_an_expression_is_no_surer_than_its_weakest_required_unit(template: Template) -> None:
    order = list(Tier)
    weakest = max((TIERS[key] for group in template.required for key in group), key=order.index)
    assert tier(template.name) is weakest


def test_peaceful_is_told_by_what_is_not_there_and_so_with_low_confidence() -> None:
    assert tier(PEACEFUL) is Tier.LOW_CONFIDENCE


def said(**shares: float) -> FloatArray:
    """The emotions' probabilities, by name; the rest is neutral."""
    named = {"neutral": 1 - sum(shares.values())} | shares
    return np.array([named.get(name, 0.0) for name in EMOTIONS], np.float32)


def test_a_crying_face_that_is_called_happiness_is_a_contradiction() -> None:
    crying = strongest(memberships(face("4 6 15 17 25"), calm=0.0))
    assert next(iter(crying)) == "crying"
    assert disagree(crying, said(happiness=0.9))
    assert disagree(crying, said(anger=0.9))
    assert not disagree(crying, said(sadness=0.7))
    assert not disagree(crying, said(fear=0.4, anger=0.6))


def test_what_is_faint_or_absent_contradicts_nothing() -> None:
    assert not disagree({"happy": 0.25}, said(sadness=1.0))
    assert not disagree({}, said(sadness=1.0))
    assert disagree({"happy": 0.9}, said(sadness=1.0))


@pytest.mark.parametrize("name", sorted({*EXPRESSIONS} - {*SAID_OF}))
def test_an_attitude_contradicts_no_emotion(name: str) -> None:
    assert not any(disagree({name: 1.0}, said(**{emotion: 1.0})) for emotion in EMOTIONS[1:])


def test_every_expression_named_after_an_emotion_can_be_contradicted() -> None:
    assert {*SAID_OF} <= {*EXPRESSIONS}
    for words in SAID_OF.values():
        assert {*words.split()} < {*EMOTIONS}


def test_pain_by_the_published_formula() -> None:
    units = {"AU4": 2.0, "AU6": 1.0, "AU7": 3.0, "AU9": 1.5, "AU10": 0.5}
    assert pain(face(AU43=4.0, **units)) == 2 + 3 + 1.5 + 1
    assert pain(face(AU43=1.0, **units)) == 6.5
    assert pain(face("4 6 7 9 10 43", 5.0)) == 16
    assert pain(face()) == 0


@pytest.mark.parametrize("missing", ["AU4", "AU6", "AU7", "AU9", "AU10", "AU43"])
def test_no_pain_score_without_all_its_units(missing: str) -> None:
    assert pain(hiding(face(), missing)) is None
