"""What the simulated boxes are said to have written: of the contract, the same again, with what is planted in it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cloud.demo.course import INDEX, course
from cloud.demo.filling import NAMESPACE, fill
from cloud.demo.packing import column
from cloud.demo.people import EVERYBODY, PEOPLE, Plan, plans
from cloud.demo.records import records
from cloud.demo.sessions import documents
from cloud.local.store import Store
from device.contract import aggregate, boot, mark, note, pack, paper, patient, person, record, session, support
from device.contract.columns import ABSENT
from device.contract.columns import column as contract_column
from device.contract.fields import Json

NOW_S = 1_795_800_000.0
MINUTES = 3.0


@pytest.fixture(scope="module")
def planned() -> list[Plan]:
    return plans(7, 3, NOW_S, MINUTES)


@pytest.fixture(scope="module")
def written(planned: list[Plan]) -> dict[str, object]:
    return {path: document for plan in planned for path, document in documents(plan)}


def below(written: dict[str, object], root: str) -> dict[str, Json]:
    return {path: one for path, one in written.items() if path.startswith(f"{root}/") and isinstance(one, dict)}


def test_everything_is_of_the_contract_and_stands_where_it_says(written: dict[str, object]) -> None:
    for root, module in ((session.ROOT, session), (aggregate.MINUTES_ROOT, aggregate), (boot.ROOT, boot)):
        found = below(written, root)
        assert found
        for path, document in found.items():
            module.validate(document)
            assert module.key(document) == path
    watched = {path: one for path, one in written.items() if path.startswith(f"{patient.ROOT}/")}
    assert set(watched.values()) == {someone.pseudonym for someone in EVERYBODY}


def test_of_one_person_who_agreed_diagnosis_support_said_something_and_says_that_it_is_made_up(
    written: dict[str, object],
) -> None:
    found = below(written, support.ROOT)
    assert {path.split("/")[1] for path in found} == {"p-0012"}
    assert len(found) > 1
    for path, document in found.items():
        session.validate(document)
        assert session.key(document) == path
        told = document["support"]
        assert (told["bundle"].startswith("simulated-"), told["simulated"]) == (True, True)
        assert told["population"].startswith("Simulated")
    agreed = [
        event["patient"]
        for event in below(written, session.ROOT).values()
        if "diagnosis" in event.get("consent", {}).get("covers", ())
    ]
    assert {*agreed} == {"p-0012"}


def test_one_person_who_agreed_is_compared_with_other_people_who_are_made_up(written: dict[str, object]) -> None:
    told = [event for event in below(written, session.ROOT).values() if event["event"] == "comparison"]
    assert {event["patient"] for event in told} == {"p-0007"}
    assert {event["comparison"]["simulated"] for event in told} == {True}
    packed = [one for one in below(written, pack.ROOT).values() if one["of"] == "records"]
    said = [one for some in packed for one in pack.unpack(some) if "atypicality" in one]
    assert len(said) > 20
    sessions = {event["session"] for event in told}
    for one in said:
        record.validate(one)
        assert one["session"] in sessions and one["models"]["atypicality"] == "simulated-ratings-1"


def test_one_person_who_agreed_has_a_model_of_their_own_that_nobody_made(written: dict[str, object]) -> None:
    told = [event for event in below(written, session.ROOT).values() if event["event"] == "personal"]
    assert {event["patient"] for event in told} == {"p-0007"}
    assert {(event["personal"]["bundle"], event["personal"]["simulated"]) for event in told} == {
        ("simulated-movements-1", True)
    }
    assert [event["personal"]["earlier"] for event in sorted(told, key=lambda one: one["time"]["wall"])] == [0, 1, 2]
    packed = [one for one in below(written, pack.ROOT).values() if one["of"] == "records"]
    said = [one for some in packed for one in pack.unpack(some) if "personal" in one]
    sessions = {event["session"] for event in told}
    assert {(one["status"], one["models"]["personal"]) for one in said} == {("measured", "simulated-movements-1")}
    assert {one["session"] for one in said} <= sessions
    assert any("movement" in one["personal"] for one in said)
    assert any("movement" not in one["personal"] for one in said)


def test_packs_are_those_that_a_box_would_have_made(written: dict[str, object]) -> None:
    found = below(written, pack.ROOT)
    for path, document in list(found.items())[::4]:
        unpacked = pack.unpack(document)
        (record if document["of"] == "records" else aggregate).validate(unpacked[len(unpacked) // 2])
        assert pack.pack(unpacked) == document
        assert pack.key(document) == path
    assert {document["of"] for document in found.values()} == set(pack.KINDS)


@pytest.mark.parametrize(
    "values", [[1, 1, 1], [0.25, -3, 4.125], [None, 2, None, None, 3], [900_000.5, -1, 0], [0.1, 0.12, 0.13], [-7]]
)
def test_columns_of_arrays_are_those_of_the_contract(values: list[float | None]) -> None:
    array = np.array([np.nan if value is None else value for value in values])
    assert column(array, 3) == contract_column([ABSENT if value is None else value for value in values])


def test_the_same_seed_gives_the_same_and_another_gives_another(planned: list[Plan]) -> None:
    again = plans(7, 3, NOW_S, MINUTES)
    assert again == planned
    assert dict(documents(again[-1])) == dict(documents(planned[-1]))
    assert dict(documents(plans(8, 3, NOW_S, MINUTES)[-1])) != dict(documents(planned[-1]))


def test_it_has_everything_that_pages_have_to_show(written: dict[str, object]) -> None:
    events = list(below(written, session.ROOT).values())
    why = Counter(event["why"] for event in events if event["event"] == "ended")
    assert why.keys() == {"stopped", "interrupted", "paused", "revoked", "limit"}
    assert sum("continues" in event for event in events) == 2
    assert any(event["number"] == session.REVOKED_LATER for event in events)
    assert {event["event"] for event in events} == {*session.Event} - {"consent", "support"}
    frames = [
        one
        for packed in below(written, pack.ROOT).values()
        if packed["of"] == "records"
        for one in pack.unpack(packed)
    ]
    reasons = Counter(reason for one in frames for reason in one.get("reasons", ()))
    assert reasons.keys() >= {"turned_away", "no_face"}
    assert any("hidden" in one and "AU12" not in one["aus"] for one in frames)
    assert any(one.get("disagree") for one in frames)
    assert {one["neutral"].partition(":")[0] for one in frames if "neutral" in one} == {"none", "calibrated"}
    assert any(one["pace"].get("why") == ["heat"] for one in frames)
    minutes = list(below(written, aggregate.MINUTES_ROOT).values())
    assert not all(minute["time"]["trusted"] for minute in minutes)
    assert any(minute["share"] == 0 for minute in minutes)


def test_an_empty_session_began_and_ended_and_holds_nothing(written: dict[str, object], planned: list[Plan]) -> None:
    (empty,) = (plan for plan in planned if plan.kind == "empty")
    (visit,) = {path.split("/")[2] for path, _ in documents(empty) if path.startswith(session.ROOT)}
    place = visit.replace("~", "/")
    assert [one["event"] for path, one in below(written, session.ROOT).items() if visit in path] == ["began", "ended"]
    assert not [path for path in written if place in path and not path.startswith(patient.ROOT)]


def test_what_is_planted_can_be_found_over_weeks() -> None:
    """Cheeks raised (AU6) and brows lowered (AU4), of the one who gets better and of the one who does not change."""
    found: dict[str, list[list[float]]] = {"p-0007": [], "p-0012": []}
    for plan in plans(7, 8, NOW_S):
        if plan.person.pseudonym in found:
            means = np.nanmean(course(plan).aus, 0)
            found[plan.person.pseudonym].append([float(means[INDEX[key]]) for key in ("AU6", "AU4")])
    smiles, frowns = np.transpose(found["p-0007"])
    assert smiles[-3:].mean() > 1.5 * smiles[:3].mean()
    assert frowns[-3:].mean() < 0.7 * frowns[:3].mean()
    for measure in np.transpose(found["p-0012"]):
        assert 0.75 < measure[-3:].mean() / measure[:3].mean() < 1.33


def test_what_clinicians_wrote_is_of_the_contract_and_says_that_it_is_simulated(planned: list[Plan]) -> None:
    found = records(planned, "clinician-1", NOW_S)
    modules = {"versions": person, "notes": note, "consents": paper, "marks": mark}
    for path, document in found.items():
        modules[path.split("/")[2]].validate(document)
    assert {path.split("/")[2] for path in found} == set(modules)
    assert all(str(one["text"]).startswith("Simulated") for path, one in found.items() if "/notes/" in path)  # type: ignore[index]
    for someone in PEOPLE:
        assert person.key(someone.pseudonym, 3) in found


def test_the_database_holds_it_once_it_is_filled(planned: list[Plan], tmp_path: Path) -> None:
    count = fill(tmp_path, planned[:2], {"staff/u/role": "admin"}, 1)
    store = Store(tmp_path)
    root = store.root(NAMESPACE)
    store.close()
    assert count > 20
    assert isinstance(root, dict)
    assert root["staff"] == {"u": {"role": "admin"}}
    assert {"visits", "minutes", "packs", "patients"} <= root.keys()
