"""Expressions and pain from action units: each template is found by its own units, and by no fewer."""

import pytest

from device.contract.labels import ACTION_UNIT_KEYS, EXPRESSIONS, Tier
from device.contract.templates import PEACEFUL, TEMPLATES, Template, tier
from device.stages.expressions import LEAST_SHOWN, SHOWN, memberships, pain, strongest


def face(numbers: str = "", intensity: float = 3.0) -> dict[str, float]:
    """A face that shows these units and no other."""
    return dict.fromkeys(ACTION_UNIT_KEYS, 0.0) | {f"AU{number}": intensity for number in numbers.split()}


def required(template: Template) -> str:
    return " ".join(group[0].removeprefix("AU") for group in template.required)


def dominant(aus: dict[str, float]) -> str:
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
    aus = face(required(template))
    for group in template.required:
        assert memberships(aus | dict.fromkeys(group, 0.0))[template.name] == 0


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
    ],
)
def test_a_compound_is_not_hidden_by_its_parts_nor_fired_by_them(numbers: str, is_named: str, is_not: str) -> None:
    assert dominant(face(numbers)) == is_named
    assert memberships(face(numbers))[is_not] < 0.7


def test_membership_grows_with_intensity_from_the_neutral_threshold_on() -> None:
    happy = [memberships(face("6 12", intensity))["happy"] for intensity in (0.0, 1.0, 1.5, 2.0, 3.0, 5.0)]
    assert happy == pytest.approx([0, 0, 0.25, 0.5, 1, 1])
    assert memberships(face("6 12", 1.5), neutral=1.5)["happy"] == 0


def test_what_opposes_and_what_stays_unexplained_take_away() -> None:
    happy = memberships(face("6 12"))["happy"]
    assert memberships(face("6 12") | {"AU15": 2.0})["happy"] < happy / 2
    assert memberships(face("6 12 1 2"))["happy"] == pytest.approx(happy / 2), "half of the face is explained"
    assert memberships(face("6 12 18"))["happy"] > 0.85, "an experimental unit alone takes little away"
    assert memberships(face("6 12 43"))["happy"] == happy, "a blink takes nothing away"


def test_peaceful_is_what_is_left() -> None:
    assert memberships(face())[PEACEFUL] == 1
    assert memberships(face("6 12", 2.0))[PEACEFUL] == pytest.approx(0.5)
    assert memberships(face("6 12"))[PEACEFUL] == 0
    assert memberships(face("18 28"))[PEACEFUL] == 0, "moves, though no template knows how"
    assert memberships(face("25 26 43"))[PEACEFUL] == 1, "talks and blinks"


def test_an_expression_whose_units_were_not_measured_is_not_judged() -> None:
    aus = face("6 12")
    del aus["AU9"]
    found = memberships(aus)
    assert "disgusted" not in found
    assert "painful" in found, "AU10 can stand for AU9"
    assert list(found) == [name for name in EXPRESSIONS if name != "disgusted"]
    assert memberships({}) == {}


def test_a_record_carries_the_strongest_few() -> None:
    found = {"happy": 0.3, "sad": 0.19, "awed": 0.9, "angry": 0.4, "peaceful": 0.2}
    assert strongest(found) == {"awed": 0.9, "angry": 0.4, "happy": 0.3}
    assert strongest({"sad": LEAST_SHOWN - 0.01}) == {}
    assert len(strongest(dict.fromkeys(EXPRESSIONS, 1.0))) == SHOWN


def test_an_expression_is_no_surer_than_its_weakest_required_unit() -> None:
    assert tier("happy") is Tier.REPORTED
    assert tier("sad") is Tier.LOW_CONFIDENCE, "AU4 and AU15 are"
    assert tier("painful") is Tier.EXPERIMENTAL, "AU10 may stand for AU9"
    assert tier(PEACEFUL) is Tier.EXPERIMENTAL


def test_pain_by_the_published_formula() -> None:
    aus = face() | {"AU4": 2.0, "AU6": 1.0, "AU7": 3.0, "AU9": 1.5, "AU10": 0.5, "AU43": 4.0}
    assert pain(aus) == 2 + 3 + 1.5 + 1
    assert pain(aus | {"AU43": 1.0}) == 6.5
    assert pain(face("4 6 7 9 10 43", 5.0)) == 16
    assert pain(face()) == 0


@pytest.mark.parametrize("missing", ["AU4", "AU6", "AU7", "AU9", "AU10", "AU43"])
def test_no_pain_score_without_all_its_units(missing: str) -> None:
    aus = face()
    del aus[missing]
    assert pain(aus) is None
