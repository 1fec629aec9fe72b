"""What readers tell of a comparison with other people: of one session, with its evidence, and never as a diagnosis."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.dashboard.pages import sessions_movement
from cloud.reading.comparison import comparisons
from cloud.reading.table import Table
from cloud.reports import document, movement, support
from cloud.reports.chapters.movement import section
from device.contract.fields import Json
from tests.cloud.exports import CONSENT, FIRST, event, held, written
from tests.recordings import table_of

AGREED = CONSENT | {"covers": ["expressions", "units", "atypicality"], "age": "6-12"}
RATING: Json = {"bundle": "moves-1.0.0", "of": "rating", "seconds": 2, "supported": True, "typical": 2.0}
RATING |= {
    "population": "children of one school.",
    "ages": ["6-12", "13-17"],
    "n": 33,
    "raters": 5,
    "typical_people": 21,
}
UNLIKELY: Json = {"bundle": "typical-1.0.0", "of": "unlikely", "seconds": 2, "supported": True, "typical": 0.95}
UNLIKELY |= {"population": "children", "ages": ["6-12"], "n": 40, "simulated": True}
SAID = {5: {"rating": 1.5, "low": 1.0, "high": 2.0, "unlikely": 0.4}, 9: {"rating": 2.5, "low": 2.0, "high": 3.0}}


def watched(
    *told: Json, said: dict[int, Json] = SAID, consent: Json | None = AGREED, why: str = "stopped"
) -> list[Json]:
    """A session of two seconds in which this was told, and this said with some of the records."""
    began, *rest = held(FIRST, why=why)
    began = began | {"consent": consent} if consent else {key: one for key, one in began.items() if key != "consent"}
    for one in rest:
        if one.get("seq") in said:
            one |= {"atypicality": said[one["seq"]], "models": {"atypicality": "moves-1.0.0 typical-1.0.0"}}
    events = [event(number, "comparison", FIRST, 0.2, comparison=one) for number, one in enumerate(told, 5)]
    return [began, *rest, *events]


def table(*told: Json, **more: Any) -> Table:
    found = watched(*told, **more)
    return table_of([one for one in found if "event" not in one], [one for one in found if "event" in one])


def text(of: Table) -> str:
    return "\n".join(movement.lines(of))


def test_it_tells_the_mean_and_how_many_windows_were_beyond_what_is_typical_and_of_whom_that_is_known() -> None:
    told = text(table(RATING, UNLIKELY))
    for words in (
        "Comparison with other people (no diagnosis)",
        "How atypical raters would find it, 1 to 5: in the mean 2.00; above what is typical 1 of 2 windows, 50 %; "
        "windows 2, of 2 s each",
        "People of its evidence: 33 people, 6-12 or 13-17 years old, each window rated by up to 5 raters. Children of "
        "one school.",
        "What is typical: 95 of 100 windows of its 21 typical people were at most 2.00; 5 of 100 were above.",
        "95 of 100 windows of its typical people (how many is not known) were at most 0.95",
        "The interval of a single window reaches from 1.5 to 2.5 in the mean.",
        "Share of typical people's windows that were less unlikely: in the mean 0.40; above what is typical 0 of 1 "
        "windows, 0 %",
        "SIMULATED: THE PEOPLE OF ITS EVIDENCE DO NOT EXIST.",
        "Said by: moves-1.0.0, of windows of 2 s that were measured well enough.",
        "Unusual is neither ill nor wrong.",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("told", "said", "why"),
    [
        (RATING | {"refused": "age"}, {}, "Not compared: nobody of this person's age is in its evidence."),
        (RATING | {"refused": "no-age"}, {}, "Not compared: no age was told with the consent."),
        (
            RATING | {"refused": "sources"},
            {},
            "Not compared: the people of its evidence were measured with other networks",
        ),
        (RATING, {}, "No window was measured well enough, to its end."),
    ],
)
def test_where_nothing_was_said_it_is_not_known_and_why(told: Json, said: dict[int, Json], why: str) -> None:
    found = text(table(told, said=said))
    assert "in the mean not known; above what is typical not known; windows none" in found
    assert f"Why it is not known: {why}" in found


def test_what_is_typical_may_not_be_known() -> None:
    found = text(table({name: value for name, value in RATING.items() if name != "typical"}))
    assert "in the mean 2.00; above what is typical not known" in found
    assert "What is typical: Not measured" in found


def test_without_a_consent_that_covers_it_nothing_is_shown() -> None:
    for consent in (None, CONSENT):
        found = table(RATING, consent=consent)
        assert text(found) == f"\nComparison with other people: {movement.WITHHELD}"
        assert movement.to_json(found) == []
        assert "2.00" not in str(sessions_movement.shown(found))
        (chapter,) = section(found)
        assert not chapter.parts


def test_of_a_consent_that_was_withdrawn_nothing_is_told() -> None:
    assert text(table(RATING, why="revoked")) == ""
    assert sessions_movement.shown(table(RATING, why="revoked")) == []


def test_where_nobody_was_to_be_compared_there_is_no_word_of_it() -> None:
    assert text(table(said={})) == ""
    assert [*section(table(said={}))] == []


def test_what_its_evidence_does_not_carry_is_said_in_large() -> None:
    assert "NOT SUPPORTED BY ITS EVIDENCE: DO NOT USE WHAT FOLLOWS." in text(table(RATING | {"supported": False}))


def test_a_consent_that_changes_and_still_covers_it_leaves_what_was_said() -> None:
    found = table(RATING, RATING | {"refused": "no-age"}).sessions[0]
    assert [one.refused for one in comparisons(found.events)] == [None]
    found = table(RATING | {"refused": "no-age"}, RATING).sessions[0]
    assert [one.refused for one in comparisons(found.events)] == [None]


def test_a_consent_that_says_another_age_takes_away_what_was_said_under_the_one_before() -> None:
    found = table(RATING, RATING | {"refused": "age"})
    assert "in the mean not known; above what is typical not known; windows none" in text(found)
    assert "Why it is not known: Not compared: nobody of this person's age is in its evidence." in text(found)
    assert "mean" not in movement.to_json(found)[0]


def test_the_report_tells_it_near_its_end_and_the_page_of_the_session_the_same(tmp_path: Path) -> None:
    found = table(RATING, UNLIKELY)
    composed = document.compose(document.Source(found, analyse(found)))
    titles = [one.title for one in composed.sections]
    assert titles[-1] == movement.TITLE
    page = str(sessions_movement.shown(found))
    for words in (
        "1 of 2 windows, 50 %",
        "Children of one school.",
        movement.LEAD,
        movement.LIMITS,
        support.SIMULATED,
    ):
        assert words in page


def test_the_command_tells_it_to_people_and_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "records.jsonl", *watched(RATING))
    assert main(["report", str(file)]) == 0
    assert "above what is typical 1 of 2 windows, 50 %" in capsys.readouterr().out
    assert main(["report", str(file), "--json", "-"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["recorded"]["comparison"]
    assert told == {
        "bundle": "moves-1.0.0",
        "of": "rating",
        "windows": 2,
        "seconds": 2,
        "supported": True,
        "simulated": False,
        "population": "children of one school.",
        "n": 33,
        "ages": ["6-12", "13-17"],
        "mean": 2.0,
        "above": 0.5,
    }


def exported(path: Path, *told: Json, **more: Any) -> dict[str, list[str]]:
    """What the columns of comparison hold in an export, but for what is empty."""
    file = written(path / "records.jsonl", *watched(*told, **more))
    out = path / "table"
    assert main(["export", str(file), "--set", "affectbox", "--format", "csv", "--out", str(out)]) == 0
    assert "atypicality.rating" in (out / "dictionary.csv").read_text()
    (file,) = (path for path in out.rglob("*.csv") if path.name != "dictionary.csv")
    with file.open(newline="") as rows:
        read = [*csv.DictReader(rows)]
    assert len(read) == 20
    return {name: [row[name] for row in read if row[name]] for name in read[0] if "atypicality" in name}


def test_an_export_holds_what_was_said_of_each_window(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exported(tmp_path, RATING, UNLIKELY) == {
        "atypicality.rating": ["1.5", "2.5"],
        "atypicality.low": ["1", "2"],
        "atypicality.high": ["2", "3"],
        "atypicality.unlikely": ["0.4"],
        "models.atypicality": ["moves-1.0.0 typical-1.0.0"] * 2,
    }
    assert "Withheld" not in capsys.readouterr().out


def test_an_export_holds_nothing_of_a_comparison_that_reports_withhold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (told, consent) in enumerate(
        [
            ((RATING, UNLIKELY), CONSENT),
            ((RATING, UNLIKELY), None),
            ((RATING, RATING | {"refused": "age"}, UNLIKELY | {"refused": "age"}), AGREED),
            ((), AGREED),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        found = exported(tmp_path / str(number), *told, consent=consent)
        assert len(found) == 5 and not any(found.values())
        assert "Withheld     1 session without the comparison with other people" in capsys.readouterr().out


def test_an_export_withholds_what_one_bundle_said_and_holds_the_other(tmp_path: Path) -> None:
    found = exported(tmp_path, RATING, UNLIKELY, RATING | {"refused": "age"})
    assert {name for name, values in found.items() if values} == {"atypicality.unlikely", "models.atypicality"}
