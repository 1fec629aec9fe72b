"""Welch's t within sites, and the t of paired differences, for many dealings at once.

Numbers that were not measured are left out, point by point. Where fewer than `LEAST` were, t is 0: nothing is known
there, and nothing can be found.

Within sites: each site's difference of means, weighted by n₁n₂/(n₁ + n₂), which is the estimate of a regression on
group and site; its error from each group's variance within sites, so that with one site it is Welch's (1947) t.

`precision` is what one person's number can be told by, at best. Its square is added to variances, so that a difference
too small to be seen does not come first because people are alike in it (as in SAM; Tusher, Tibshirani & Chu 2001).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.targets.dealing import LEAST, blocks

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_AT_ONCE = 1_000_000  # numbers, of which some ten arrays are held: 80 MB


@dataclass(frozen=True, eq=False)
class Found:
    """For B dealings and N places: t, d (Hedges' g), and how many were measured in each group (B, N); of pairs, twice
    the same."""

    t: Floats
    d: Floats
    first: Floats
    second: Floats


class Compared(Protocol):
    """What is compared, by whichever statistic."""

    def observed(self) -> Found:
        """As it is; B is 1."""

    def t(self, dealt: NDArray[Any]) -> Iterator[Floats]:
        """(B, N) as it is dealt (B, P), who is in the second group, or with which sign: so many at a time as fit."""

    def resampled(self, times: Floats) -> Found:
        """With each person counted as often as is said (B, P)."""

    @property
    def cells(self) -> NDArray[np.intp]:
        """(P,) within which people are drawn for a bootstrap sample."""


@dataclass(frozen=True, eq=False)
class Between:
    """Two groups. `values` (P, N), NaN where not measured; `second` (P,) who is in the second; `sites` of all."""

    values: Floats
    second: Mask
    sites: tuple[str, ...]
    precision: float = 0.0

    def observed(self) -> Found:
        """As `Compared`."""
        return self._found(~self.second[None], self.second[None])

    def t(self, dealt: NDArray[Any]) -> Iterator[Floats]:
        """As `Compared`."""
        return (self._found(~some, some).t for some in _parts(dealt, self.values.shape[1]))

    def resampled(self, times: Floats) -> Found:
        """As `Compared`."""
        return self._found(times * ~self.second, times * self.second)

    @property
    def cells(self) -> NDArray[np.intp]:
        """As `Compared`: group and site."""
        return np.unique([*zip(self.second.astype(str), self.sites, strict=True)], axis=0, return_inverse=True)[1]

    @cached_property
    def _blocks(self) -> list[NDArray[np.intp]]:
        return blocks(self.sites)

    def _found(self, first: NDArray[Any], second: NDArray[Any]) -> Found:
        """By how often each person counts in the two groups (B, P)."""
        both = np.stack([first, second]).astype(np.float64)
        shape = (len(first), self.values.shape[1])
        counts, squares, free, error = (np.zeros((2, *shape)) for _ in range(4))
        difference, weight = np.zeros(shape), np.zeros(shape)
        for rows in self._blocks:
            numbers, means, about = _summed(self.values[rows], both[:, :, rows])
            share = numbers.prod(0) / np.maximum(numbers.sum(0), 1)
            difference += share * (means[1] - means[0])
            weight += share
            counts += numbers
            squares += about
            free += np.maximum(numbers - 1, 0)
            error += share**2 / np.maximum(numbers, 1)
        variance = squares / np.maximum(free, 1) + self.precision**2
        known = (counts.min(0) >= LEAST) & (weight > 0) & (free.min(0) > 0)
        weight = np.where(known, weight, 1)
        t = _ratio(difference / weight, (variance * error).sum(0) / weight**2, known)
        d = _unbiased(free.sum(0)) * _ratio(difference / weight, variance.mean(0), known)
        return Found(t, d, counts[0], counts[1])


@dataclass(frozen=True, eq=False)
class Within:
    """Two phases of the same people. `values` (P, N): the second minus the first."""

    values: Floats
    precision: float = 0.0

    def observed(self) -> Found:
        """As `Compared`."""
        return self.resampled(np.ones((1, len(self.values))))

    def t(self, dealt: NDArray[Any]) -> Iterator[Floats]:
        """As `Compared`."""
        return (self._found(some, np.ones_like(some)).t for some in _parts(dealt, self.values.shape[1]))

    def resampled(self, times: Floats) -> Found:
        """As `Compared`."""
        return self._found(np.ones_like(times), times)

    @property
    def cells(self) -> NDArray[np.intp]:
        """As `Compared`: all people are alike."""
        return np.zeros(len(self.values), np.intp)

    def _found(self, signs: Floats, times: Floats) -> Found:
        mask = ~np.isnan(self.values)
        values = np.where(mask, self.values, 0.0)
        numbers = times @ mask
        means = (signs * times) @ values / np.maximum(numbers, 1)
        squares = np.maximum(times @ values**2 - numbers * means**2, 0)
        variance = squares / np.maximum(numbers - 1, 1) + self.precision**2
        known = numbers >= LEAST
        t = _ratio(means, variance / np.maximum(numbers, 1), known)
        return Found(t, _unbiased(numbers - 1) * _ratio(means, variance, known), numbers, numbers)


def _summed(values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """How many were measured, their mean, and the sum of squares about it; each (2, B, N)."""
    mask = ~np.isnan(values)
    middle = np.where(mask, values, 0).sum(0) / np.maximum(mask.sum(0), 1)
    centred = np.where(mask, values - middle, 0.0)  # so that no digits are lost where all values are alike
    numbers = weights @ mask
    means = weights @ centred / np.maximum(numbers, 1)
    squares = np.maximum(weights @ centred**2 - numbers * means**2, 0)
    return numbers, means + middle, squares


def _ratio(above: Floats, square: Floats, known: Mask) -> Floats:
    """above / √square; 0 where it is not known, or nothing varies."""
    known = known & (square > 1e-18)
    return np.where(known, above / np.sqrt(np.where(known, square, 1.0)), 0.0)


def _unbiased(free: Floats) -> Floats:
    """Hedges' (1981) correction of d for small groups, from degrees of freedom."""
    return 1 - 3 / np.maximum(4 * free - 1, 4)


def _parts(dealt: NDArray[Any], places: int) -> Iterator[NDArray[Any]]:
    step = max(1, _AT_ONCE // max(places, 1))
    return (dealt[a : a + step] for a in range(0, len(dealt), step))
