"""The companion that needs no ratings: how unlikely a movement is where it is typical, given expression and age group.

It learns from typical people alone; an age group is whoever it has learnt from. What it says of a typical person is by
a network that has not learnt from them; what it says of others is the mean over those networks.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.atypicality.conformal import quantiles
from training.atypicality.evaluation import FAR, Surprised
from training.atypicality.folds import folds_of
from training.atypicality.learning import Learner, companion_learner
from training.atypicality.metrics import ByPerson, draws
from training.atypicality.recipe import Companion
from training.atypicality.seen import Seen, seen_of
from training.atypicality.windows import Windows
from training.diagnosis.folds import parts
from training.diagnosis.metrics import interval

Floats = NDArray[np.float64]
#: Quantiles that a bundle tells, evenly from 0 to 1.
SHARES = np.linspace(0.0, 1.0, 101)
FEWEST = 4


def measured(
    windows: Windows, typical: str, recipe: Companion, folds: int, seed: int, step: Callable[[], object] = lambda: None
) -> tuple[Surprised, Floats]:
    """What it comes to, and (W,) the surprise of each window. Raises `DataError`: too few typical people."""
    usual = windows.of_group(typical)
    if len(np.unique(windows.person[usual])) < max(FEWEST, folds):
        raise DataError(
            f"Of group '{typical}' are too few people to learn what is typical from some and test it on others: name "
            "another with --typical, or record more."
        )
    surprise, beyond = np.zeros(len(windows)), np.zeros(len(windows))
    learner, ours = companion_learner(recipe), windows.take(usual)
    rows, others = np.flatnonzero(usual), np.flatnonzero(~usual)
    for known, unknown in parts(folds_of(ours, folds, seed)):
        seen = fit(learner, ours.take(known), recipe, seed)
        surprise[rows[unknown]] = learner.predict(seen(ours.take(unknown).values))
        surprise[others] += learner.predict(seen(windows.take(others).values)) / folds
        step()
    for known, unknown in parts(folds_of(ours, folds, seed)):
        beyond[rows[unknown]] = surprise[rows[unknown]] > _far(surprise[rows[known]], ours.person[known])
    beyond[others] = surprise[others] > _far(surprise[rows], ours.person)
    return _told(windows, usual, surprise, beyond > 0, recipe.epochs, seed), surprise


def fit(learner: Learner, windows: Windows, recipe: Companion, seed: int) -> Seen:
    """Learn from windows of typical people; gives what the network sees of any."""
    seen = seen_of(windows.values, recipe)
    for _ in learner.fit(seen(windows.values), np.zeros(len(windows)), recipe.epochs, seed):
        pass
    return seen


def _far(surprise: Floats, person: NDArray[np.intp]) -> float:
    return float(quantiles(surprise, person, np.array([FAR]))[0])


def _told(
    windows: Windows, usual: NDArray[np.bool_], surprise: Floats, beyond: NDArray[np.bool_], epochs: int, seed: int
) -> Surprised:
    counts, rated = draws(windows, seed), np.isfinite(windows.rating)
    ours, theirs = (ByPerson(windows.person[of], counts) for of in (usual, ~usual))
    there = bool((~usual).any())
    both = ByPerson(windows.person[rated], counts)
    return Surprised(
        n=len(np.unique(windows.person[usual])),
        windows=int(usual.sum()),
        epochs=epochs,
        percentiles=tuple(quantiles(surprise[usual], windows.person[usual], SHARES).tolist()),
        nats=interval(ours.mean(surprise[usual])),
        beyond=interval(ours.mean_of_people(beyond[usual])),
        others=interval(theirs.mean_of_people(beyond[~usual])) if there else None,
        apart=interval(_apart(ours.means(surprise[usual]), theirs.means(surprise[~usual]), counts)) if there else None,
        pearson=interval(both.correlation(surprise[rated], windows.rating[rated])) if rated.any() else None,
    )


def _apart(ours: Floats, theirs: Floats, counts: Floats) -> Floats:
    """(D,) how often one of theirs is above one of ours, of people's means (P,), NaN of those who are not theirs."""
    own, other = np.flatnonzero(np.isfinite(ours)), np.flatnonzero(np.isfinite(theirs))
    above = (theirs[other][:, None] > ours[own]).astype(float)
    pairs = counts[:, other].sum(axis=1) * counts[:, own].sum(axis=1)
    found: Floats = ((counts[:, other] @ above) * counts[:, own]).sum(axis=1) / pairs
    return found
