"""Approaches against each other, within each person.

Each person gives one difference. Wilcoxon's signed-rank test, two-sided (Wilcoxon 1945; exact for few people); the
shift with its 95 % interval by Hodges and Lehmann (1963): the median of all means of two differences; p corrected for
the number of comparisons (Holm 1979). Of fewer than six people no interval of 95 % is to be had, and no p below .05.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from device.contract.evidence import Interval

Floats = NDArray[np.float64]
SURE = 0.05
#: Of people, for an interval of 95 %.
FEWEST = 6


@dataclass(frozen=True)
class Compared:
    """The first approach against the second.

    Attributes:
        figure: `f1` or `auc`, or `epochs` (until it is at nearly everything that the second gains; fewer is faster).
        epoch: after which both were measured; 0: after their last.
        people: who have both; higher: of how many the first's is higher.
        shift: by how much it is higher, Hodges and Lehmann's, with its interval, NaN where people are too few.
        p, p_holm: NaN where nobody differs.
    """

    first: str
    second: str
    figure: str
    epoch: int
    people: int
    higher: int
    shift: Interval
    p: float | None
    p_holm: float | None = None

    @property
    def told(self) -> str:
        """In words."""
        if self.p_holm is None or self.p_holm >= SURE:
            return "no difference that is sure"
        more = self.first if self.shift.value > 0 else self.second
        return f"{more} takes longer" if self.figure == "epochs" else f"{more} is higher"


def compared(
    first: str, second: str, figure: str, epoch: int, values: Sequence[tuple[float, float]]
) -> Compared | None:
    """Compare two approaches by a figure of each person, (first's, second's); None where nobody has both."""
    differences = np.array([a - b for a, b in values if not (isnan(a) or isnan(b))])
    if not len(differences):
        return None
    p = float(stats.wilcoxon(differences).pvalue) if differences.any() else None
    higher = int((differences > 0).sum())
    return Compared(first, second, figure, epoch, len(differences), higher, hodges_lehmann(differences), p)


def corrected(found: Sequence[Compared]) -> tuple[Compared, ...]:
    """With p corrected for all of these together, by Holm's method."""
    tested = sorted((at for at, one in enumerate(found) if one.p is not None), key=lambda at: found[at].p or 0.0)
    least, whole = 0.0, list(found)
    for rank, at in enumerate(tested):
        least = max(least, min((found[at].p or 0.0) * (len(tested) - rank), 1.0))
        whole[at] = replace(found[at], p_holm=least)
    return tuple(whole)


def hodges_lehmann(differences: Floats) -> Interval:
    """The median of the means of all pairs of differences (N,), each with itself too, and its exact 95 % interval."""
    n = len(differences)
    first, second = np.triu_indices(n)
    means = np.sort((differences[first] + differences[second]) / 2)
    below = _below(n)
    value = float(np.median(means))
    if not below:
        return Interval(value, float("nan"), float("nan"))
    return Interval(value, float(means[below - 1]), float(means[-below]))


def _below(people: int) -> int:
    """Which of the sorted means bounds the interval, from 1; 0 where none does."""
    ways = np.ones(1)
    for rank in range(1, people + 1):  # in how many ways ranks add up to each sum
        ways = np.convolve(ways, np.r_[1.0, np.zeros(rank - 1), 1.0]) / 2
    return int((np.cumsum(ways) <= (1 - 0.95) / 2).sum())
