"""Trials of the methods on simulated cohorts of which the truth is known: one cohort each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from training.cohort.people import groups, labels
from training.cohort.plan import Effect, Plan
from training.cohort.quick import simulate_table, simulate_windows
from training.cohort.table import FeatureTable
from training.diagnosis import metrics
from training.diagnosis.by_frame import claimed
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.holdout import nested
from training.diagnosis.model import Model, fit, site_numbers
from training.diagnosis.permutation import Task, curtailed
from training.diagnosis.protocol import Protocol, evaluated
from training.diagnosis.recipe import REFERENCE, Recipe
from training.diagnosis.refusal import reasons

#: Where p ≤ this counts as found; and how many permutations that takes (p = 10/200 is the last that does).
LEVEL, PERMUTATIONS = 0.05, 199
#: Permutations where a bundle is asked for.
ALL_PERMUTATIONS = 1000
#: The trials of null cohorts: with a split by frame beside; and more of them, drawn because of the first 200 seeds 18
#: are found, of which chance gives 16 at most in 39 of 40 such draws. All 600 are counted together.
NULL, MORE = "null", "null, more"
#: Frames of a person, for the split by frame.
FRAMES = 30
_AU12 = (Effect(group="case", unit="AU12", d=0.8),)

Outcome = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """A kind of cohort: its name and what it is in words, how many, its plan, what is done, the first seed."""

    name: str
    words: str
    cohorts: int
    plan: Plan
    do: Callable[[Plan, int], Outcome]
    first: int = 0

    @property
    def seeds(self) -> range:
        """Of its cohorts."""
        return range(self.first, self.first + self.cohorts)


def tested(plan: Plan, seed: int, recipe: Recipe = REFERENCE) -> Outcome:
    """p, curtailed, and how many permutations it took."""
    table = simulate_table(plan, seed)
    truth, sites, count = labels(table.people), site_numbers(table.people), len(groups(table.people))
    p_value, tried = curtailed(Task(table.matrix, truth, sites, count, recipe, seed), PERMUTATIONS, LEVEL)
    return {"p": p_value, "tried": tried}


def alone(plan: Plan, seed: int, recipe: Recipe = REFERENCE) -> Outcome:
    """As `tested`; and the balanced accuracy in 5 folds."""
    table = simulate_table(plan, seed)
    truth, sites, count = labels(table.people), site_numbers(table.people), len(groups(table.people))
    said = nested(table.matrix, truth, sites, count, recipe, 5, 1, seed)
    accuracy = metrics.balanced_accuracy(said, np.ones((1, len(truth))))[0]
    return {**tested(plan, seed, recipe), "balanced_accuracy": float(accuracy)}


def beside_frames(plan: Plan, seed: int, recipe: Recipe = REFERENCE) -> Outcome:
    """As `alone`, and what a split of frames of the very same people would have claimed."""
    truth = labels(simulate_table(plan, seed).people)
    claim = claimed(simulate_windows(plan, seed, FRAMES), truth, 2, recipe, seed)
    return {**alone(plan, seed, recipe), "frame_accuracy": claim.accuracy, "frame_p": claim.p_value}


def whole(plan: Plan, seed: int) -> Outcome:
    """The whole evaluation, in 2 × 10 folds, and whether it would carry a bundle."""
    return _outcome(evaluated(simulate_table(plan, seed), _protocol(seed)))


def whole_and_new_people(plan: Plan, seed: int) -> Outcome:
    """As `whole`, of half of the people; and the sets of the other half by the network that a bundle would hold."""
    doubled = {name: 2 * number for name, number in plan.people.items()}
    table = simulate_table(structs.replace(plan, people=doubled), seed)
    first = _halves(table)
    found = evaluated(table.take(first), _protocol(seed))
    return {**_outcome(found), **_of_new(fit(table.take(first), REFERENCE, seed), table.take(~first))}


def _protocol(seed: int) -> Protocol:
    return Protocol(repeats=2, permutations=ALL_PERMUTATIONS, seed=seed, workers=0)


def _halves(table: FeatureTable) -> NDArray[np.bool_]:
    """(P,) every second person of each group."""
    truth, first = labels(table.people), np.zeros(len(table.people), bool)
    for group in np.unique(truth):
        first[np.flatnonzero(truth == group)[::2]] = True
    return first


def _outcome(found: Evaluation) -> Outcome:
    assert found.permutation and found.confounds
    return {
        "p": found.permutation.p_value,
        "balanced_accuracy": found.balanced_accuracy.value,
        "auc": found.auc.value,
        "sensitivity": {name: group.sensitivity.value for name, group in found.by_group.items()},
        "coverage": found.coverage.value,
        "coverage_of": {name: group.coverage.value for name, group in found.by_group.items()},
        "answered": found.answered.value,
        "confounds": found.confounds.balanced_accuracy.value,
        "advantage_low": found.confounds.advantage.low,
        "refused": reasons(found),
    }


def _of_new(model: Model, table: FeatureTable) -> Outcome:
    values, truth = model.picked(table), labels(table.people)
    possible = model.sets(values)
    heaviest = model.columns[int(np.abs(model.weights).max(axis=1).argmax())]
    return {
        "coverage_new": float(possible[np.arange(len(truth)), truth].mean()),
        "outside_new": float((model.distance(values) > model.limit).mean()),
        "heaviest": heaviest,
    }


TRIALS = (
    Trial(NULL, "60 people, no effect", 200, Plan(), beside_frames),
    Trial(MORE, "60 people, no effect: the test alone", 400, Plan(), tested, first=200),
    Trial(
        "effect",
        "2 × 100 people, d = 0.8 in AU12",
        10,
        Plan(people={"control": 100, "case": 100}, effects=_AU12),
        whole_and_new_people,
    ),
    Trial(
        "confounded",
        "2 × 60 people, no effect, each group at its own site, sites differ by 1 SD",
        3,
        Plan(people={"control": 60, "case": 60}, site_follows_group=1.0, site_effect=1.0),
        whole,
    ),
    Trial(
        "leaning",
        "60 people, no effect, 9 of 10 at their group's own site, sites differ by 1 SD",
        25,
        Plan(site_follows_group=0.9, site_effect=1.0),
        alone,
    ),
    Trial("imbalanced", "100 and 20 people, no effect", 25, Plan(people={"control": 100, "case": 20}), alone),
    Trial(
        "imbalanced effect",
        "150 and 40 people, d = 0.8 in AU12",
        5,
        Plan(people={"control": 150, "case": 40}, effects=_AU12),
        whole_and_new_people,
    ),
)


def tried(job: tuple[str, int]) -> Outcome:
    """One cohort of a trial, by its name and seed."""
    trial = next(one for one in TRIALS if one.name == job[0])
    return {"trial": trial.name, "seed": job[1], **trial.do(trial.plan, job[1])}
