"""Targets over time: bins of phases, clusters, and what may be said of them."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNIT_KEYS
from device.features.series import Series
from training.cli import main
from training.cohort.people import Participant
from training.cohort.plan import Effect, Plan
from training.cohort.simulate import simulate
from training.targets import courses
from training.targets.clusters import CAUTION, bins_of, clusters
from training.targets.contrast import Question, contrasted
from training.targets.course_pictures import courses_page
from training.targets.courses import Axis, binned, courses_of
from training.targets.matrix import Matrix, Points, of_points, unit_points
from training.targets.over_time import OverTime
from training.targets.rows import to_json
from training.targets.words import span

GROUPS = Question("groups", "control", "case")
AU12 = ACTION_UNIT_KEYS.index("AU12")


def series_of(values):
    """AU12 five times a second."""
    time = np.arange(len(values)) / 5
    return Series.of_columns(time, ~np.isnan(values), {"aus.AU12": np.asarray(values, float)})


def test_shares_of_phases_of_unlike_length_are_alike():
    ramp = np.linspace(0, 4, 200)
    short, long = series_of(ramp[::4]), series_of(ramp)

    found = [binned(one, 0.0, len(one.time) / 5, Axis(bins=4))[:, AU12] for one in (short, long)]

    assert found[0] == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.06)
    assert found[1] == pytest.approx(found[0], abs=0.06)


def test_bins_in_seconds_begin_with_the_phase_and_end_with_the_last_whole_one():
    values = np.repeat([1.0, 2.0, 3.0, 4.0], 25)

    found = binned(series_of(values), 5.0, 19.0, Axis(seconds=5.0))

    assert found[:, AU12].tolist() == [2.0, 3.0]


def test_a_bin_of_which_less_than_half_was_measured_is_not_known():
    values = np.full(50, 2.0)
    values[:4], values[25:40] = np.nan, np.nan  # of the first 2.5 s a little, of the third all, of the fourth a little

    found = binned(series_of(values), 0.0, 10.0, Axis(bins=4))

    assert np.isnan(found[:, AU12]).tolist() == [False, False, True, False]
    assert np.isnan(np.delete(found, AU12, axis=1)).all()


def bump(size, people=40, bins=24):
    """A matrix of courses of three points, noise that is smooth; cases have a bump in one of them, bins 8 to 15."""
    random = np.random.default_rng(3)
    who = tuple(Participant(f"p-{at}", ("control", "case")[at % 2]) for at in range(people))
    noise = random.standard_normal((people, 1, 3, bins + 4))
    values = (noise[..., 4:] + noise[..., 3:-1] + noise[..., 2:-2] + noise[..., 1:-3]) / 2
    values[1::2, 0, 1, 8:16] += size
    names, nowhere = ("AU1", "AU2", "AU4"), (0.0,) * 3
    return Matrix(who, ("talk",), Points(names, names, names, nowhere, nowhere), values, bins=tuple(range(bins + 1)))


def test_a_bump_is_one_cluster_of_its_point():
    matrix = bump(1.6)

    [found] = clusters(contrasted(matrix, GROUPS, 199, 0), matrix.bins, "s", simulated=True)

    assert (found.phase, found.points, found.more, found.p) == ("talk", "AU2", True, 0.005)
    assert found.begin <= 10 and found.end >= 13 and found.d > 1
    assert span(to_json(found)) == f"{found.begin:g} to {found.end:g} s"


def test_courses_have_intervals_and_a_caption_that_forbids_to_read_beginnings_from_clusters():
    matrix = bump(1.6)
    contrast = contrasted(matrix, GROUPS, 99, 0)
    rows = [*bins_of(contrast, matrix.bins, "s", simulated=True)]
    over = OverTime(contrast, matrix.bins, "s", rows, clusters(contrast, matrix.bins, "s", simulated=True), [])

    assert len(rows) == 72 and all(row.low_first < row.mean_first < row.high_first for row in rows)
    assert "nothing about where or when a difference begins" in CAUTION and over.to_json()["caution"] == CAUTION
    assert over.shown[0] == (0, 1)
    plain = OverTime(contrasted(bump(0.0), GROUPS, 99, 0), matrix.bins, "s", rows, [], [])
    assert courses_page(over, ".png")[:4] == b"\x89PNG" and b"<svg" in courses_page(plain, ".svg")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "study"
    effect = (Effect(group="case", unit="AU12", d=3.0, phases=("talk",)),)
    people = {"control": 6, "case": 6}
    plan = Plan(people=people, sites=("north",), phases={"rest": 0.2, "talk": 0.4}, hz=5.0, effects=effect)
    for _ in simulate(plan, 1, folder):
        pass
    return folder


def units_of(study):
    rows = [line.split(",") for line in (study / "participants.csv").read_text().splitlines()[1:]]
    people = tuple(Participant(row[0], row[1]) for row in rows)
    return Matrix(people, ("rest", "talk"), unit_points(), np.zeros((len(people), 2, 22, 1)))


def test_the_courses_of_a_study_are_those_of_its_recordings(study):
    units = units_of(study)

    found = courses_of(units, study, Axis(bins=6), workers=0)

    assert found.values.shape == (12, 2, 22, 6) and found.bins[-1] == 1.0 and found.axis == "share of the phase"
    assert np.isfinite(found.values[:, :, AU12]).mean() > 0.7 and np.nanmax(found.values) <= 5
    case = [person.group == "case" for person in units.people]
    by_group = [np.nanmean(found.of_people(taken).values[:, 1, AU12]) for taken in (case, np.logical_not(case))]
    assert by_group[0] > by_group[1]
    assert of_points(found, 68).values.shape == (12, 2, 68, 6)


def test_bins_in_seconds_end_where_fewer_than_half_of_the_people_are_left(study):
    found = courses_of(units_of(study), study, Axis(seconds=4.0), workers=0)

    assert found.values.shape[3] == 6 and np.isnan(found.values[:, 0, :, 3:]).all()


def test_whoever_withdrew_has_no_course(study, tmp_path):
    shutil.copytree(study, tmp_path / "study")
    first, second, *_ = sorted((tmp_path / "study" / "recordings").rglob("*.jsonl"))
    first.write_text(first.read_text().replace('"why":"stopped"', '"why":"revoked"'))
    second.unlink()

    found = courses_of(units_of(study), tmp_path / "study", Axis(bins=6), workers=0)

    assert np.isnan(found.values).all(axis=(1, 2, 3)).tolist() == [True, True, *[False] * 10]


@pytest.mark.parametrize(
    ("axis", "error", "complaint"),
    [
        (Axis(bins=400), DataError, "--bins 400, most bins"),
        (Axis(seconds=60.0), DataError, "--seconds 60, most bins"),
    ],
)
def test_bins_that_hold_nothing_are_told_of(study, axis, error, complaint):
    with pytest.raises(error, match=complaint):
        courses_of(units_of(study), study, axis, workers=0)


def test_too_many_bins_are_refused(study, monkeypatch):
    monkeypatch.setattr(courses, "MOST_BINS", 5)

    with pytest.raises(ConfigError, match="take longer ones"):
        courses_of(units_of(study), study, Axis(seconds=4.0), workers=0)


def test_a_folder_without_recordings_or_of_other_people_is_one_sentence(study, tmp_path):
    with pytest.raises(DataError, match="name a study"):
        courses_of(units_of(study), tmp_path, Axis(), workers=0)
    units = units_of(study)
    strangers = tuple(replace(person, pseudonym=f"x-{at}") for at, person in enumerate(units.people))
    with pytest.raises(DataError, match="no recording of the people"):
        courses_of(replace(units, people=strangers), study, Axis(bins=6), workers=0)


@pytest.mark.learning
def test_a_comparison_with_everything_that_it_writes(study, tmp_path, capsys):
    assert main(["cohort", "features", str(study), "--out", str(tmp_path / "f.npz"), "--workers", "0"]) == 0
    argv = ["targets", "compare", "--features", str(tmp_path / "f.npz"), "--groups", "control", "case"]
    argv += ["--study", str(study), "--bins", "6", "--permutations", "199", "--out", str(tmp_path / "out")]

    assert main(argv) == 0 and main(["targets", "map", str(tmp_path / "out")]) == 0

    assert "Over time" in capsys.readouterr().out or (tmp_path / "out" / "clusters.csv").exists()
    written = {path.name for path in (tmp_path / "out").iterdir()} - {"clusters.csv"}
    assert written == {
        *("targets.json", "units.csv", "points-68.csv", "mixed.csv", "courses.csv", "courses.png", "courses.svg"),
        *(f"{what}-{phase}.png" for what in ("ranking", "heat") for phase in ("rest", "talk")),
        *("ranking-rest.svg", "ranking-talk.svg", "map.html"),
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("options", [["--bins", "5"], ["--seconds", "2"]])
def test_bins_without_a_study_are_a_mistake(options, tmp_path, capsys):
    argv = ["targets", "compare", "--features", "f.npz", "--groups", "a", "b", "--out", str(tmp_path / "out")]

    assert main([*argv, *options]) == 11

    assert "name it with --study" in capsys.readouterr().err
