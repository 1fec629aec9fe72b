"""What clinicians write and read of people and sessions, without a browser."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cloud.analysis.measures import MEASURES
from cloud.dashboard.means import Means
from cloud.dashboard.pages import patients, patients_consents
from cloud.dashboard.person import Person
from cloud.dashboard.records import exporting, marks, notes, papers, people, times
from cloud.dashboard.records.keeping import Kept
from cloud.reading.databases import Listed, visits_of
from device.contract import note, paper, person
from device.contract.errors import DataError
from device.contract.fields import Json

EVIL = "</script><img src=x onerror=alert(1)> & \N{RIGHT-TO-LEFT OVERRIDE} \N{BRAIN} Ünïcode"
AU12 = MEASURES["aus.AU12"]


def version(number: int, **content: Any) -> Json:
    return {"v": 1, "at": 1_700_000_000_000 + number, "by": "clara", "number": number, "status": "active", **content}


def stored(*versions: Json) -> Json:
    return {f"v{one['number']:06d}": one for one in versions}


def test_versions_come_newest_first_and_what_is_none_is_counted() -> None:
    found, odd = people.versions(stored(version(1), version(2, goals="sleep")) | {"v000003": {"v": 9, "number": 3}})
    assert [one.number for one in found] == [2, 1]
    assert found[0].content == {"status": "active", "goals": "sleep"}
    assert odd == 1


def test_a_form_becomes_a_version_that_the_contract_takes() -> None:
    content = people.filled(
        {"status": "active", "year_of_birth": "1971", "goals": f" {EVIL} ", "plan": "", "sex": None}
    )
    assert content == {"status": "active", "year_of_birth": 1971, "goals": EVIL}
    person.validate({"v": 1, "at": 0, "by": "clara", "number": 1} | content)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"year_of_birth": 12}, "Year of birth"),
        ({"began": "5.10.2026"}, "YYYY-MM-DD"),
        ({"goals": "x" * 4001}, "4001 characters"),
        ({"began": "2026-10-05", "ended": "2026-01-01"}, "cannot end before"),
        ({"status": "cured"}, "choose one"),
    ],
)
def test_what_a_record_does_not_take_is_said_in_words_of_the_form(values: Json, says: str) -> None:
    with pytest.raises(DataError, match=says):
        people.filled({"status": "active"} | values)


def test_of_two_editors_neither_loses_anything() -> None:
    base = {"status": "active", "goals": "sleep", "plan": "weekly", "risks": "none"}
    mine = base | {"goals": "sleep and work", "plan": "twice a week"}
    theirs = {"status": "active", "goals": "sleep", "plan": "monthly", "medication": "none"}
    both = people.merged(base, mine, theirs)
    assert both.content == {
        "status": "active",
        "goals": "sleep and work",
        "plan": "twice a week",
        "medication": "none",
    }
    assert both.clashes == {"plan": "monthly"}
    assert people.merged(base, mine, base).clashes == {}


def test_what_changed_is_shown_word_by_word_and_says_all_of_both() -> None:
    found = people.difference("Sleeps badly, worries.", "Sleeps well, worries.")
    assert ("gone", "badly") in found
    assert ("new", "well") in found
    assert "".join(text for kind, text in found if kind != "new") == "Sleeps badly, worries."
    assert "".join(text for kind, text in found if kind != "gone") == "Sleeps well, worries."


def test_notes_stay_and_are_corrected_by_later_ones() -> None:
    first, second = "k1700000000000-aaaaaa", "k1700000000001-bbbbbb"
    written = {"v": 1, "by": "clara", "text": EVIL}
    found, odd = notes.notes(
        {first: written | {"at": 1}, second: written | {"at": 2, "corrects": first}, "k1": {"v": 2}}
    )
    assert [(one.key, one.corrected_by) for one in found] == [(second, ""), (first, second)]
    assert found[0].text == EVIL
    assert odd == 1
    with pytest.raises(DataError, match="nothing written"):
        notes.checked("  ")
    with pytest.raises(DataError, match="4001"):
        notes.checked("x" * 4001)


def test_marks_afterwards_are_removed_by_marks() -> None:
    one, two = "k1700000000000-aaaaaa", "k1700000000001-bbbbbb"
    written = {"v": 1, "at": 1, "by": "clara"}
    found, _ = marks.afterwards({one: written | {"of": "phase", "name": "silence", "from_s": 60, "to_s": 90}})
    assert [(mark.name, mark.from_s, mark.to_s) for mark in found] == [("silence", 60, 90)]
    gone, _ = marks.afterwards(
        {
            one: written | {"of": "phase", "name": "silence", "from_s": 60, "to_s": 90},
            two: written | {"of": "removed", "removes": one},
        }
    )
    assert gone == []


@pytest.mark.parametrize(
    ("kind", "name", "span", "says"),
    [
        ("phase", "Ä Name", (0, 10), "lower-case"),
        ("phase", "talk", (10, None), "has an end"),
        ("phase", "talk", (10, 5), "ends after it begins"),
        ("stimulus", "photo", (700, None), "within the session"),
    ],
)
def test_a_mark_that_cannot_be_is_refused(kind: str, name: str, span: tuple[float, float | None], says: str) -> None:
    with pytest.raises(DataError, match=says):
        marks.checked(kind, name, *span, lasted_s=600)


def test_a_mark_may_be_named_as_people_write() -> None:
    assert marks.checked("phase", "Safe place ", 60, 120.04, 600) == {
        "of": "phase",
        "name": "safe-place",
        "from_s": 60,
        "to_s": 120.0,
    }


def event(number: int, kind: str, **more: Any) -> Json:
    identity = {"v": 1, "device": "room-1", "boot": "b-1", "session": "b-2", "patient": "p-1", "number": number}
    return identity | {"event": kind, "time": {"mono": 10.0 * number, "wall": 1_790_000_000.0, "trusted": True}} | more


def test_consents_of_boxes_stand_until_they_end_or_are_withdrawn() -> None:
    held = {
        "covers": ["expressions"],
        "by": "patient",
        "given": 1_790_000_000.0,
        "until": 1_790_000_000.0 + 86_400 * 30,
    }
    visits = {"room-1~b-2": {"e000001": event(1, "began", consent=held), "e000002": event(2, "ended", why="stopped")}}
    (one,) = papers.of_boxes(visits, visits_of("p-1", visits))
    assert one.standing(1_790_000_000.0)[0] == "holds"
    assert one.standing(one.until_s - 6.5 * 86_400 if one.until_s else 0) == ("soon", "ends in 6 days")
    assert one.standing(1_890_000_000.0)[0] == "over"
    visits["room-1~b-2"]["e999999"] = event(999_999, "ended", why="revoked")
    (gone,) = papers.of_boxes(visits, visits_of("p-1", visits))
    assert gone.standing(1_790_000_000.0)[0] == "over"


def test_a_consent_on_paper_is_withdrawn_by_an_entry_and_both_stay() -> None:
    given, gone = "k1700000000000-aaaaaa", "k1700000000001-bbbbbb"
    written = {"v": 1, "at": 1, "by": "clara", "giver": "guardian"}
    entries = {given: written | {"covers": ["units"], "given": "2026-01-05", "until": "2026-12-31"}}
    (one,), _ = papers.of_paper(entries)
    assert one.standing(times.end_of("2026-12-31") - 60)[0] == "soon"
    assert one.standing(times.end_of("2026-12-31"))[0] == "over"
    entries[gone] = written | {"withdrawn": given, "given": "2026-02-01"}
    for entry in entries.values():
        paper.validate(entry)
    (withdrawn,), odd = papers.of_paper(entries)
    assert withdrawn.standing(0) == ("over", "withdrawn on 1 Feb 2026 by the guardian")
    assert odd == 0
    assert papers.of_paper({given: written | {"covers": ["units"], "given": "2026-02-31"}})[1] == 1


def test_an_age_is_kept_and_told_where_the_person_may_be_compared() -> None:
    compared = patients_consents.document(["units", "atypicality"], "guardian", "2026-01-05", None, "6-12")
    assert compared["age"] == "6-12"
    assert "age" not in patients_consents.document(["units"], "guardian", "2026-01-05", None, "6-12")
    assert "age" not in patients_consents.document(["units", "atypicality"], "guardian", "2026-01-05", None)
    (one,), _ = papers.of_paper({"k1700000000000-aaaaaa": {"v": 1, "at": 1, "by": "clara"} | compared})
    assert one.covered == "facial actions, comparison with others (6-12 years old)"
    held = {"covers": ["units", "atypicality"], "by": "patient", "given": 1.79e9, "age": "18-64"}
    visits = {"room-1~b-2": {"e000001": event(1, "began", consent=held)}}
    (on_box,) = papers.of_boxes(visits, visits_of("p-1", visits))
    assert on_box.covered.endswith("(18-64 years old)")


@pytest.mark.parametrize(("text", "seconds"), [("12:05", 725), ("1:02:05", 3725), ("12", 720), (" 0:07.5 ", 7.5)])
def test_times_of_a_session_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert times.from_clock(text) == seconds


@pytest.mark.parametrize("text", ["", "noon", "1:2:3:4", "-5", "nan", "9" * 40])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(DataError, match="no time"):
        times.from_clock(text)


def test_times_that_no_calendar_has_are_told_as_unknown() -> None:
    assert times.moment(None) == "time unknown"
    assert times.moment(1e18) == "time unknown"
    assert times.day(float("nan")) == "date unknown"
    assert times.length(59) == "59 seconds"
    assert times.length(3780) == "1 hour 3 minutes"
    assert times.clock(3725) == "1:02:05"


def test_an_export_holds_everything_and_nothing_in_it_is_markup() -> None:
    held = {
        "versions": stored(version(1, goals="old"), version(2, goals=EVIL)),
        "notes": {"k1700000000000-aaaaaa": {"v": 1, "at": 1, "by": "<b>x</b>", "text": EVIL}},
        "marks": {"room-1~b-2": {"k": 1}},
    }
    listed = [Listed(1_790_000_000.0, "room-1", "b-2", "p-1", "stopped", ("talk",))]
    page = exporting.to_html("p-1", held, listed, 1_790_000_000.0)
    assert "<img" not in page
    assert "</script>" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "Version 1" in page
    whole = json.loads(exporting.to_json("p-1", held, listed, 1_790_000_000.0))
    assert whole["person"] == held
    assert whole["sessions"][0]["session"] == "b-2"


class _Visit:
    id = "v1"
    person = Person("clara", "c@example.org")

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def token(self) -> str:
        return ""


def test_what_a_visit_has_read_is_kept_for_it_alone_and_goes_with_it() -> None:
    async def run() -> None:
        kept, mine, other = Kept(), _Visit(), _Visit()
        other.id = "v2"
        asked = []

        async def make() -> int:
            asked.append(1)
            return len(asked)

        assert [await kept.get(mine, "x", make) for _ in range(2)] == [1, 1]
        assert await kept.get(other, "x", make) == 2
        ending = asyncio.all_tasks() - {asyncio.current_task()}
        mine.closed.set()
        await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        assert mine not in kept
        assert other in kept
        other.closed.set()
        await asyncio.wait(ending)

    asyncio.run(run())


def test_notes_that_the_dashboard_writes_are_of_the_contract() -> None:
    written = {
        "v": 1,
        "at": 0,
        "by": "clara",
        "text": notes.checked(f" {EVIL} "),
        "visit": "room-1~b-2",
        "moment": 7.5,
    }
    note.validate(written)


class _Refusing:
    """A database that takes no entry of the audit; asked for anything else, the test fails."""

    def now_ms(self) -> int:
        return 1_790_000_000_000

    async def patch(self, who: Any, changes: Json) -> None:
        raise DataError("The database is away.")

    async def object(self, who: Any, path: str, **query: str) -> Json:
        assert path == "staff/clara/patients", f"{path} was read without an entry of the audit"
        return {"p-1": True}


@pytest.mark.parametrize("address", ["", "/weeks", "/notes", "/consents"])
def test_without_an_entry_of_the_audit_nothing_of_a_patient_is_read(address: str) -> None:
    base: Any = _Refusing()
    found = patients.section(Means(base, base, base, Path()))
    page = next(one for one in found.pages if one.match(f"/patients/p-1{address}") is not None)
    with pytest.raises(DataError, match="away"):
        asyncio.run(page.layout(_Visit(), patient="p-1"))


def test_without_an_entry_of_the_audit_no_list_is_read() -> None:
    base: Any = _Refusing()
    page = next(one for one in patients.section(Means(base, base, base, Path())).pages if one.path == "/patients")
    with pytest.raises(DataError, match="away"):
        asyncio.run(page.layout(_Visit()))
