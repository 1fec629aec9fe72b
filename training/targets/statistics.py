"""Welch's t within sites, and the t of paired differences, for many dealings at once.

Numbers that were not measured are left out, point by point. Where fewer than `LEAST` were, t is 0: nothing is known
there, and nothing can be found.

Within sites: each site's difference of means, weighted by n₁n₂/(n₁ + n₂), which is the estimate of a regression on
group and site; its error from each group's variance within sites, so that with one site it is Welch's (1947) t.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.targets.dealing import LEAST

Floats = NDArray[np.float64]
_AT_ONCE = 4_000_000  # numbers: 32 MB


@dataclass(frozen=True, eq=False)
class Found:
    """For B dealings and N places: t, d, and how many were measured in each group (or of pairs, twice the same)."""

    t: Floats
    d: Floats
    first: Floats
    second: Floats


@dataclass(frozen=True, eq=False)
class Between:
    """Two groups. `values` (P, N), NaN where not measured; `sites` the rows of each site."""

    values: Floats
    sites: list[NDArray[np.intp]]

    def found(self, second: Floats, first: Floats | None = None) -> Found:
        """The statistic, where `second` and `first` (B, P) say how often each person counts in the two groups."""
        second = second.astype(np.float64)
        first = 1 - second if first is None else first
        shape = (len(second), self.values.shape[1])
        counts, squares, free = np.zeros((2, *shape)), np.zeros((2, *shape)), np.zeros((2, *shape))
        difference, weight, error = np.zeros(shape), np.zeros(shape), np.zeros((2, *shape))
        for rows in self.sites:
            numbers, means, spread = zip(*(_summed(self.values[rows], w[:, rows]) for w in (first, second)), strict=True)
            share = numbers[0] * numbers[1] / np.maximum(numbers[0] + numbers[1], 1)
            difference += share * (means[1] - means[0])
            weight += share
            for group in (0, 1):
                counts[group] += numbers[group]
                squares[group] += spread[group]
                free[group] += np.maximum(numbers[group] - 1, 0)
                error[group] += share**2 / np.maximum(numbers[group], 1)
        variance = squares / np.maximum(free, 1)
        weight = np.maximum(weight, 1e-9)
        known = (counts.min(0) >= LEAST) & (weight > 1e-6) & (free.min(0) > 0)
        t = _ratio(difference / weight, (variance * error).sum(0) / weight**2, known)
        d = _unbiased(free.sum(0)) * _ratio(difference / weight, variance.mean(0), known)
        return Found(t, d, counts[0], counts[1])

    def t(self, dealt: NDArray[np.bool_]) -> Floats:
        """(B, N)."""
        return _in_parts(lambda some: self.found(some).t, dealt, self.values.shape[1])


@dataclass(frozen=True, eq=False)
class Within:
    """Two phases of the same people. `values` (P, N): the second minus the first."""

    values: Floats

    def found(self, signs: Floats, times: Floats | None = None) -> Found:
        """The statistic, where each person's difference is taken with its sign, `times` often (B, P)."""
        times = np.ones_like(signs) if times is None else times
        mask = ~np.isnan(self.values)
        values = np.where(mask, self.values, 0.0)
        numbers = times @ mask
        means = (signs * times) @ values / np.maximum(numbers, 1)
        squares = np.maximum(times @ values**2 - numbers * means**2, 0)
        variance = squares / np.maximum(numbers - 1, 1)
        known = numbers >= LEAST
        t = _ratio(means, variance / np.maximum(numbers, 1), known)
        d = _unbiased(numbers - 1) * _ratio(means, variance, known)
        return Found(t, d, numbers, numbers)

    def t(self, signs: Floats) -> Floats:
        """(B, N)."""
        return _in_parts(lambda some: self.found(some).t, signs, self.values.shape[1])


def _summed(values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """How many were measured, their mean, and the sum of squares about it; each (B, N)."""
    mask = ~np.isnan(values)
    middle = np.where(mask.any(0), np.where(mask, values, 0).sum(0) / np.maximum(mask.sum(0), 1), 0.0)
    centred = np.where(mask, values - middle, 0.0)  # so that no digits are lost where all values are alike
    numbers = weights @ mask
    means = weights @ centred / np.maximum(numbers, 1)
    squares = np.maximum(weights @ centred**2 - numbers * means**2, 0)
    return numbers, means + middle, squares


def _unbiased(free: Floats) -> Floats:
    """Hedges' (1981) correction of d for small groups, from degrees of freedom."""
    return 1 - 3 / np.maximum(4 * free - 1, 4)


def _ratio(above: Floats, square: Floats, known: NDArray[np.bool_]) -> Floats:
    """above / √square; 0 where it is not known, or nothing varies."""
    known = known & (square > 1e-18)
    return np.where(known, above / np.sqrt(np.where(known, square, 1.0)), 0.0)


def _in_parts(statistic: Callable[[NDArray[Any]], Floats], dealt: NDArray[Any], places: int) -> Floats:
    step = max(1, _AT_ONCE // max(places, 1))
    edges = [*range(0, len(dealt), step), len(dealt)]
    return np.concatenate([statistic(dealt[a:b]) for a, b in pairwise(edges)])
