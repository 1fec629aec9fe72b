import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from device.contract.errors import StorageError
from training.cli import main
from training.cohort.people import labels
from training.cohort.plan import Effect, Plan
from training.cohort.quick import simulate_table
from training.diagnosis import proven, trials
from training.diagnosis.by_frame import claimed
from training.diagnosis.model import site_numbers
from training.diagnosis.permutation import Task, curtailed
from training.diagnosis.proven import counted
from training.diagnosis.recipe import Recipe
from training.diagnosis.trials import LEVEL, Trial, alone, beside_frames

QUICK = Recipe(columns=8, strengths=(0.1,), inner=3)
SMALL = Plan(people={"control": 15, "case": 15}, phases={})


def test_a_split_by_frame_is_sure_of_nothing():
    """Noise of people whose frames resemble each other: whoever has seen half of somebody's frames knows them."""
    rng = np.random.default_rng(0)
    own, truth = rng.normal(0, 2, (24, 1, 60)), np.arange(24) % 2
    frames = own + rng.normal(size=(24, 12, 60))

    claim = claimed(frames, truth, 2, Recipe(columns=32, strengths=(0.02,), inner=3), 0)
    shuffled = claimed(rng.normal(size=(24, 12, 60)), truth, 2, QUICK, 0)  # frames that resemble nobody's

    assert claim.accuracy > 0.75 and claim.p_value < 1e-4
    assert shuffled.p_value > 0.01


def test_counts_have_exact_intervals():
    """Clopper and Pearson's: of 10 in 200, .0242 to .0900."""
    found = counted(10, 200)

    assert (found["count"], found["share"]) == (10, 0.05)
    assert (found["low"], found["high"]) == pytest.approx((0.0242, 0.0900), abs=1e-4)


@pytest.fixture
def tried(monkeypatch):
    """Seeds that are tried, of two trials whose cohorts come to something made up."""
    asked = []

    def outcome(plan, seed):
        asked.append(seed)
        frames = {"frame_accuracy": 0.9, "frame_p": 0.0} if plan == SMALL else {"refused": ["Too few."] * (seed == 0)}
        return {"p": 0.04 if seed == 1 else 0.5, "balanced_accuracy": 0.5, "coverage_of": {"case": 0.9}, **frames}

    known = (Trial("null", "nobody", 4, SMALL, outcome), Trial("effect", "some", 2, Plan(phases={}), outcome))
    for module in (trials, proven):
        monkeypatch.setattr(module, "TRIALS", known)
    return asked


def prove(out, *more):
    return main(["diagnosis", "proof", "--out", str(out), "--workers", "0", *more])


def test_it_goes_on_where_it_was_and_tells_what_it_found(tried, tmp_path, capsys):
    assert prove(tmp_path, "--cohorts", "2") == 0
    assert tried == [0, 1, 0, 1]
    with (tmp_path / "proof.jsonl").open("a") as file:
        file.write('{"of": "another", "trial": "null", "seed": 2, "p": 0.0}\n{"of": "hal')
    capsys.readouterr()

    assert prove(tmp_path) == 0

    assert tried == [0, 1, 0, 1, 2, 3]
    shown = capsys.readouterr().out
    assert "No figure here is clinical accuracy" in shown
    assert "found 1 of 4 (25.0%, 0.6% to 80.6%); chance alone: 0 to 1; 199 permutations at most" in shown
    assert "a split by frame (30 of each) would have found 4 of 4" in shown and "an accuracy of 0.900" in shown
    assert "no bundle: 1 of 2" in shown and "Too few." in shown
    kept = json.loads((tmp_path / "proof.json").read_text())
    assert kept["simulated"] and kept["trials"]["null"]["found"]["count"] == 1
    assert kept["trials"]["null"]["by_frame"]["count"] == 4
    tried.clear()
    assert prove(tmp_path) == 0 and tried == []


def test_null_cohorts_of_both_kinds_are_counted_together(tried, tmp_path, monkeypatch, capsys):
    more = Trial("null, more", "as few", 3, SMALL, lambda plan, seed: {"p": 0.01 if seed == 4 else 0.9}, first=4)
    for module in (trials, proven):
        monkeypatch.setattr(module, "TRIALS", (*module.TRIALS, more))

    prove(tmp_path)

    kept = json.loads((tmp_path / "proof.json").read_text())["trials"]
    assert kept["null, more"]["found"]["count"] == 1
    assert kept["null, all"]["cohorts"] == 7 and kept["null, all"]["found"]["count"] == 2
    assert "null, all: 7 cohorts" in capsys.readouterr().out


def test_people_simulated_otherwise_begin_anew(tried, tmp_path, monkeypatch):
    prove(tmp_path)
    tried.clear()
    for module in (trials, proven):
        monkeypatch.setattr(module, "TRIALS", tuple(replace(one, plan=Plan()) for one in module.TRIALS))

    prove(tmp_path)

    assert len(tried) == 6


def test_a_folder_that_cannot_be_is_a_sentence(tried, tmp_path, capsys):
    (tmp_path / "file").write_text("")

    assert prove(tmp_path / "file") == StorageError.exit_code
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.learning
def test_where_nothing_is_nothing_is_found_and_a_split_by_frame_finds_it_always():
    """The proof, small: 30 null cohorts of 30 people."""
    ones = [beside_frames(SMALL, seed, QUICK) for seed in range(30)]

    assert sum(one["p"] <= LEVEL for one in ones) <= binom.ppf(0.995, 30, LEVEL)
    assert np.mean([one["balanced_accuracy"] for one in ones]) == pytest.approx(0.5, abs=0.06)
    assert all(one["frame_p"] <= LEVEL for one in ones)
    assert np.mean([one["frame_accuracy"] for one in ones]) > 0.7


@pytest.mark.learning
def test_columns_chosen_outside_of_the_folds_would_be_noticed():
    """The same test, of columns that were chosen with everybody's group: far more than chance 'succeed'."""
    found = 0
    for seed in range(10):
        table = simulate_table(SMALL, seed)
        truth, sites, matrix = labels(table.people), site_numbers(table.people), np.nan_to_num(table.matrix)
        gap = np.abs(matrix[truth == 0].mean(axis=0) - matrix[truth == 1].mean(axis=0)) / (matrix.std(axis=0) + 1e-9)
        leaking = matrix[:, np.argsort(-gap)[:8]]
        found += curtailed(Task(leaking, truth, sites, 2, QUICK, seed), 39, LEVEL)[0] <= LEVEL

    assert found > binom.ppf(0.9999, 10, LEVEL)


@pytest.mark.learning
def test_what_is_planted_is_found():
    effect = Effect(group="case", unit="AU12", d=1.5)
    plan = Plan(people={"control": 40, "case": 40}, phases={}, effects=(effect,))

    ones = [alone(plan, seed) for seed in range(5)]

    assert sum(one["p"] <= LEVEL for one in ones) >= 4
    assert np.mean([one["balanced_accuracy"] for one in ones]) > 0.6
