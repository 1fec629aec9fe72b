"""Whether groups are told apart better than chance would have it: labels of participants permuted within their sites.

A site keeps its people and how many of them are of each group, so what tells sites apart proves nothing. The statistic
is one and the same function of the labels for the observed and the permuted ones, with all that learns inside it:
the mean area under the ROC curve, each group against the others, of people held out in 5 folds, by networks at one
fixed strength (`logistic.at_once`). p = (b + 1)/(m + 1), b of m permutations being at least as good as what was
observed (Phipson & Smyth 2010).

Sources: Ojala & Garriga 2010; Chaibub Neto et al. 2019 (PMC6789029: permute subjects, not records).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.cluster import done
from training.diagnosis.folds import Ints, assigned, parts
from training.diagnosis.logistic import at_once
from training.diagnosis.metrics import Predictions, mean_area
from training.diagnosis.preparation import Floats
from training.diagnosis.recipe import Recipe

FOLDS = 5
STATISTIC = f"mean area under the ROC curve, of people held out in {FOLDS} folds"
#: Permutations of a job.
_BATCH = 20
#: Differences of the statistic that are rounding.
_SAME = 1e-9


@dataclass(frozen=True)
class Permutation:
    """Outcome of a permutation test.

    Attributes:
        p_value: (exceeding + 1)/(permutations + 1).
        permutations: m.
        exceeding: b, how many were at least as good as what was observed.
        observed, chance: the statistic, and its mean over the permutations.
        statistic: what it is.
    """

    p_value: float
    permutations: int
    exceeding: int
    observed: float
    chance: float
    statistic: str = STATISTIC


@dataclass(frozen=True, eq=False)
class Task:
    """What is permuted: a matrix (P, columns), groups (P,) and sites (P,)."""

    matrix: Floats
    labels: Ints
    sites: Ints
    groups: int
    recipe: Recipe
    seed: int


def statistic(task: Task, labels: Ints) -> float:
    """What is compared, of any labels (P,)."""
    logits = np.zeros((len(labels), task.groups))
    for known, unknown in parts(assigned(labels, task.sites, FOLDS, task.seed)):
        logits[unknown] = at_once(task.matrix, labels, known, unknown, task.groups, task.recipe)
    shares = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    said = Predictions(labels, shares[None], np.ones((1, *shares.shape), bool))
    return float(mean_area(said, np.ones((1, len(labels))))[0])


def permuted(labels: Ints, sites: Ints, rng: np.random.Generator) -> Ints:
    """(P,) labels, exchanged among the people of each site."""
    found = labels.copy()
    for site in np.unique(sites):
        members = np.flatnonzero(sites == site)
        found[members] = labels[rng.permutation(members)]
    return found


def permute(
    task: Task,
    permutations: int,
    scheduler: str | None = None,
    workers: int | None = None,
    step: Callable[[int], object] = lambda _: None,
) -> Permutation:
    """Do the test.

    Args:
        task: what is permuted.
        permutations: m; the same ones for the same seed, wherever they are computed.
        scheduler, workers: as of `training.cluster.done`.
        step: is told how many permutations are done.

    Raises:
        ConfigError: as `training.cluster.done`.
    """
    observed = statistic(task, task.labels)
    starts = range(0, permutations, _BATCH)
    jobs = [(task, range(start, min(start + _BATCH, permutations))) for start in starts]
    values: list[float] = []
    for _, found in done(_batch, jobs, scheduler, workers):
        values += found
        step(len(values))
    exceeding = int((np.array(values) >= observed - _SAME).sum())
    chance = float(np.mean(sorted(values)))  # in one order, so that it does not depend on who was first
    return Permutation((exceeding + 1) / (permutations + 1), permutations, exceeding, observed, chance)


def curtailed(task: Task, permutations: int, alpha: float) -> tuple[float, int]:
    """p, and the permutations that it took: no more than are needed to know that p > alpha.

    With the first h of them that are at least as good as what was observed, where (h + 1)/(m + 1) > alpha, it ends,
    and p = h/permutations so far (Besag & Clifford 1991); else as `permute`. Whether p ≤ alpha is the same as there.
    """
    observed, exceeding = statistic(task, task.labels), 0
    for number in range(permutations):
        exceeding += _value(task, number) >= observed - _SAME
        if exceeding + 1 > alpha * (permutations + 1) + _SAME:
            return exceeding / (number + 1), number + 1
    return (exceeding + 1) / (permutations + 1), permutations


def _batch(job: tuple[Task, range]) -> list[float]:
    task, numbers = job
    return [_value(task, number) for number in numbers]


def _value(task: Task, number: int) -> float:
    return statistic(task, permuted(task.labels, task.sites, np.random.default_rng([task.seed, number])))
