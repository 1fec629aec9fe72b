"""Networks of ratings in folds of people: what is said of somebody is said by a network that never saw them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.atypicality.conformal import half_width
from training.atypicality.learning import Learner, rating_learner
from training.atypicality.plan import LEAST, MOST
from training.atypicality.recipe import Recipe
from training.atypicality.seen import Seen, seen_of
from training.atypicality.windows import Windows
from training.cohort.people import labels
from training.diagnosis.folds import assigned, parts

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A network that has learnt: `learner` holds it until it is fitted again; `half_width` of its interval, None where
    no inner folds were asked for."""

    learner: Learner
    seen: Seen
    epochs: int
    half_width: float | None

    def predict(self, windows: Windows) -> Floats:
        """(W,) ratings, cut to what a rating may be."""
        return np.clip(self.learner.predict(self.seen(windows.values)), LEAST, MOST)


@dataclass(frozen=True, eq=False)
class Said:
    """Of W rated windows, by networks that had not learnt from their people.

    Attributes:
        rating: (W,) predictions.
        baseline: (W,) the mean of the people learnt from.
        half_width: (W,) of the interval; None without.
        epochs: of each fold's network.
    """

    rating: Floats
    baseline: Floats
    half_width: Floats | None
    epochs: tuple[int, ...]


def folds_of(windows: Windows, count: int, seed: int) -> Ints:
    """(W,) the fold of each window, from 0: that of its person; people are dealt out by groups.

    Raises:
        DataError: too few people.
    """
    people = np.unique(windows.person)
    if len(people) < count:
        raise DataError(
            f"{len(people)} people were rated, too few for {count} folds: record more, or name fewer with --folds."
        )
    fold = np.full(len(windows.people), -1)
    fold[people] = assigned(np.zeros(len(people), np.intp), labels(windows.people)[people], count, seed)
    return fold[windows.person].astype(np.intp)


def across(windows: Windows, recipe: Recipe, folds: int, seed: int, step: Callable[[], object] = lambda: None) -> Said:
    """What is said of rated windows in folds of people; `step` is called after each fit."""
    learner = rating_learner(recipe, len(seen_of(windows.values[:0], recipe).columns))
    rating, baseline, width = np.zeros((3, len(windows)))
    epochs = []
    for known, unknown in parts(folds_of(windows, folds, seed)):
        fitted = fit(learner, windows.take(known), recipe, seed, step)
        rating[unknown] = fitted.predict(windows.take(unknown))
        baseline[unknown] = windows.rating[known].mean()
        width[unknown] = np.nan if fitted.half_width is None else fitted.half_width
        epochs.append(fitted.epochs)
    return Said(rating, baseline, width if recipe.inner else None, tuple(epochs))


def fit(
    learner: Learner, windows: Windows, recipe: Recipe, seed: int, step: Callable[[], object] = lambda: None
) -> Fitted:
    """Learn from all of these windows, for as long as inner folds of their people find best."""
    epochs, width = recipe.epochs, None
    if recipe.inner:
        epochs, width = _chosen(learner, windows, recipe, seed, step)
    seen = seen_of(windows.values, recipe)
    for _ in learner.fit(seen(windows.values), windows.rating, epochs, seed):
        pass
    step()
    return Fitted(learner, seen, epochs, width)


def _chosen(
    learner: Learner, windows: Windows, recipe: Recipe, seed: int, step: Callable[[], object]
) -> tuple[int, float]:
    """The number of epochs with the smallest error on people who were left out, and half of the interval there."""
    errors = []
    inner = folds_of(windows, min(recipe.inner, len(np.unique(windows.person))), seed + 1)
    order = np.concatenate([unknown for _, unknown in parts(inner)])
    for known, unknown in parts(inner):
        errors.append([*_watched(learner, windows.take(known), windows.take(unknown), recipe, seed)])
        step()
    length = min(map(len, errors))
    by_epoch = np.concatenate([np.array(own[:length]) for own in errors], axis=1)  # (epochs, windows)
    best = int((by_epoch**2).mean(axis=1).argmin())
    width = half_width(by_epoch[best], windows.person[order], recipe.alpha, float(MOST - LEAST))
    return best + 1, width


def _watched(learner: Learner, known: Windows, unknown: Windows, recipe: Recipe, seed: int) -> Iterator[Floats]:
    """(W,) absolute errors of the unknown windows after each epoch, until they have not become smaller for a while."""
    seen = seen_of(known.values, recipe)
    before, right = seen(unknown.values), unknown.rating
    best, since = np.inf, 0
    for _ in learner.fit(seen(known.values), known.rating, recipe.epochs, seed):
        error = np.abs(np.clip(learner.predict(before), LEAST, MOST) - right)
        yield error
        better = float((error**2).mean()) < best
        best, since = (float((error**2).mean()), 0) if better else (best, since + 1)
        if since >= recipe.patience:
            return
