"""What readers tell of how a person moved against themselves: of one session, and from session to session."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.analysis.repertoire import Showing, Watched, repertoire, variety
from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.dashboard.pages import patients_personal, sessions_personal
from cloud.dashboard.records.weeks import Point
from cloud.reading.databases import Listed
from cloud.reading.personal import Movement, Personal, is_withheld, of_session
from cloud.reading.table import Table
from cloud.reports import document, personal
from cloud.reports import repertoire as words
from cloud.reports.chapters.personal import section
from device.contract import session
from device.contract.fields import Json
from device.personal.figures import figures
from device.personal.gathered import Interval
from tests.cloud.exports import CONSENT, FIRST, SECOND, THIRD, WALL, event, held, written
from tests.personal_bundles import FILE
from tests.recordings import table_of

AGREED = CONSENT | {"covers": ["expressions", "units", "personal"]}
TOLD: Json = {"bundle": "own-1.0.0", "supported": True, "seconds": 1500.0, "earlier": 6, "near": 0.31}
TOLD |= {"mean": 1.12, "low": 1.05, "high": 1.2, "unusual": 0.833, "unusual_low": 0.44, "unusual_high": 0.97}
TOLD |= {"shares": {"m1": 0.2, "m2": 0.11, "m3": 0.0}, "shares_low": {"m1": 0.15}, "shares_high": {"m1": 0.26}}
TOLD["units"] = {"m1": ["AU12", "AU6"], "m2": ["AU4"]}
WEEK_S = 604_800.0


def watched(
    *told: Json, whom: str = "p-0042", consent: Json | None = AGREED, why: str = "stopped", of: str = FIRST
) -> list[Json]:
    """A session of two seconds in which this was told, and in whose every second record it is near a movement."""
    began, *rest = held(of, whom, why=why)
    began = began | {"consent": consent} if consent else {key: one for key, one in began.items() if key != "consent"}
    for one in rest:
        if one.get("seq", 1) % 2 == 0:
            one |= {"personal": {"distance": 1.5, "movement": 2}, "models": {"personal": "own-1.0.0"}}
    events = [event(number, "personal", of, 2.0, whom, personal=one) for number, one in enumerate(told, 5)]
    return [began, *rest, *events]


def table(*told: Json, **more: Any) -> Table:
    found = watched(*told, **more)
    return table_of([one for one in found if "event" not in one], [one for one in found if "event" in one])


def text(*told: Json, **more: Any) -> str:
    return "\n".join(personal.lines(table(*told, **more).sessions[0], brief=False))


def without(*names: str) -> Json:
    return {name: value for name, value in TOLD.items() if name not in names}


def week(number: int, **changes: Any) -> Watched:
    """What was told of a session of a week."""
    return Watched(WALL + number * WEEK_S, Personal.of(TOLD | changes))


def weeks(shares: list[float], **changes: Any) -> list[Watched]:
    """Sessions in which movement 1 had these shares."""
    return [week(at, shares={"m1": share, "m2": 0.1, "m3": 0.0}, **changes) for at, share in enumerate(shares)]


def follow(found: list[Watched]) -> str:
    return " ".join(words.follow_up(repertoire(found[-1], found[:-1])).sentences)


def test_it_tells_how_far_from_usual_and_beside_whom_and_which_movements_for_how_long() -> None:
    found = text(TOLD)
    for said in (
        "1.12 in the mean (95 % interval 1.05 to 1.20); 1 is as far as usual.",
        "5 of 6 earlier sessions on the box were nearer to their usual, in the mean (83 %; 95 % interval 44 % to 97 %",
        "One of them was near for 31 % of the time, none for the rest.",
        "Measured: 25:00 min",
        "Said by: own-1.0.0, which learnt from this person alone.",
        "Movement 1: lip corners pulled up, cheeks raised (AU12 + AU6): 20.0 % of the time, interval 15.0 to 26.0 %",
        "Movement 2: brows drawn down (AU4): 11.0 % of the time, interval not known",
        "Movement 3: no facial action stands out in it: 0.0 % of the time",
        "far from usual is neither good nor bad",
    ):
        assert said in found
    assert "SIMULATED" not in found


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"bundle": "own-1.0.0", "seconds": 40, "earlier": 6, "refused": "little"}, "Not known: too little was seen."),
        ({"bundle": "own-1.0.0", "seconds": 0, "earlier": 0, "refused": "person"}, "is not of this person."),
        (without("unusual", "unusual_low", "unusual_high") | {"earlier": 4}, "too few to say how unusual this one is"),
        (without("low", "high"), "1.12 in the mean (interval not known)"),
        (without("supported"), "Whether its evidence carries it was not told."),
        (TOLD | {"supported": False}, "NOT SUPPORTED BY ITS EVIDENCE: DO NOT USE WHAT FOLLOWS."),
        (TOLD | {"simulated": True}, "SIMULATED: THE PEOPLE OF ITS EVIDENCE DO NOT EXIST."),
    ],
)
def test_what_is_not_known_is_said_and_why(told: Json, says: str) -> None:
    assert says in text(told)


def test_of_a_session_that_was_refused_no_figure_is_told() -> None:
    found = text(TOLD | {"refused": "person"})
    assert "1.12" not in found
    assert "AU12" not in found


def test_without_a_consent_that_covers_it_nothing_is_shown() -> None:
    for consent in (None, CONSENT, AGREED | {"covers": ["expressions", "personal"]}):
        found = table(TOLD, consent=consent)
        assert is_withheld(found.sessions[0])
        assert text(TOLD, consent=consent) == f"\n{personal.TITLE}: {personal.WITHHELD}"
        assert personal.to_json(found.sessions[0]) == {}
        assert "1.12" not in str(sessions_personal.shown(found.sessions[0]))
        (chapter,) = section(found, [])
        assert not chapter.parts


def test_where_the_box_itself_found_that_the_consent_does_not_cover_it_that_is_told() -> None:
    refused = {"bundle": "own-1.0.0", "seconds": 0, "earlier": 3, "refused": "consent"}
    found = text(refused, consent=AGREED | {"covers": ["expressions", "personal"]})
    assert "Not known: the consent does not cover what it is read from." in found
    assert personal.WITHHELD not in found


def test_of_a_consent_that_was_withdrawn_and_where_no_bundle_watched_there_is_no_word_of_it() -> None:
    for found in (table(TOLD, why="revoked"), table()):
        assert of_session(found.sessions[0]) is None
        assert not [*personal.lines(found.sessions[0], brief=False)]
        assert sessions_personal.shown(found.sessions[0]) == []
        assert [*section(found, [])] == []


def test_variety_counts_movements_that_show_equally_often() -> None:
    assert variety([0.1, 0.1, 0.1, 0.1]) == pytest.approx(4)
    assert variety([0.3, 0.0]) == pytest.approx(1)
    assert 1 < variety([0.3, 0.01]) < 1.3  # type: ignore[operator]
    assert variety([0.0, 0.0]) is None


def test_a_movement_that_comes_is_told_once_chance_hardly_does_it() -> None:
    found = follow(weeks([0.0] * 5 + [0.06] * 5))
    assert "in none of the first 5 sessions, but in each of the last 5." in found
    assert "comes about by chance in 8 of a thousand" in found
    assert "in each of the first 5 sessions, but in none of the last 5." in follow(weeks([0.06] * 5 + [0.0] * 5))


def test_what_chance_may_do_is_told_as_that_and_as_no_change() -> None:
    found = weeks([0.0, 0.0, 0.05])
    told = words.follow_up(repertoire(found[-1], found[:-1]))
    assert told.sentences == ("2 earlier sessions in which enough was seen: telling a change takes 4.",)
    (row,) = [cells for cells in told.rows if cells[0].startswith("Movement 1")]
    assert row[3:] == ("1 of 3", "In none of the first 2 sessions, but in the last. Chance may do that.")
    assert row[2] == "0.0 %, too few for more"


def test_a_movement_shows_only_if_it_was_there_for_some_seconds() -> None:
    found = repertoire(week(1, seconds=400.0, shares={"m1": 0.007, "m2": 0.008}), [week(0)])
    assert found.showing["personal.shares.m1"] == Showing((True, False), 1.0, False)
    assert found.showing["personal.shares.m2"].shown == (True, True)


def test_a_share_beyond_what_is_usual_and_one_that_rises_are_told_with_their_figures() -> None:
    found = follow(weeks([0.10, 0.11, 0.09, 0.10, 0.12, 0.10, 0.11, 0.30]))
    assert "Movement 1: AU12 + AU6: more than before, 30.0 %; 10.4 % on average in 7 earlier sessions" in found
    found = follow(weeks([0.05, 0.06, 0.08, 0.09, 0.11, 0.12, 0.14, 0.15]))
    assert "Movement 1: AU12 + AU6 (% of the time): rises by about 1.5 a week over 8 sessions." in found


def test_too_little_seen_is_said_of_this_session_and_of_those_before() -> None:
    little = week(9, seconds=130.0)
    assert follow([*weeks([0.1] * 6), little]) == (
        "Too little seen: 2:10 min of this session were measured, and comparing it takes 5 minutes."
    )
    found = follow([little, replace(little, began=WALL), *weeks([0.1] * 6)])
    assert found.startswith("Too little was seen in 2 earlier sessions, less than 5 minutes: not compared with.")
    assert follow([week(0)]) == (
        "No earlier session of this bundle in which enough was seen: there is nothing to compare with."
    )


REFUSED: Json = {"bundle": "somebody-1.0.0", "seconds": 0.0, "earlier": 0, "refused": "person"}


def test_of_a_session_that_no_bundle_of_theirs_watched_it_is_not_said_that_one_learnt_from_them() -> None:
    found = text(REFUSED)
    assert "Distance from their usual: Not known: the bundle on the box is not of this person." in found
    assert "On the box: somebody-1.0.0, which said nothing." in found
    assert "learnt from this person alone" not in found
    assert "Measured" not in found
    (chapter,) = section(table(REFUSED), [table(TOLD, of=SECOND)])
    assert not [part for part in chapter.parts if part.title == words.HEADING]


def test_sessions_that_no_bundle_of_theirs_watched_end_no_series_and_count_for_none() -> None:
    none = Watched(WALL - WEEK_S, Personal.of(REFUSED))
    found = repertoire(week(9), [none, *weeks([0.2] * 4)])
    assert (found.earlier, found.little, found.others) == (4, 0, 0)
    shown = str(patients_personal.shown(points([*weeks([0.1] * 5), Watched(WALL + 9 * WEEK_S, none.told)])))
    assert "Of 1 session the bundle on the box said nothing" in shown
    assert "another bundle" not in shown
    assert shown.count("Graph(") == 6
    assert "Of 1 session the bundle" in str(patients_personal.shown(points([none])))


def test_after_a_session_of_which_too_little_was_seen_the_movements_before_are_still_shown() -> None:
    told = {"bundle": "own-1.0.0", "seconds": 40.0, "earlier": 6, "refused": "little"}
    little = Watched(WALL + 9 * WEEK_S, Personal.of(told))
    assert str(patients_personal.shown(points([*weeks([0.1] * 6), little]))).count("Graph(") == 6
    found = words.follow_up(repertoire(little, weeks([0.1] * 6)))
    assert found.sentences == (
        "Too little seen: 0:40 min of this session were measured, and comparing it takes 5 minutes.",
    )
    (row,) = [cells for cells in found.rows if cells[0].startswith("Movement 1")]
    assert row == (
        "Movement 1: lip corners pulled up, cheeks raised (AU12 + AU6)",
        "not known",
        "not compared",
        *row[3:],
    )
    assert row[3] == "6 of 6"


def test_a_rare_movement_that_shows_once_is_no_change_while_its_own_interval_is_wide() -> None:
    high = {"m1": 0.03, "m2": 0.14, "m3": 0.002}
    rare = week(9, shares={"m1": 0.01, "m2": 0.1, "m3": 0.0}, shares_low={"m1": 0.0}, shares_high=high)
    nothing = "Nothing that 6 earlier sessions could tell from the usual ups and downs."
    assert follow([*weeks([0.0] * 6), rare]) == nothing
    often = week(9, shares={"m1": 0.2, "m2": 0.1, "m3": 0.0}, shares_high=high | {"m1": 0.25})
    assert "Movement 1: AU12 + AU6: more than before, 20.0 %" in follow([*weeks([0.0] * 6), often])


def test_a_chance_of_less_than_one_of_a_thousand_is_not_said_to_be_none() -> None:
    found = follow(weeks([0.0] * 8 + [0.06] * 8))
    assert "in each of the last 8. An order this clear comes about by chance in less than one of a thousand." in found


def test_no_variety_is_said_to_be_usual_that_cannot_be() -> None:
    found = weeks([0.0, 0.1, 0.0, 0.1, 0.0, 0.1])
    (row,) = [cells for cells in words.follow_up(repertoire(found[-1], found[:-1])).rows if cells[0].startswith("Var")]
    assert "usually 1.00 to " in row[2]


def test_another_bundle_begins_a_series_of_its_own() -> None:
    found = repertoire(week(9), [*weeks([0.4] * 6, bundle="own-0.9.0"), *weeks([0.2] * 4)])
    assert (found.earlier, found.others, len(found.sessions)) == (4, 6, 5)
    assert found.changes["personal.shares.m1"].before == pytest.approx(20)
    (first, *_) = words.follow_up(found).sentences
    assert first.startswith("6 earlier sessions were watched by another bundle, whose movements are others")


def test_of_people_in_whom_nothing_changes_few_are_said_to_have_changed() -> None:
    chance = np.random.default_rng(3)
    told = 0
    for _ in range(60):
        shares = np.clip(chance.normal((0.2, 0.1, 0.05), (0.05, 0.03, 0.02), (10, 3)), 0, 1)
        distance = chance.normal(1, 0.08, 10)
        found = [
            week(at, mean=float(far), shares={f"m{n}": float(one) for n, one in enumerate(some, 1)})
            for at, (far, some) in enumerate(zip(distance, shares, strict=True))
        ]
        told += "usual ups and downs" not in follow(found)
    assert told <= 9  # 15 of 100: 3 families of tests, each at 5


def test_the_report_and_the_page_of_the_session_tell_it_with_earlier_sessions_beside() -> None:
    earlier = [table(TOLD, of=one) for one in (FIRST, SECOND)]
    found = table(TOLD | {"mean": 1.31}, of=THIRD)
    composed = document.compose(document.Source(found, analyse(found), earlier=earlier))
    (chapter,) = [one for one in composed.sections if one.title == personal.TITLE]
    drawn = [part for part in chapter.parts if part.svg]
    assert [part.text for part in chapter.parts if part.title == words.HEADING] == [
        "2 earlier sessions in which enough was seen: telling a change takes 4."
    ]
    assert "Movement 1" in drawn[0].svg
    page = document.to_html(composed)
    assert "1.31 (1.05 to 1.20)" in page
    assert "1.12, too few for more" in page
    assert "5 of 6 earlier sessions" in str(sessions_personal.shown(found.sessions[0]))


def points(found: list[Watched]) -> list[Point]:
    listed = [Listed(one.began, "box-1", f"b-{at}") for at, one in enumerate(found)]
    return [Point(whom, 1800.0, 0.9, True, {}, one.told) for whom, one in zip(listed, found, strict=True)]


def test_the_patients_page_shows_a_chart_for_each_movement_of_the_newest_bundle() -> None:
    shown = str(patients_personal.shown(points([week(-1, bundle="own-0.9.0"), *weeks([0.0] * 5 + [0.06] * 5)])))
    charts = ("Distance from their usual", "Movement 1: AU12 + AU6")
    for said in (*charts, "In none of the first 5 sessions", "1 earlier session was"):
        assert said in shown
    assert shown.count("Graph(") == 6
    assert "H3(['Movement 1: AU12 + AU6'" in shown
    assert patients_personal.shown([Point(Listed(WALL, "box-1", "b-1"), means={})]) == []


def test_the_command_tells_it_to_people_and_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "records.jsonl", *watched(TOLD), *watched(TOLD | {"mean": 1.2}, of=SECOND))
    assert main(["report", str(file), "--text"]) == 0
    said = capsys.readouterr().out
    assert "1.20 in the mean" in said
    assert "1 earlier session in which enough was seen: telling a change takes 4." in said
    assert main(["report", str(file), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["recorded"]["personal"] == TOLD | {"mean": 1.2}
    assert told["repertoire"]["earlier"] == 1
    assert told["repertoire"]["changes"]["personal.distance"]["before"] == 1.12


def exported(path: Path, *told: Json, **more: Any) -> dict[str, list[str]]:
    """What the columns of the person's own movement hold in an export."""
    path.mkdir()
    file = written(path / "records.jsonl", *watched(*told, **more))
    out = path / "table"
    assert main(["export", str(file), "--set", "affectbox", "--format", "csv", "--out", str(out)]) == 0
    (file,) = (one for one in out.rglob("*.csv") if one.name != "dictionary.csv")
    with file.open(newline="") as rows:
        read = [*csv.DictReader(rows)]
    return {name: [row[name] for row in read if row[name]] for name in read[0] if "personal" in name}


def test_an_export_holds_it_where_the_consent_covers_it_and_the_bundle_is_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    little = {"bundle": "own-1.0.0", "seconds": 1, "earlier": 0, "refused": "little"}
    for number, told in enumerate(((TOLD,), (little,), ())):
        found = exported(tmp_path / str(number), *told)
        assert found["personal.distance"] == ["1.5"] * 10
        assert found["personal.movement"] == ["2"] * 10
        assert found["models.personal"] == ["own-1.0.0"] * 10
    assert "Withheld" not in capsys.readouterr().out
    not_theirs = TOLD | {"refused": "person"}
    for number, (one, consent) in enumerate(((TOLD, CONSENT), (TOLD, None), (not_theirs, AGREED))):
        assert not any(exported(tmp_path / f"without-{number}", one, consent=consent).values())
        assert "Withheld     1 session without the person's own movement" in capsys.readouterr().out


def test_what_a_box_tells_is_read_whole() -> None:
    means = [Interval(1.2, 1.1, 1.3), Interval(0.3, 0.2, 0.4), Interval(0.2, 0.1, 0.3), Interval(0.0, 0.0, 0.05)]
    told = Personal.of({"bundle": "own-1.0.0", "seconds": 900.0, "earlier": 6} | figures(means, [1.0] * 6, FILE))
    assert (told.mean, told.low, told.high, told.near, told.unusual) == (1.2, 1.1, 1.3, 0.3, 1.0)
    assert told.movements == (
        Movement(1, ("AU12", "AU6"), 0.2, 0.1, 0.3),
        Movement(2, ("AU4",), 0.0, 0.0, 0.05),
    )


def test_what_is_told_here_is_of_the_contract() -> None:
    for one in (one for one in watched(TOLD) if session.is_event(one)):
        session.validate(one)
