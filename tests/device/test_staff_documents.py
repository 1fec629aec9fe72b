"""What staff write, and what boxes tell them: every field in its place, what contradicts itself refused."""

import re
from typing import Any

import pytest

from device.contract import audit, box, checkup, keys, live, mark, note, paper, person, remote, telemetry
from device.contract.choices import HINTS
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.finding import Finding, Level
from device.contract.patient import check_pseudonym
from device.update.standing import Step
from tests.cloud.rules_cases import record

KEY = "k1795817973489-a1b2c3"
OTHER = "k1795817973490-zzzzzz"
BY: Json = {"v": 1, "at": 1_795_817_973_489, "by": "UID_of-clara28"}
PERSON = BY | {"number": 3, "status": "active", "year_of_birth": 1980, "setting": "couple", "began": "2026-11-02"}
NOTE = BY | {"text": "She laughed at once.", "visit": "room-3~9f1c446a-0000202347", "moment": 61.5}
MARK = BY | {"of": "phase", "name": "baseline", "from_s": 0, "to_s": 60}
PAPER = BY | {"covers": ["expressions"], "giver": "patient", "given": "2026-11-02", "until": "2027-01-31"}
AUDIT = BY | {"did": "opened", "patient": "p-017"}
BOX = BY | {"name": "Room 2", "group": "site-a"}
COMMAND: Json = {"v": 1, "id": "c-1", "until": 1_795_817_973_489, "by": "clara"}
CONSENT: Json = {"covers": ["expressions"], "by": "patient"}


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


@pytest.mark.parametrize(
    ("module", "document"),
    [
        (person, PERSON),
        (person, BY | {"number": 1, "status": "closed"}),
        (note, NOTE),
        (note, BY | {"text": "Not she, he.", "corrects": KEY, "wall": 1_795_817_973.5}),
        (mark, MARK),
        (mark, without(MARK, "to_s") | {"of": "stimulus"}),
        (mark, BY | {"of": "removed", "removes": OTHER}),
        (paper, PAPER),
        (paper, without(PAPER, "covers", "until") | {"withdrawn": KEY}),
        (audit, AUDIT),
        (box, BOX),
        (remote, COMMAND | {"do": "phase", "name": "talk"}),
        (remote, COMMAND | {"do": "phase"}),
        (remote, COMMAND | {"do": "consent", "patient": "p-017", "consent": CONSENT}),
        (remote, COMMAND | {"do": "doctor"}),
    ],
)
def test_what_is_whole_is_taken(module: Any, document: Json) -> None:
    module.validate(document)
    named = module.json_schema()
    assert set(document) <= set(named["properties"])
    assert set(named["required"]) <= set(document)


@pytest.mark.parametrize(
    ("module", "document", "sentence"),
    [
        (person, PERSON | {"name": "Maria"}, "not known"),
        (person, PERSON | {"status": "dead"}, "is one of active, waiting, closed"),
        (person, PERSON | {"began": "2.11.2026"}, "first day of the treatment"),
        (person, PERSON | {"history": "x" * 4001}, "may have 4000"),
        (person, PERSON | {"number": 0}, "outside 1"),
        (note, NOTE | {"text": ""}, "says something"),
        (note, without(NOTE, "visit"), "names the session"),
        (note, NOTE | {"visit": "room-3"}, "DEVICE~SESSION"),
        (note, NOTE | {"corrects": "the last one"}, "that it corrects"),
        (mark, without(MARK, "to_s"), "has 'to_s'"),
        (mark, MARK | {"to_s": 0}, "ends after it begins"),
        (mark, MARK | {"removes": KEY}, "has no 'removes'"),
        (mark, MARK | {"name": "Base line"}, "lower-case"),
        (paper, without(PAPER, "covers"), "either covers"),
        (paper, PAPER | {"withdrawn": KEY}, "either covers"),
        (paper, PAPER | {"until": "2026-01-31"}, "no day before"),
        (audit, AUDIT | {"did": "peeked"}, "is one of signed_in"),
        (audit, AUDIT | {"patient": "Maria Müller"}, "has not the form"),
        (box, without(BOX, "name"), "missing"),
        (box, BOX | {"group": "site a"}, "letters, digits and hyphens"),
        (remote, COMMAND | {"do": "stimulus"}, "a stimulus always has one"),
        (remote, COMMAND | {"do": "end", "name": "x"}, "else none"),
        (remote, COMMAND | {"do": "consent", "patient": "p-017"}, "holds a consent where"),
        (remote, COMMAND | {"do": "consent", "patient": "p-017", "consent": {"by": "patient"}}, "what it covers"),
        (remote, COMMAND | {"do": "begin", "patient": "p-017", "consent": CONSENT}, "holds a consent where"),
        (remote, COMMAND | {"do": "consent", "consent": CONSENT}, "names a patient"),
    ],
)
def test_what_is_not_is_refused_in_a_sentence(module: Any, document: Json, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as refused:
        module.validate(document)
    assert "Maria" not in str(refused.value)


def test_names_of_entries_sort_by_time_and_are_never_the_same_twice() -> None:
    early, late = keys.new_key(1_795_817_973_489), keys.new_key(1_795_817_973_490)
    assert early < late
    assert keys.time_ms(late) == 1_795_817_973_490
    assert keys.month(1_795_817_973_489) == "2026-11"
    assert audit.key(1_795_817_973_489, early) == f"audit/2026-11/{early}"
    assert len({keys.new_key(7) for _ in range(100)}) == 100
    with pytest.raises(DataError):
        keys.time_ms("-OabcdefghijklmnopQR")


def test_a_drawn_pseudonym_is_one_that_a_box_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("abcdefghij" + "a1234567bc" + "k3m9q2w7aa")
    monkeypatch.setattr(keys.secrets, "choice", lambda _: next(letters))
    assert keys.draw_pseudonym() == "x-k3m9q2w7aa"
    monkeypatch.undo()
    assert all(re.fullmatch(keys.DRAWN, check_pseudonym(keys.draw_pseudonym())) for _ in range(1000))


def test_a_live_second_gives_its_very_records_back() -> None:
    records = [record(5), record(6)]
    document = live.live(records, 1_795_817_973_489, ["lamp_left"])
    assert live.records(document) == records
    assert "hints" not in live.live(records, 1, [])
    for changes in ({"hints": ["smile"]}, {"of": "seconds"}, {"count": 241}, {"image": "x"}):
        with pytest.raises(DataError):
            live.records(document | changes)
    assert set(HINTS) >= {"come_closer", "lamp_right"}


def test_findings_are_numbered_and_bounded() -> None:
    found = checkup.findings([Finding(Level.FAIL, "camera", "x" * 900)] * 120)
    checkup.validate({"v": 1, "device": "room-3", "seen": 1, "findings": found})
    assert list(found) == [f"c{number:02d}" for number in range(1, 100)]
    assert found["c01"]["state"] == "fail"
    wrong: list[Json] = [{}, {"c1": found["c01"]}, {"c01": {"name": "camera"}}]
    for findings in wrong:
        with pytest.raises(DataError):
            checkup.validate({"v": 1, "device": "room-3", "seen": 1, "findings": findings or None})
    assert "findings" in checkup.json_schema()["required"]


def test_what_telemetry_says_of_an_update_are_the_steps_of_one() -> None:
    assert tuple(step.value for step in Step if step.value) == telemetry.UPDATE_STATES
