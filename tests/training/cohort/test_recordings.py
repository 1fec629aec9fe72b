"""Simulated recordings are what a box would have written."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from cloud.reading import lines
from cloud.reading.table import Table
from device.contract.errors import ConfigError, StorageError
from tests.recordings import events_in, records_in
from training.cohort.plan import Effect, Faults, Plan
from training.cohort.recordings import Recording
from training.cohort.simulate import simulate
from training.cohort.truth import draw

SHORT = Plan(people={"control": 2, "case": 2}, phases={"rest": 0.2, "images": 0.3}, hz=5.0)


def table_of(plan: Plan, tmp_path: Path, person: int = 0) -> Table:
    path = tmp_path / "one.jsonl"
    path.write_bytes(b"\n".join(Recording(draw(plan, 1), person, 0).lines()))
    return lines.read(path)


def test_every_line_is_valid_by_the_contract_and_the_reader_passes_over_nothing(study: Path) -> None:
    for path in (study / "recordings").iterdir():
        assert len(records_in(path)) == 300
        assert [event["event"] for event in events_in(path)] == ["began", "camera", "phase", "phase", "ended"]
        assert [*lines.read(path).faults.sentences()] == []


def test_a_session_names_its_person_consent_phases_and_that_it_is_simulated(study: Path) -> None:
    table = lines.read(study / "recordings" / "sim-0001-1.jsonl")
    session = table.sessions[0]
    assert (session.patient, session.why) == ("sim-0001", "stopped")
    assert "diagnosis" in session.consent.covers
    assert [(span.name, span.begin_s, span.end_s) for span in session.phases] == [("rest", 0, 24), ("images", 24, 60)]
    assert set(table.texts("models.aus").tolist()) <= {"simulated-1.0.0", None}


def test_truth_says_what_is_planted_and_what_came_of_it(tmp_path: Path) -> None:
    plan = Plan(
        people={"control": 3, "case": 3},
        phases={"rest": 0.1},
        hz=2.0,
        effects=(Effect(group="case", unit="AU12", d=4.0),),
    )
    assert len([*simulate(plan, 1, tmp_path / "study")]) == 6
    truth = json.loads((tmp_path / "study" / "truth.json").read_text())
    assert truth["simulated"]
    assert truth["effects"][0]["d"] == 4.0
    assert truth["effects"][0]["drawn"]["rest"] > 2
    table = [*csv.DictReader((tmp_path / "study" / "participants.csv").open())]
    assert {row["pseudonym"]: row["group"] for row in table} == {
        name: of["group"] for name, of in truth["people"].items()
    }


def test_phases_may_stand_in_a_table_or_nowhere(tmp_path: Path) -> None:
    told = SHORT.phases
    plan = Plan(people=SHORT.people, phases=told, hz=2.0, stimuli=True)
    assert len([*simulate(plan, 1, tmp_path / "study")]) == 4
    rows = [*csv.DictReader((tmp_path / "study" / "stimuli.csv").open())]
    assert rows[:2] == [
        {"recording": "sim-0001-1.jsonl", "label": "rest", "from": "0.0", "to": "12.0"},
        {"recording": "sim-0001-1.jsonl", "label": "images", "from": "12.0", "to": "30.0"},
    ]
    assert lines.read(tmp_path / "study" / "recordings" / "sim-0001-1.jsonl").sessions[0].phases == ()
    unphased = Plan(people=SHORT.people, phases=told, hz=2.0, faults=Faults(unphased=True))
    assert table_of(unphased, tmp_path).sessions[0].phases == ()


def test_what_goes_wrong_is_in_the_recordings(tmp_path: Path) -> None:
    blind = table_of(Plan(people=SHORT.people, phases=SHORT.phases, hz=2.0, faults=Faults(blind=True)), tmp_path)
    assert not blind.measured.any()
    hog = Plan(people=SHORT.people, phases={"rest": 0.1}, hz=2.0, faults=Faults(hog=0.9))
    counts = [len(table_of(hog, tmp_path, person)) for person in range(4)]
    assert max(counts) / sum(counts) == pytest.approx(0.9, abs=0.01)
    hidden = table_of(Plan(people=SHORT.people, phases={"rest": 2.0}, hz=5.0, hidden=0.5, away=0.0), tmp_path)
    assert 0.2 < np.isnan(hidden.values("aus.AU12")).mean() < 0.7
    assert not np.isnan(hidden.values("aus.AU4")).any()


def test_a_phase_that_was_not_held_is_not_there(tmp_path: Path) -> None:
    plan = Plan(people=SHORT.people, phases=SHORT.phases, hz=2.0, skipped=1.0)
    table = table_of(plan, tmp_path)
    assert (len(table), table.sessions[0].phases, table.sessions[0].why) == (0, (), "stopped")


def test_nothing_is_written_over_and_nothing_half_written_is_left(tmp_path: Path) -> None:
    out = tmp_path / "study"
    out.mkdir()
    (out / "mine").write_text("")
    with pytest.raises(ConfigError, match="is there already"):
        [*simulate(SHORT, 1, out)]
    come = simulate(SHORT, 1, tmp_path / "other")
    next(come)
    come.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be"):
        [*simulate(SHORT, 1, tmp_path / "file" / "study")]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "study"]
