"""How near predictions come to the raters' mean, with intervals over *people*: never over windows.

MSE, MAE, RMSE, MAPE; Pearson's correlation; ICC(2,1) of prediction and rating, which also minds a wrong level; the
correlation of people's means, and that within people, in the median. The 95 % intervals are percentile bootstraps:
people are drawn with replacement within their groups, each with all their windows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.evidence import Interval
from training import intraclass
from training.atypicality.windows import Windows
from training.diagnosis.metrics import drawn, interval

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Windows that somebody must have, for a correlation within them.
FEWEST = 10
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Figures:
    """Of one network, each with its interval.

    Attributes:
        mse, mae, rmse: points, on the scale of 1 to 5; mape: share of the rating.
        pearson: over all windows; icc: ICC(2,1) of prediction and rating; people: Pearson's of people's means.
        within: the median over people of Pearson's correlation within their windows.
        covered: share of the intervals that hold the rating, the mean over people; None without intervals.
    """

    mse: Interval
    mae: Interval
    rmse: Interval
    mape: Interval
    pearson: Interval
    icc: Interval
    people: Interval
    within: Interval
    covered: Interval | None = None


@dataclass(frozen=True)
class Raters:
    """How far the raters agree: see `training.intraclass`. `one`: Pearson's correlation of one rater with the mean of
    the others, the mean over raters; `within`: the ceiling of a correlation within people, in their median."""

    single: Interval
    mean: Interval
    fixed: Interval
    ceiling: Interval
    one: Interval
    within: Interval


def draws(windows: Windows, seed: int) -> Floats:
    """(D, P) how often each person counts in each draw: once in the first, then as drawn within their groups."""
    known = sorted({person.group for person in windows.people})
    return drawn(np.array([known.index(person.group) for person in windows.people]), seed)


def figures(said: Floats, windows: Windows, counts: Floats, half_width: Floats | None = None) -> Figures:
    """Of predictions (W,) of rated windows.

    Args:
        counts: (D, P), see `draws`.
        half_width: (W,) of the interval about each prediction.
    """
    rating, by = windows.rating, ByPerson(windows.person, counts)
    error = np.abs(said - rating)
    mse = by.mean(error**2)
    both = np.stack([said, rating], axis=1)
    return Figures(
        mse=interval(mse),
        mae=interval(by.mean(error)),
        rmse=interval(np.sqrt(mse)),
        mape=interval(by.mean(error / rating)),
        pearson=interval(by.correlation(said, rating)),
        icc=interval(by.agreement(both).single),
        people=interval(by.of_means(said, rating)),
        within=interval(by.within(said, rating)),
        covered=None if half_width is None else interval(by.mean_of_people(error <= half_width + _ROUNDING)),
    )


def advantage(said: Floats, other: Floats, windows: Windows, counts: Floats) -> Interval:
    """By how much predictions (W,) have a smaller mean absolute error than others, the same people drawn for both."""
    off, others = (np.abs(one - windows.rating) for one in (said, other))
    return interval(ByPerson(windows.person, counts).mean(others - off))


def raters(windows: Windows, counts: Floats) -> Raters:
    """How far raters agree on the windows that all of them rated."""
    whole = windows.take(np.asarray(np.isfinite(windows.ratings).all(axis=1)))
    by, said = ByPerson(whole.person, counts), whole.ratings
    found, number = by.agreement(said), said.shape[1]
    one = np.full((1, len(counts)), np.nan)
    if number > 1:
        others = (said.sum(axis=1, keepdims=True) - said) / (number - 1)
        one = np.array([by.correlation(said[:, at], others[:, at]) for at in range(number)])
    known = {name: interval(getattr(found, name)) for name in ("single", "mean", "fixed", "ceiling")}
    return Raters(**known, one=interval(one.mean(axis=0)), within=interval(by.ceiling_within(said)))


class ByPerson:
    """Figures of windows (W,) in each draw (D,) of people, from sums over the windows of each."""

    def __init__(self, person: Ints, counts: Floats) -> None:
        self._person, self._counts = person, counts
        self._windows = self._sums(np.ones(len(person)))

    def _sums(self, values: Floats) -> Floats:
        """(P,) of values (W,)."""
        return np.asarray(np.bincount(self._person, values, self._counts.shape[1]), np.float64)

    def mean(self, values: Floats) -> Floats:
        """(D,) over windows."""
        with np.errstate(invalid="ignore"):
            found: Floats = self._counts @ self._sums(values) / (self._counts @ self._windows)
        return found

    def means(self, values: Floats) -> Floats:
        """(P,) of each person's windows, NaN of nobody's."""
        with np.errstate(invalid="ignore"):
            found: Floats = self._sums(values) / self._windows
        return found

    def mean_of_people(self, values: NDArray[np.bool_]) -> Floats:
        """(D,) over people, of whom each counts the same however many windows they have."""
        known = self._windows > 0
        counts = self._counts[:, known]
        found: Floats = counts @ self.means(values.astype(np.float64))[known] / counts.sum(axis=1)
        return found

    def correlation(self, a: Floats, b: Floats) -> Floats:
        """(D,) Pearson's, over windows."""
        return _correlation(*(self.mean(of) for of in (a, b, a * a, b * b, a * b)))

    def of_means(self, a: Floats, b: Floats) -> Floats:
        """(D,) Pearson's, of people's means."""
        known = self._windows > 0
        weights = self._counts[:, known] / self._counts[:, known].sum(axis=1, keepdims=True)
        a, b = self.means(a)[known], self.means(b)[known]
        return _correlation(*(weights @ of for of in (a, b, a * a, b * b, a * b)))

    def within(self, a: Floats, b: Floats) -> Floats:
        """(D,) the median over people of Pearson's within their windows; NaN where nobody has `FEWEST` of them."""
        return self._median(_correlation(*(self.means(of) for of in (a, b, a * a, b * b, a * b))))

    def ceiling_within(self, ratings: Floats) -> Floats:
        """(D,) the median over people of the ceiling of a correlation within their windows, of raters' columns (W, k);
        likewise."""
        return self._median(intraclass.agreement(self._of_people(ratings)).ceiling)

    def _median(self, own: Floats) -> Floats:
        """(D,) of people's figures (P,), of those who have enough windows."""
        known = np.flatnonzero(np.isfinite(own) & (self._windows >= FEWEST))
        drawn_people = (np.repeat(known, row.astype(int)) for row in self._counts[:, known])
        return np.array([np.median(own[people]) if len(people) else np.nan for people in drawn_people])

    def agreement(self, ratings: Floats) -> intraclass.Agreement:
        """Of raters' columns (W, k)."""
        return intraclass.agreement(self._counts @ self._of_people(ratings))

    def _of_people(self, ratings: Floats) -> Floats:
        return np.array([intraclass.sums(ratings[self._person == one]) for one in range(self._counts.shape[1])])


def _correlation(a: Floats, b: Floats, aa: Floats, bb: Floats, ab: Floats) -> Floats:
    """Pearson's, from the means of two quantities, of their squares, and of their product; NaN where one does not
    vary."""
    spread_a, spread_b = aa - a * a, bb - b * b
    varies = (spread_a > _ROUNDING * aa) & (spread_b > _ROUNDING * bb)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(varies, (ab - a * b) / np.sqrt(spread_a * spread_b), np.nan)
    return found
