"""`affectbox-training cohort` on files."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from cloud.reading import lines, parquet
from device.contract.features import SESSION
from device.features.features import features_of
from device.features.gatherer import Gatherer
from tests.recordings import events_in, records_in
from training import cli
from training.cohort import taking
from training.cohort.store import load

HERE = ("--workers", "0")


def run(*arguments: object) -> int:
    return cli.main(["cohort", *map(str, arguments)])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "features.npz"


def test_a_cohort_is_simulated_checked_and_made_into_features(tmp_path: Path, out: Path, capsys) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("people = {control = 2, case = 2}\nphases = {rest = 0.4}\nhz = 5.0\n")
    assert run("simulate", "--out", tmp_path / "study", "--plan", plan, "--set", "people.case=1", "--seed", 4) == 0
    assert "3 sessions of simulated people (2 control, 1 case), seed 4" in capsys.readouterr().out
    assert run("features", tmp_path / "study", "--out", out, *HERE) == 0
    assert "3 participants (1 case, 2 control), 1 × 155 features (rest)" in capsys.readouterr().out
    table = load(out)
    assert table.simulated
    assert table.phases == ("rest",)
    assert np.isfinite(table.values).mean() > 0.5
    assert run("check", tmp_path / "study", *HERE) == 22
    said = capsys.readouterr().out
    assert "FAIL     groups     1 participant of the group case" in said
    assert "2 of these would make the study useless" in said


def test_features_are_those_of_the_box(study: Path, out: Path) -> None:
    assert run("features", study, "--out", out, *HERE) == 0
    table, path = load(out), study / "recordings" / "sim-0002-1.jsonl"
    gatherer = Gatherer()
    told = sorted([*records_in(path), *events_in(path)], key=lambda one: one["time"]["mono"])
    for one in told:
        gatherer.tell(one) if "event" in one else gatherer.add(one)
    parts = gatherer.parts()
    assert table.phases == ("images", "rest")
    assert table.made["sources"] == ", ".join(sorted(parts[SESSION].sources)) != ""
    for column, phase in enumerate(table.phases):
        assert table.values[1, column] == pytest.approx(features_of(parts[phase]), nan_ok=True)
        assert table.coverage[1, column] == pytest.approx(parts[phase].coverage)
        assert table.frames[1, column] == parts[phase].frames


def test_findings_as_json(study: Path, capsys) -> None:
    assert run("check", study, "--json", *HERE) == 22
    said = json.loads(capsys.readouterr().out)
    assert (said["v"], said["ok"]) == (1, False)
    assert {"level": "fail", "what": "groups"}.items() <= said["findings"][0].items()


def test_what_was_read_is_not_read_again_and_what_changed_is(study: Path, out: Path, monkeypatch) -> None:
    assert run("features", study, "--out", out, *HERE) == 0
    first, read = load(out), []
    monkeypatch.setattr(taking, "read", lambda job: read.append(job.path.name) or taking.Found())
    assert run("features", study, "--out", out, *HERE) == 0
    assert read == []
    assert np.array_equal(load(out).values, first.values, equal_nan=True)
    os.utime(study / "recordings" / "sim-0003-1.jsonl", (1, 1))
    assert run("features", study, "--out", out, *HERE) == 0
    assert read == ["sim-0003-1.jsonl"]


def test_a_command_that_was_stopped_goes_on_where_it_was(study: Path, out: Path, monkeypatch) -> None:
    read, done = taking.read, []

    def stopped(job: taking.Job) -> taking.Found:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(job.path.name)
        return read(job)

    monkeypatch.setattr(taking, "read", stopped)
    assert run("features", study, "--out", out, *HERE) == 130
    assert not out.exists()
    monkeypatch.setattr(taking, "read", lambda job: done.append(job.path.name) or read(job))
    assert run("features", study, "--out", out, *HERE) == 0
    assert len(done) == len(set(done)) == 4


def test_who_withdrew_is_no_longer_there(study: Path, out: Path, capsys) -> None:
    assert run("features", study, "--out", out, *HERE) == 0
    gone, revoked = (study / "recordings" / f"sim-000{number}-1.jsonl" for number in (1, 2))
    gone.unlink()
    ended = next(event for event in events_in(revoked) if event["event"] == "ended")
    with revoked.open("ab") as file:
        file.write(json.dumps(ended | {"number": 999_999, "why": "revoked"}).encode() + b"\n")
    assert run("features", study, "--out", out, *HERE) == 0
    assert "1 session whose consent was withdrawn" in capsys.readouterr().err
    assert [person.pseudonym for person in load(out).people] == ["sim-0003", "sim-0004"]
    kept = [path for path in (study / "sessions").rglob("*.npz") if len(np.load(path)["values"])]
    assert len(kept) == 2


def test_one_file_with_all_sessions_and_an_export_in_parquet_come_to_the_same(study: Path, out: Path) -> None:
    assert run("features", study, "--out", out, *HERE) == 0
    files = sorted((study / "recordings").iterdir())
    one, export = study / "all.jsonl", study / "export"
    one.write_bytes(b"".join(path.read_bytes() for path in files))
    export.mkdir()
    for path in files:
        parquet.write(lines.read(path), export / f"{path.stem}.parquet")
    expected = load(out)
    for place in (one, export):
        assert run("features", study, "--out", out, "--recordings", place, *HERE) == 0
        assert load(out).people == expected.people
        assert load(out).values == pytest.approx(expected.values, nan_ok=True)


def test_phases_of_a_table(study: Path, out: Path, capsys) -> None:
    rows = ["recording,label,from,to", *(f"sim-000{n}-1.jsonl,film,10,50" for n in range(1, 5))]
    (study / "stimuli.csv").write_text("\n".join(rows))
    assert run("features", study, "--out", out, "--phases", "film", *HERE) == 0
    table = load(out)
    assert table.phases == table.off_box == ("film",)
    assert "film: in stimuli.csv alone. A box knows only the phases" in capsys.readouterr().err
    assert (table.frames == 200).all()
    assert run("features", study, "--out", out, "--phases", SESSION, *HERE) == 0
    assert load(out).phases == (SESSION,) and load(out).off_box == ()
    assert "stimuli.csv alone" not in capsys.readouterr().err
    assert (load(out).frames == 300).all()
    (study / "stimuli.csv").write_text("recording,label,from,to\nsim-0001-1.jsonl,rest,1,2\n")
    assert run("features", study, "--out", out, "--phases", "rest", *HERE) == 0
    assert load(out).off_box == ()


def test_rows_of_stimuli_that_are_of_no_recording_are_told(study: Path, out: Path, capsys) -> None:
    (study / "stimuli.csv").write_text("recording,label,from,to\nother.jsonl,film,0,10\n")
    assert run("features", study, "--out", out, *HERE) == 0
    assert "stimuli.csv names other.jsonl, of which there is no recording" in capsys.readouterr().err


def test_a_recording_is_never_replaced_by_a_table(study: Path, capsys) -> None:
    recording = study / "recordings" / "sim-0001.parquet"
    parquet.write(lines.read(study / "recordings" / "sim-0001-1.jsonl"), recording)
    held = recording.read_bytes()
    assert run("features", study, "--out", recording, *HERE) == 11
    assert "sim-0001.parquet is there already, and is no table of features" in capsys.readouterr().err
    assert recording.read_bytes() == held and not (study / "sessions").exists()


def test_where_nothing_can_be_kept_it_says_so(study: Path, out: Path, capsys) -> None:
    assert run("features", study, "--out", out, "--work", study / "participants.csv", *HERE) == 19
    assert "participants.csv cannot be made" in capsys.readouterr().err
    assert not out.exists()


def test_a_recording_that_names_nobody_is_of_whom_its_file_is_called_after(study: Path, out: Path, capsys) -> None:
    path = study / "recordings" / "sim-0002-1.jsonl"
    path.write_bytes(b"\n".join(line for line in path.read_bytes().splitlines() if b'"event"' not in line))
    assert run("features", study, "--out", out, "--phases", SESSION, *HERE) == 0
    assert [person.pseudonym for person in load(out).people] == [f"sim-000{number}" for number in range(1, 5)]
    assert "1 session that name nobody, taken for whom their file is called after" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "sentence", "code"),
    [
        (lambda study: (study / "participants.csv").unlink(), "Cannot read", 21),
        (lambda study: shutil.rmtree(study / "recordings"), "recordings is no folder", 21),
        (shutil.rmtree, "is no folder: name the one that holds participants.csv", 21),
        (lambda study: [path.unlink() for path in (study / "recordings").iterdir()], "holds no file of records", 21),
        (
            lambda study: (study / "participants.csv").write_text("pseudonym,group\np-1,a\np-1,b\n"),
            "p-1 is in 2 groups",
            21,
        ),
        (
            lambda study: (study / "participants.csv").write_text("pseudonym,group\np-1,a\np-2,b\n"),
            "No participant has a recording",
            21,
        ),
        (
            lambda study: (study / "recordings" / "sim-0001-1.jsonl").rename(study / "recordings" / "a.parquet"),
            "is no Parquet file of ours",
            21,
        ),
    ],
)
def test_what_cannot_be_is_one_sentence_and_leaves_nothing(study, out, capsys, change, sentence, code) -> None:
    change(study)
    assert run("features", study, "--out", out, *HERE) == code
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--out", "features.csv"], "ends neither in .npz nor in .parquet"),
        (["--phases", "dance"], "Nobody held a phase 'dance': images, rest."),
        (["--phases", "rest,whole-session"], "not both"),
        (["--recordings", "x", "--database", "http://127.0.0.1:1"], "and not both"),
        (["--scheduler", "tcp://127.0.0.1:1"], "No Dask scheduler answers"),
    ],
)
def test_options_that_do_not_go_together(study: Path, out: Path, capsys, monkeypatch, more, sentence: str) -> None:
    monkeypatch.setattr("training.cluster.CONNECT_S", 0.2)
    assert run("features", study, "--out", out, *HERE, *more) == 11
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_of_several_sessions_the_first_alone(tmp_path: Path, out: Path, capsys) -> None:
    two = ["--set", "people.control=1", "--set", "people.case=1", "--set", "sessions=2", "--set", "phases.talk=0.3"]
    assert run("simulate", "--out", tmp_path / "study", *two, "--set", "hz=5.0") == 0
    assert run("features", tmp_path / "study", "--out", out, *HERE) == 0
    assert "2 participants with several sessions (sim-0001, sim-0002)" in capsys.readouterr().err
    mean = load(out)
    assert mean.sessions == 2
    assert run("features", tmp_path / "study", "--out", out, "--first", *HERE) == 0
    assert "several sessions" not in capsys.readouterr().err
    first = load(out)
    assert first.sessions == 1
    for path in (tmp_path / "study" / "recordings").glob("*-2.jsonl"):
        path.unlink()
    assert run("features", tmp_path / "study", "--out", out, *HERE) == 0
    assert np.array_equal(first.values, load(out).values, equal_nan=True)
    assert not np.array_equal(first.values, mean.values, equal_nan=True)


def test_who_was_never_measured_is_not_in_the_table(study: Path, out: Path, capsys) -> None:
    path = study / "recordings" / "sim-0002-1.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"status":"measured"' not in line))
    assert run("features", study, "--out", out, *HERE) == 0
    assert [person.pseudonym for person in load(out).people] == ["sim-0001", "sim-0003", "sim-0004"]
    assert (
        "1 participant of whom no feature was measured, who are not in the table: sim-0002" in capsys.readouterr().err
    )


def test_where_nothing_was_measured_there_is_no_table(tmp_path: Path, out: Path, capsys) -> None:
    blind = ["--set", "faults.blind=true", "--set", "hz=2.0", "--set", "phases.talk=0.1", "--set", "people.case=1"]
    assert run("simulate", "--out", tmp_path / "study", *blind, "--set", "people.control=1") == 0
    assert run("features", tmp_path / "study", "--out", out, *HERE) == 21
    assert "No feature was measured in anybody" in capsys.readouterr().err
    assert not out.exists()


def test_check_goes_on_where_a_recording_cannot_be_read(study: Path, capsys) -> None:
    (study / "recordings" / "broken.parquet").write_bytes(b"PAR1")
    (study / "recordings" / "torn.jsonl").write_bytes(b'{"v":1,"dev')
    assert run("check", study, *HERE) == 22
    said = capsys.readouterr().out
    assert "broken.parquet is no Parquet file of ours" in said
    assert "torn.jsonl: 1 line is cut off" in said
    assert "4 sessions of 4 participants" in said
