"""One session, two, and many as clinicians see them, without a browser."""

import json
from dataclasses import replace

import pytest

from cloud.analysis.measures import MEASURES
from cloud.analysis.trend import trend_words
from cloud.dashboard.records import course as courses
from cloud.dashboard.records import marks, pairing, words
from cloud.dashboard.records.diagram import diagram
from cloud.dashboard.records.parts import parts
from cloud.dashboard.records.weeks import ENOUGH, changes, chart, points
from cloud.reading.databases import Listed
from cloud.reading.table import Table
from device.contract.fields import Json
from tests.cloud.dashboard.test_records import EVIL, event
from tests.cloud.test_measures import minutes_of, recorded
from tests.recordings import table_of

AU12 = MEASURES["aus.AU12"]


def smiling(
    *spans: tuple[float, float], gated: tuple[float, float] = (0, 0), hidden: tuple[float, float] = (0, 0)
) -> Table:
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

        return replace(table, sessions=(replace(table.sessions[0], id=name),))

    both = [
        points([one], as_session(table, one.session), [AU12])[0]
        for one, table in zip(listed, (seen, few, seen), strict=True)
    ]
    assert [one.enough for one in both] == [True, False, False]
    assert both[2].means == {}
    trend = changes(both, [AU12])["aus.AU12"]
    assert trend_words(trend) == "Too few sessions to tell a trend: 1 of the 5 that it needs at least."
    drawn = chart(AU12, both, trend)
    full, hollow = drawn["data"]
    assert (len(full["x"]), len(hollow["x"])) == (1, 1)
    assert hollow["marker"]["symbol"] == "circle-open"
    assert "25 %" in ENOUGH


def test_blinks_are_a_measure_of_records() -> None:
    whole = parts(recorded(60, 10, {50, 250, 450}), [], [MEASURES["blinks.blinks"]])[0]
    assert whole.means["blinks.blinks"].mean == pytest.approx(3.0, rel=0.02)
