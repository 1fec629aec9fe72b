"""How far people's key points moved from their rest, from files of landmarks."""

import csv
from functools import partial

import numpy as np
import pytest

from device.commands.points import Landmarks
from device.contract.errors import ConfigError, DataError
from training.cli import main
from training.cohort.people import Participant
from training.cohort.study import Stimulus
from training.targets.displacement import implied, lengths
from training.targets.moved import files_of, moved, read_track
from training.targets.points import point_set

PHASES = (("rest", 0, 2), ("talk", 2, 6))


def write_track(path, smile, rng, person=0.0, film="film.mp4"):
    """Six seconds of landmarks, ten a second, of a head that moves: at rest for two, then smiling more and less."""
    points, count = point_set(68), 60
    times = np.arange(count) / 10
    course = np.where(times < 2, 0, smile * (0.6 + 0.4 * np.sin(times)))
    face = points.xyz * (1 + person) + implied({"AU12": np.clip(course, 0, 5)}) + rng.normal(0, 0.003, (count, 68, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "time", "measured", *Landmarks(68).columns])
        for at, one in zip(times, face, strict=True):
            turn = rng.uniform(-0.1, 0.1)
            turned = one @ np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
            pixels = turned * (1, 1, -1) * 120 + (300 + 20 * rng.normal(), 250, 0)
            measured = "0" if at == 3 else "1"
            writer.writerow([film, f"{at:.3f}", measured, *(f"{value:.2f}" for value in pixels.T.ravel())])


def stimuli(*names):
    return [Stimulus(name, label, from_s, to_s) for name in names for label, from_s, to_s in PHASES]


def test_the_mean_way_from_rest_is_that_of_the_units_that_moved_the_face(tmp_path):
    rng = np.random.default_rng(0)
    write_track(tmp_path / "p-01.csv", 4.0, rng)
    write_track(tmp_path / "p-02" / "first.csv", 0.0, rng, person=0.1)
    people = (Participant("p-01", "case"), Participant("p-02", "control"))

    found = moved(tmp_path, people, stimuli("p-01.csv", "first"), "rest")

    assert (found.phases, found.values.shape) == (("talk",), (2, 1, 68, 1))
    times = np.arange(20, 60) / 10
    expected = lengths(implied({"AU12": 4.0 * (0.6 + 0.4 * np.sin(times))})).mean(0)
    assert found.values[0, 0, :, 0] == pytest.approx(expected, abs=0.012)
    assert found.values[1, 0, :, 0].max() < 0.02


def test_rows_that_were_not_measured_are_left_out(tmp_path):
    write_track(tmp_path / "p-01.csv", 1.0, np.random.default_rng(0))
    track = read_track(tmp_path / "p-01.csv")
    assert len(track.times) == 59
    assert 3.0 not in track.times
    assert track.names == ("p-01", "p-01.csv", "film.mp4")
    assert len(track.part(0, 2)) == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,time,measured\n", "no columns x_0 to x_67"),
        ("time,measured," + ",".join(Landmarks(68).columns) + "\n0,1" + ",oops" * 204 + "\n", "holds no landmarks"),
        ("measured," + ",".join(Landmarks(68).columns) + "\n1" + ",1" * 204 + "\n", "holds no landmarks of a video"),
    ],
)
def test_a_file_without_landmarks_is_refused(tmp_path, text, said):
    path = tmp_path / "p-01.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_track(path)


def test_a_study_that_cannot_be_compared_is_refused(tmp_path):
    rng, people = np.random.default_rng(0), (Participant("p-01", "case"),)
    with pytest.raises(DataError, match="holds no landmarks"):
        files_of(tmp_path, people)
    write_track(tmp_path / "p-01.csv", 1.0, rng)
    look = partial(moved, tmp_path, people)
    with pytest.raises(ConfigError, match="no phase 'calm'"):
        look(stimuli("p-01"), "calm")
    with pytest.raises(DataError, match="0 measured rows at rest"):
        look(stimuli("elsewhere"), "rest")
    write_track(tmp_path / "p-09.csv", 1.0, rng)
    with pytest.raises(DataError, match="of p-09, who stands in no row"):
        look(stimuli("p-01"), "rest")


def test_two_groups_are_compared_by_command(tmp_path, capsys):
    rng, people, parts = np.random.default_rng(1), ["pseudonym,group,site"], ["recording,label,from,to"]
    for number in range(12):
        name, case = f"p-{number:02}", number % 2
        write_track(tmp_path / "rows" / f"{name}.csv", rng.uniform(0.2, 1) + 2.5 * case, rng, rng.uniform(-0.1, 0.1))
        people.append(f"{name},{'case' if case else 'control'},north")
        parts += [f"{name}.csv,{label},{from_s},{to_s}" for label, from_s, to_s in PHASES]
    (tmp_path / "people.csv").write_text("\n".join(people) + "\n")
    (tmp_path / "parts.csv").write_text("\n".join(parts) + "\n")
    given = ["targets", "landmarks", str(tmp_path / "rows"), "--participants", str(tmp_path / "people.csv")]
    given += ["--stimuli", str(tmp_path / "parts.csv"), "--rest", "rest", "--groups", "control", "case"]

    assert main([*given, "--permutations", "199", "--out", str(tmp_path / "out")]) == 0

    said = capsys.readouterr().out
    assert "points and phases differ beyond chance" in said
    assert "it says nothing about any one person" in said
    with (tmp_path / "out" / "points-68.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["region"] for row in rows[:10]} <= {"mouth", "jaw"}
    assert "mouth corner" in " ".join(row["name"] for row in rows[:6])
    assert float(rows[0]["p_max"]) < 0.05
    assert (tmp_path / "out" / "ranking-talk.png").is_file()
    assert main([*given, "--permutations", "199", "--out", str(tmp_path / "out")]) == ConfigError.exit_code
    assert main([*given, "--permutations", "20", "--out", str(tmp_path / "few")]) == ConfigError.exit_code
    assert "too few" in capsys.readouterr().err
