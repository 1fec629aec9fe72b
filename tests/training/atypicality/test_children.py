"""Simulated children move as planned, and their files hold what is in memory."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as changed

from cloud.reading import lines
from device.contract.errors import ConfigError
from device.contract.features import NAMES
from device.contract.labels import ACTION_UNIT_KEYS
from training.atypicality.acting import acted
from training.atypicality.complexity import ENTROPIES
from training.atypicality.plan import Plan, Raters
from training.atypicality.simulate import Children
from training.atypicality.study import join, read_recordings, tables_of
from training.cli import main

LONG = Plan(minutes=4.0)


def test_files_hold_what_is_in_memory(folder, few):
    study, ratings = tables_of(folder)
    read = read_recordings(folder / "recordings", workers=0)
    found = join(study, ratings, read.moved)

    assert (study.findings, ratings.findings, read.passed_over, found.beside) == ((), (), [], ())
    assert [person.pseudonym for person in found.people] == [person.pseudonym for person in few.people]
    assert (found.raters, found.simulated, found.sources) == (few.raters, True, few.sources)
    for ours, theirs in zip(found.sessions, few.sessions, strict=True):
        np.testing.assert_allclose(ours.moved.grid(0.2), theirs.moved.grid(0.2), atol=0.011)
        assert [(one.from_s, one.to_s, one.rater, one.rating) for one in ours.ratings] == [
            (one.from_s, one.to_s, one.rater, one.rating) for one in theirs.ratings
        ]
        entropies = [[one.moved.taken.values[0][NAMES.index(name)] for name in ENTROPIES] for one in (ours, theirs)]
        np.testing.assert_allclose(*entropies, atol=0.01)


def test_a_recording_is_valid_and_its_consent_covers_the_comparison(folder):
    table = lines.read(folder / "recordings" / "child-0001.jsonl")

    assert [*table.faults.sentences()] == []
    assert set(table.sessions[0].consent.covers) == {"expressions", "units", "atypicality"}


def test_truth_and_ratings_are_of_the_same_stretches(folder):
    truth = [*csv.DictReader((folder / "truth.csv").open())]
    rated = [*csv.DictReader((folder / "ratings.csv").open())]

    assert len(rated) == 5 * len(truth) == 5 * 8 * 10
    assert {(row["recording"], row["from_s"]) for row in truth} == {(row["recording"], row["from_s"]) for row in rated}
    assert json.loads((folder / "truth.json").read_text())["simulated"] is True


@pytest.mark.parametrize(("kind", "times"), [("asynchrony", 1.25), ("asymmetry", 3), ("jerk", 1.5)])
def test_what_is_planted_shows_and_grows_with_severity(kind, times):
    """Of the same child, mildly and severely."""
    severe, mild = (
        acted(changed(LONG, severity={"typical": share}, people={"typical": 1}), "typical", np.random.default_rng(5))
        for share in (0.9, 0.05)
    )

    def measured(of):
        units = np.nan_to_num(of.course.aus)
        smile, cheek = (units[:, ACTION_UNIT_KEYS.index(key)] for key in ("AU12", "AU6"))
        if kind == "asynchrony":
            return np.abs(smile - cheek)[cheek > 1].mean()
        if kind == "asymmetry":
            return np.abs(of.course.sides)[units > 1].mean()
        return np.abs(np.diff(units, 2, axis=0))[units[2:] > 1].mean()

    assert measured(severe) > times * measured(mild)
    assert severe.severity.mean() > 4 * mild.severity.mean()


def test_where_nothing_shows_severity_is_rated_all_the_same():
    hidden, plain = (acted(changed(LONG, shows=shows), "atypical", np.random.default_rng(1)) for shows in (0.0, 1.0))
    apart = [np.abs(of.course.sides)[np.nan_to_num(of.course.aus) > 1].mean() for of in (hidden, plain)]

    assert apart[0] < 0.25 * apart[1]
    assert hidden.rating(np.array([0.0]), np.array([240.0]))[0] > 2


def test_raters_differ_by_bias_slope_and_noise():
    truth = np.linspace(1.6, 4.4, 4000)
    exact = Children(changed(LONG, raters=Raters(bias=0, slope=0, noise=0)), 1).rated(0, truth)
    noisy = Children(LONG, 1).rated(0, truth)

    assert (exact == np.round(truth)[:, None]).all()
    assert noisy.min() == 1 and noisy.max() == 5
    assert np.ptp(noisy.mean(axis=0)) > 0.3  # their biases
    assert 0.5 < np.corrcoef(noisy.T)[0, 1] < 0.9


def test_the_same_seed_gives_the_same_children_and_another_gives_others(children):
    again, other = Children(children.plan, children.seed), replace(children, seed=4)

    np.testing.assert_array_equal(again.acted(2).course.aus, children.acted(2).course.aus)
    assert not np.array_equal(np.nan_to_num(other.acted(2).course.aus), np.nan_to_num(children.acted(2).course.aus))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"people": {"case": 3}}, "'case' is no group of simulated children"),
        ({"severity": {"typical": 0.1}}, "'severity' lacks 'atypical'"),
    ],
)
def test_a_plan_that_does_not_go_together_is_refused(given, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Plan(**given)


def test_the_command_writes_a_new_folder_and_no_other(tmp_path, capsys):
    given = ["--set", 'people={"typical"=1, "atypical"=1}', "--set", "minutes=0.1", "--out", str(tmp_path / "new")]

    assert main(["atypicality", "simulate", *given]) == 0
    assert "2 simulated children (1 typical, 1 atypical), rated by 5" in capsys.readouterr().out
    assert main(["atypicality", "simulate", *given]) == ConfigError.exit_code
    assert "is there already" in capsys.readouterr().err
