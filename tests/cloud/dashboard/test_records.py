"""What clinicians write and read of people and sessions, without a browser."""

import asyncio
import json
from typing import Any

import pytest

from cloud.analysis.measures import MEASURES
from cloud.dashboard.person import Person
from cloud.dashboard.records import course as courses
from cloud.dashboard.records import exporting, marks, notes, pairing, papers, people, times, words
from cloud.dashboard.records.diagram import diagram
from cloud.dashboard.records.keeping import Kept
from cloud.dashboard.records.parts import parts
from cloud.dashboard.records.weeks import ENOUGH, changes, chart, points, sentence
from cloud.reading.databases import Listed, visits_of
from cloud.reading.table import Table
from device.contract import note, paper, person
from device.contract.errors import DataError
from device.contract.fields import Json
from tests.cloud.test_measures import minutes_of, recorded
from tests.recordings import table_of

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
    content = people.filled({"status": "active", "year_of_birth": "1971", "goals": f" {EVIL} ", "plan": "", "sex": None})
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
    assert both.content == {"status": "active", "goals": "sleep and work", "plan": "twice a week", "medication": "none"}
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
    held = {"covers": ["expressions"], "by": "patient", "given": 1_790_000_000.0, "until": 1_790_000_000.0 + 86_400 * 30}
    visits = {"room-1~b-2": {"e000001": event(1, "began", consent=held), "e000002": event(2, "ended", why="stopped")}}
    (one,) = papers.of_boxes(visits, visits_of("p-1", visits))
    assert one.standing(1_790_000_000.0) [0] == "holds"
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
        mine.closed.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert mine not in kept
        assert other in kept
        other.closed.set()
        await asyncio.sleep(0)

    asyncio.run(run())


def smiling(*spans: tuple[float, float], gated: tuple[float, float] = (0, 0), hidden: tuple[float, float] = (0, 0)) -> Table:
    """Two minutes at ten records a second: a smile in `spans`, nobody there while `gated`, the mouth hidden."""
    records = []
    for number in range(1200):
        at_s = number / 10
        time = {"mono": at_s, "wall": 1_790_000_000.0 + at_s, "trusted": True}
        record: Json = {"v": 1, "device": "room-1", "boot": "b-1", "session": "b-2", "seq": number + 1, "time": time}
        record["frame"] = {"index": number}
        smiles = any(begin <= at_s < end for begin, end in spans)
        if gated[0] <= at_s < gated[1]:
            record |= {"status": "gated", "reasons": ["no_face"]}
        elif hidden[0] <= at_s < hidden[1]:
            record |= {"status": "measured", "hidden": ["lower"], "aus": {"AU4": 0.2}}
        else:
            emotions = {"happiness": 0.9, "neutral": 0.1} if smiles else {"happiness": 0.1, "neutral": 0.9}
            record |= {"status": "measured", "aus": {"AU4": 0.2, "AU12": 3.0 if smiles else 0.1}, "emotions": emotions}
        records.append(record)
    return table_of(records, [event(1, "began"), event(2, "phase", name="talk"), event(9, "ended", why="interrupted")])


def test_the_diagram_shows_a_smile_where_it_was_and_a_gap_with_its_reason() -> None:
    table = smiling((30, 40), gated=(60, 80), hidden=(90, 100))
    found = courses.course(table, [AU12, MEASURES["aus.AU4"]], 0.0, 120.0)
    au12, au4 = found.strips
    middles = (au12.edges[:-1] + au12.edges[1:]) / 2
    assert au12.mean[(middles > 31) & (middles < 39)].min() > 2.5
    assert au12.mean[(middles > 5) & (middles < 29)].max() < 0.5
    assert [(round(a), round(b), why) for a, b, why in found.unseen] == [(60, 80, "nobody in view")]
    assert [(round(a), round(b), why) for a, b, why in au12.unknown] == [(90, 100, "mouth hidden")]
    assert au4.unknown == []
    assert ("happiness", 30, 40) in [(name, round(a), round(b)) for a, b, name in found.leading]
    drawn = diagram(found, marks.of_box(table.sessions[0]), [(35.0, EVIL)], lambda at: 1_790_000_000.0 + at, "zoom")
    told = json.dumps(drawn)
    assert "<img" not in told
    assert "not measured: nobody in view" in told


def test_looking_closer_shows_what_the_whole_could_not() -> None:
    table = smiling((30, 30.4))
    whole = courses.course(table, [AU12], 0.0, 120.0).strips[0]
    close = courses.course(table, [AU12], 29.0, 32.0).strips[0]
    assert len(close.mean) == 30
    assert len(whole.mean) <= courses.COLUMNS
    assert close.mean.max() == pytest.approx(3.0)
    assert whole.peak[~(whole.peak != whole.peak)].max() == pytest.approx(3.0), "no peak is lost"


def test_a_session_that_was_cut_off_says_so_and_an_empty_one_too() -> None:
    table = smiling((30, 40), gated=(60, 80))
    assert words.opening(table) == "2 minutes, of which 83 % could be seen. The rest: nobody in view 17 %."
    assert "cut off" in dict(words.facts(table))["Ended"]
    empty = table_of([], [event(1, "began"), event(2, "ended", why="stopped")])
    assert "Nothing was measured" in words.opening(empty)
    assert dict(words.facts(empty))["Consent"] == "None was recorded."


def test_records_of_a_later_version_are_told_of() -> None:
    table = smiling((30, 40))
    table.faults.versions["record of version 2"] += 7
    assert "7 × record of version 2" in dict(words.facts(table))["Passed over"]


def test_parts_with_little_seen_are_marked_so() -> None:
    table = smiling((30, 40), gated=(0, 55))
    told = [marks.Mark("phase", "early", 0, 60), marks.Mark("phase", "late", 60, 120, key="k")]
    whole, early, late = parts(table, told, [AU12])
    assert (early.enough, late.enough) == (False, True)
    assert early.seen == pytest.approx(5 / 60, abs=0.01)
    assert late.seen == pytest.approx(1.0, abs=0.01)
    assert late.afterwards
    assert not whole.enough, "less than five minutes of it"


def test_two_sessions_are_matched_by_the_names_of_their_phases() -> None:
    calm, merry = smiling(), smiling((0, 15), (30, 45), (60, 75), (90, 105))
    of = [parts(one, [marks.Mark("phase", name, 0, 120)], [AU12]) for one, name in ((calm, "talk"), (merry, "talk"))]
    both, alone = pairing.pairs(*of)
    assert [pair.name for pair in both] == ["whole session", "talk"]
    assert alone == []
    kind, said = pairing.verdict(both[1], AU12)
    assert kind == "more", said
    assert pairing.verdict(both[0], AU12) == ("unknown", "too little seen")
    assert pairing.verdict(both[1], MEASURES["aus.AU6"])[0] == "unknown"


def test_over_weeks_little_seen_is_hollow_and_withdrawn_is_not_used() -> None:
    listed = [Listed(1_790_000_000.0 + n * 604_800, "room-1", f"s-{n}", "p-1") for n in range(3)]
    listed[2] = Listed(listed[2].began, "room-1", "s-2", "p-1", "revoked")
    seen = minutes_of([0.5 + n % 3 * 0.1 for n in range(20)])
    few = minutes_of([0.5, 0.6])

    def as_session(table: Table, name: str) -> Table:
        from dataclasses import replace

        return replace(table, sessions=(replace(table.sessions[0], id=name),))

    both = [points([one], as_session(table, one.session), [AU12])[0] for one, table in zip(listed, (seen, few, seen), strict=True)]
    assert [one.enough for one in both] == [True, False, False]
    assert both[2].means == {}
    trend = changes(both, [AU12])["aus.AU12"]
    assert sentence(AU12, trend) == "Too few sessions to tell a trend: 1 of the 5 that it needs at least."
    drawn = chart(AU12, both, trend)
    full, hollow = drawn["data"]
    assert (len(full["x"]), len(hollow["x"])) == (1, 1)
    assert hollow["marker"]["symbol"] == "circle-open"
    assert "25 %" in ENOUGH


def test_blinks_are_a_measure_of_records() -> None:
    whole = parts(recorded(60, 10, {50, 250, 450}), [], [MEASURES["blinks.blinks"]])[0]
    assert whole.means["blinks.blinks"].mean == pytest.approx(3.0, rel=0.02)


def test_notes_that_the_dashboard_writes_are_of_the_contract() -> None:
    written = {"v": 1, "at": 0, "by": "clara", "text": notes.checked(f" {EVIL} "), "visit": "room-1~b-2", "moment": 7.5}
    note.validate(written)
