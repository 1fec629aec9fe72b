"""How far groups are apart in something that they should not differ in, and names and counts in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

#: From here on a difference is told, where it is no chance either (p < `SURE`): Cohen's d, and Cramér's V.
FAR, LINKED, SURE = 0.5, 0.3, 0.05
_NAMED = 5
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Apart:
    """The two groups that are farthest apart in a number: the means of both, Cohen's d, and Welch's p, times the
    number of pairs."""

    low: str
    high: str
    means: tuple[float, float]
    d: float
    p: float

    @property
    def is_far(self) -> bool:
        """Whether it is to be told."""
        return self.d >= FAR and self.p < SURE


def farthest(groups: Sequence[str], values: NDArray[np.float64]) -> Apart | None:
    """The two groups that are farthest apart, NaN left out; None where no two have two people each."""
    of = {group: values[[one == group for one in groups]] for group in sorted(set(groups))}
    known = {group: some for group, every in of.items() if len(some := every[np.isfinite(every)]) > 1}
    pairs = [_pair(a, b, known[a], known[b]) for a, b in combinations(known, 2)]
    found = max(pairs, key=lambda pair: pair.d, default=None)
    return found and Apart(found.low, found.high, found.means, found.d, min(found.p * len(pairs), 1.0))


def _pair(a: str, b: str, one: NDArray[np.float64], other: NDArray[np.float64]) -> Apart:
    if one.mean() > other.mean():
        a, b, one, other = b, a, other, one
    spread = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    gap = float(other.mean() - one.mean())
    if spread <= _ROUNDING * max(abs(float(one.mean())), abs(float(other.mean()))):
        return Apart(a, b, (float(one.mean()), float(other.mean())), np.inf if gap else 0.0, 0.0 if gap else 1.0)
    said = [(each.mean(), each.std(ddof=1), len(each)) for each in (one, other)]
    p = float(stats.ttest_ind_from_stats(*said[0], *said[1], equal_var=False).pvalue)
    return Apart(a, b, (float(one.mean()), float(other.mean())), gap / float(spread), p)


@dataclass(frozen=True)
class Linked:
    """How far a name goes with the group: Cramér's V, 0 to 1, and the p of the χ² test of independence."""

    v: float
    p: float

    @property
    def is_close(self) -> bool:
        """Whether it is to be told."""
        return self.v >= LINKED and self.p < SURE

    @property
    def is_whole(self) -> bool:
        """Whether the name tells the group."""
        return self.v > 1 - 1e-9


def linked(groups: Sequence[str], names: Sequence[str]) -> Linked:
    """How far names go with groups; of people of whom both are known ('' is not)."""
    pairs = Counter((group, name) for group, name in zip(groups, names, strict=True) if name)
    rows, columns = sorted({group for group, _ in pairs}), sorted({name for _, name in pairs})
    if min(len(rows), len(columns)) < 2:
        return Linked(0.0, 1.0)
    table = np.array([[pairs[row, column] for column in columns] for row in rows])
    chi2, p, *_ = stats.chi2_contingency(table, correction=False)
    return Linked(float(np.sqrt(chi2 / table.sum() / (min(table.shape) - 1))), float(p))


def some(names: Iterable[str]) -> str:
    """The names, of many the first."""
    found = [*names]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def people(count: int) -> str:
    """`1 participant`, `2 participants`."""
    return f"{count} participant{'' if count == 1 else 's'}"


def sessions(count: int) -> str:
    """`1 session`, `2 sessions`."""
    return f"{count} session{'' if count == 1 else 's'}"


def by_group(groups: Iterable[str]) -> str:
    """`30 case, 28 control`."""
    return ", ".join(f"{count} {group}" for group, count in sorted(Counter(groups).items()))
