"""A bundle for diagnosis support: what it says, what it does not say and why, and which bundles are refused."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract import session
from device.contract.errors import ModelError
from device.contract.evidence import KEY, Ages, Evidence
from device.contract.features import SESSION
from device.contract.manifest import OutputSpec
from device.contract.support import answer, groups, validate
from device.contract.support_file import SupportFile
from device.features.gatherer import Gatherer
from device.features.support import distance, open_supporter, standardized
from device.settings import ModelSettings
from tests.behaviour import behaviour, event, watched
from tests.support_bundles import EVIDENCE, FILE, support_bundle

NAN = float("nan")


def opened(folder, **given):
    support_bundle(folder, **given)
    return open_supporter("simulated-1.0.0", ModelSettings(folders=(str(folder),), allow_unsigned=True))


def parts(records, *phases):
    gatherer = Gatherer()
    for record in records:
        gatherer.add(record)
    for phase in phases:
        gatherer.tell(phase)
    return gatherer.parts()


def smiling(seconds, level, rate=8):
    """Records of a person who smiles so much all the time."""
    records = watched(behaviour(seconds), rate)
    for record in records:
        record["aus"]["AU12"] = level
        record["aus"]["AU6"] = 0.5
    return records


def said(folder, records, *phases, **given):
    with opened(folder, **given) as supporter:
        told = supporter.say(parts(records, *phases))
    validate(told)
    session.validate(event(9, "support", 1, support=told))
    return told


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize(
    ("level", "set_", "right"),
    [(0.0, ["mdd"], "mdd"), (1.0, ["control"], "control"), (0.5, ["control", "mdd"], None)],
    ids=["no smile", "a smile", "between"],
)
def test_the_set_holds_the_groups_that_are_not_ruled_out(tmp_path, int8, level, set_, right):
    told = said(tmp_path, smiling(40, level), int8=int8)
    assert [group["name"] for group in groups(told) if group["possible"]] == set_
    assert answer(told) == right
    assert told.get("why") == (None if right else ["uncertain"])
    assert sum(group["probability"] for group in groups(told)) == pytest.approx(1, abs=1e-3)
    logit = 4 * (level - 0.5) / 0.25 / 2  # temperature 2
    assert told["g1"]["probability"] == pytest.approx(1 / (1 + np.exp(-2 * logit)), abs=0.02)


def test_it_says_whom_its_evidence_is_of(tmp_path):
    told = said(tmp_path, smiling(40, 0.0))
    assert told["bundle"] == "simulated-1.0.0"
    assert (told["population"], told["n"], told["sites"], told["alpha"]) == ("simulated adults, nobody", 120, 2, 0.1)
    assert [(group["name"], group["n"], group["held"]) for group in groups(told)] == [
        ("control", 70, 0.94),
        ("mdd", 50, 0.82),
    ]
    assert (told["supported"], told["coverage"]) == (True, 1.0)
    assert [told[f"answered_right{end}"] for end in ("", "_low", "_high")] == [0.81, 0.7, 0.9]
    assert "phase" not in told


def test_how_often_an_answer_was_right_is_told_where_it_is_known(tmp_path):
    evidence = {name: value for name, value in EVIDENCE.to_json().items() if name != "answered_right"}
    assert not any("right" in name for name in said(tmp_path, smiling(40, 0.0), evidence=evidence))


@pytest.mark.parametrize("held", [None, {"control": {"value": 0.9, "low": 0.8, "high": 1}}], ids=["older", "of one"])
def test_how_often_a_groups_own_people_were_ruled_out_is_told_where_it_was_measured(tmp_path, held):
    told = said(tmp_path, smiling(40, 0.0), **evidence_with(held=held))
    assert [group.get("held") for group in groups(told)] == ([0.9, None] if held else [None, None])


def test_what_could_not_be_computed_is_told_without_a_network_and_without_numbers_of_the_person(tmp_path):
    with opened(tmp_path) as supporter:
        told, computed = supporter.fail(), supporter.say(parts(smiling(40, 0.0)))
    session.validate(event(9, "support", 1, support=told))
    assert told["why"] == ["fault"]
    assert computed.keys() - told.keys() == {"coverage"}
    assert answer(told) is None


def test_what_the_evidence_does_not_carry_is_told_as_such(tmp_path):
    evidence = replace(EVIDENCE, supported=False, unsupported=("p is .31.",), p_value=None, permutations=0)
    assert said(tmp_path, smiling(40, 0.0), evidence=evidence)["supported"] is False


def test_a_set_may_be_empty_and_is_then_no_answer(tmp_path):
    file = replace(FILE, quantiles={"control": 0.3, "mdd": 0.3})
    told = said(tmp_path, smiling(40, 0.5), file=file)
    assert [group["possible"] for group in groups(told)] == [False, False]
    assert told["why"] == ["uncertain"]


def turned_away(records):
    for record in records[: 6 * len(records) // 10]:
        for group in ("aus", "emotions", "eyes"):
            del record[group]
        record |= {"status": "gated", "reasons": ["turned_away"]}
    return records


def without(records, *names):
    for record in records:
        for name in names:
            record.pop(name)
    return records


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([], ["short", "unmeasured"]),
        (smiling(20, 0.0), ["short"]),
        (turned_away(smiling(100, 0.0)), ["coverage"]),
        (without(smiling(40, 0.0), "pose", "emotions"), ["unmeasured"]),
        (smiling(40, 5.0), ["outside"]),
    ],
    ids=["nothing", "short", "turned away", "unmeasured", "unlike anybody"],
)
def test_where_it_abstains_nothing_is_computed(tmp_path, records, why):
    told = said(tmp_path, records)
    assert told["why"] == why
    assert answer(told) is None
    assert all(group.keys() == {"name", "n", "held"} for group in groups(told))


@pytest.mark.parametrize(
    ("sources", "why"),
    [(("face-1.0.0",), None), (("face-1.0.0", "units-2.0.0"), None), (("face-1.1.0",), ["outside"]), ((), None)],
)
def test_what_other_networks_measured_is_unlike_its_evidence(tmp_path, sources, why):
    told = said(tmp_path, smiling(40, 0.0), file=replace(FILE, sources=sources))
    assert told.get("why") == why


def test_one_column_that_was_not_measured_is_filled(tmp_path):
    told = said(tmp_path, without(smiling(40, 0.0), "pose"))
    assert answer(told) == "mdd"


def of_phases(*names):
    columns = tuple(f"{name}/aus.AU12.mean" for name in names)
    count = len(columns)
    fill = (0.5,) * count
    return {
        "file": replace(FILE, columns=columns, fill=fill, centre=fill, scale=(0.25,) * count),
        "evidence": replace(EVIDENCE, phases=names),
        "weights": np.array([[4.0] * count, [-4.0] * count]),
    }


def test_a_bundle_of_one_phase_reads_that_phase(tmp_path):
    records = smiling(120, 0.0)
    for record in records[len(records) // 2 :]:
        record["aus"]["AU12"] = 1.0
    phases = event(1, "phase", 0, name="rest"), event(2, "phase", 60, name="film")
    for name, right in (("rest", "mdd"), ("film", "control")):
        told = said(tmp_path / name, records, *phases, **of_phases(name))
        assert (answer(told), told["phase"]) == (right, name)
    told = said(tmp_path / "both", records, *phases, **of_phases("rest", "film"))
    assert told["why"] == ["uncertain"]
    assert "phase" not in told


def test_a_phase_that_was_not_held_is_a_reason(tmp_path):
    told = said(tmp_path, smiling(120, 0.0), event(1, "phase", 0, name="rest"), **of_phases("rest", "film"))
    assert told["why"] == ["phase", "unmeasured"]
    assert told["coverage"] == 1.0


def test_a_phase_may_be_given_in_the_place_of_a_session(tmp_path):
    with opened(tmp_path) as supporter:
        told = supporter.say({SESSION: parts(smiling(40, 0.0))[SESSION]}, "talk")
    assert (answer(told), told["phase"]) == ("mdd", "talk")


def test_values_are_filled_standardized_and_cut_and_the_distance_is_of_what_was_measured():
    values = np.array([[0.75, NAN, 2.5, 4.0], [0.5, 0.5, 2.5, 104.0], [NAN] * 4])
    assert standardized(FILE, values).tolist() == [[1, 0, 0, 0], [0, 0, 0, 4], [0, 0, 0, 0]]
    assert distance(FILE, values).tolist() == pytest.approx([1 / 3, 50**2 / 4, NAN], nan_ok=True)


def file_with(**changes):
    return {"content": replace(FILE, **changes).to_bytes()}


def evidence_with(**changes):
    found = EVIDENCE.to_json()
    for name, value in changes.items():
        if value is None:
            del found[name]
        else:
            found[name] = value
    return {"evidence": found}


GROUPS_OUT = OutputSpec("groups", (1, 2), "float32", 0.0, 0, ("control", "mdd"), "softmax", temperature=2.0)
INTERVAL = {"value": 0.7, "low": 0.8, "high": 0.9}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"task": "action-units"}, "for 'action-units', not for 'diagnosis-support'"),
        ({"evidence": None}, "tells no evidence of what it says of people"),
        (evidence_with(supported=None), "'supported' is missing"),
        (evidence_with(supported="yes"), "'supported' is 'yes', not true or false"),
        (evidence_with(supported=False), "'supported', beside the reasons against it, is False"),
        (evidence_with(unsupported=["p is .3."]), "'supported', beside the reasons against it, is True"),
        (evidence_with(p_value=None), "'p_value' of what is supported is None"),
        (evidence_with(n=121), "'n', the sum of its groups, is 121"),
        (evidence_with(groups={"control": 120}), "the number of its groups is 1"),
        (evidence_with(groups={"control": 70, "Major Depression": 50}), "a group's name is 'Major Depression'"),
        (
            evidence_with(groups={"control": 70, "bpd": 50}, held=None),
            "other groups in its network than in its evidence",
        ),
        (evidence_with(balanced_accuracy=INTERVAL), "'balanced_accuracy' is"),
        (evidence_with(held={"bpd": INTERVAL}), r"the groups in 'held' is \['bpd'\]"),
        (evidence_with(held={"mdd": INTERVAL}), "'held.mdd' is"),
        (evidence_with(held={"mdd": 0.9}), "'held.mdd' is 0.9, not an object"),
        (evidence_with(population=""), "'population' is ''"),
        (evidence_with(alpha=1), "'alpha' is 1.0"),
        (evidence_with(remark="x"), "there is no field 'remark'"),
        (evidence_with(phases=["rest"]), "reads phases of which its evidence is not"),
        ({"content": b"no JSON"}, "support.json of bundle simulated-1.0.0 cannot be read"),
        ({"content": b"[" * 100_000}, "support.json of bundle simulated-1.0.0 cannot be read"),
        ({"content": b"[]"}, r"it is \[\], not an object"),
        ({"content": b"{}"}, "'feature_version' is missing"),
        (file_with(feature_version=2), "is for features of version 2, and this box makes those of version 1"),
        (file_with(fill=(0.5, 0.5)), "the number of values in 'fill', of 4 columns, is 2"),
        (file_with(columns=(*FILE.columns[:3], "whole-session/aus.AU99.mean")), "a column's feature is"),
        (file_with(columns=(*FILE.columns[:3], "aus.AU6.sd")), "a column's feature is 'aus.AU6.sd'"),
        (file_with(columns=(*FILE.columns[:3], "The Film/aus.AU6.sd")), "a column's phase is"),
        (file_with(columns=(FILE.columns[0],) * 4), "the number of different columns is 1"),
        (file_with(columns=(), fill=(), centre=(), scale=()), "the number of columns is 0"),
        (file_with(scale=(0.25, 0.0, 0.5, 2.0)), "the least of 'scale' is 0.0"),
        (file_with(clip=0.0), "'clip' is 0.0"),
        (file_with(least_measured=1.5), "'least_measured' is 1.5"),
        (file_with(quantiles={"control": 1.2, "mdd": 0.9}), "the quantile of 'control' is 1.2"),
        (file_with(quantiles={"control": 0.8}), "other groups in its network than in its support.json"),
        ({"content": FILE.to_bytes().replace(b"2.5", b"NaN")}, "is nan, not a number"),
        ({"weights": np.zeros((2, 3))}, r"takes \(1, 3\), and its support.json has 4 columns"),
        ({"outputs": (replace(GROUPS_OUT, activation="none"),)}, "gives no probabilities"),
        ({"outputs": (replace(GROUPS_OUT, labels=("control", "mdd", "mdd")),)}, "names a group twice"),
        ({"outputs": (replace(GROUPS_OUT, labels=("control",)),)}, "other groups in its network than in its evidence"),
    ],
)
def test_a_bundle_that_is_not_what_it_should_be_is_refused_in_one_sentence(tmp_path, given, why):
    with pytest.raises(ModelError, match=why) as refused:
        opened(tmp_path, **given)
    sentence = str(refused.value)
    assert "simulated-1.0.0" in sentence
    assert "\n" not in sentence
    assert sentence.count(": ") >= 1, "it says what to do"


def test_a_bundle_that_nobody_signed_is_refused(tmp_path):
    support_bundle(tmp_path)
    with pytest.raises(ModelError, match=r"simulated-1\.0\.0 is unsigned"):
        open_supporter("simulated-1.0.0", ModelSettings(folders=(str(tmp_path),)))


def test_what_is_written_is_read_back():
    of_age = replace(EVIDENCE, age=Ages(18, 64))
    assert Evidence.from_receipt({KEY: of_age.to_json()}, "here") == of_age
    assert SupportFile.read(FILE.to_bytes(), "here") == FILE
    assert Evidence.from_receipt({KEY: EVIDENCE.to_json()}, "here") == EVIDENCE
    assert FILE.phases == (SESSION,)
