"""Entropy and complexity of typical and atypical people, tested on both sides.

Of autistic toddlers entropy was found to be higher (PMC10231874: 40 against 396), of children with autism complexity
lower (Guha et al. 2018, *A computational study of expressive facial dynamics in children with autism*). So nobody may
assume a direction: each of the features is tested two-sided, by the ranks of people, and p is corrected for the number
of features (Holm 1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from scipy import stats

from device.contract.features import NAMES
from training.atypicality.plan import TYPICAL
from training.atypicality.study import MovementStudy

#: Features that say how unforeseeable a face is; see `device.contract.features`.
ENTROPIES = tuple(name for name in NAMES if "entropy" in name)
_SURE = 0.05
_FEWEST = 3


@dataclass(frozen=True)
class Compared:
    """One feature: the medians of typical people and of all others, how often one of the others has more than a
    typical one (0.5: neither side), and p, two-sided (Mann–Whitney), corrected for the number of features."""

    name: str
    typical: float
    others: float
    higher: float
    p: float

    @property
    def told(self) -> str:
        """In words."""
        if isnan(self.p) or self.p >= _SURE:
            return "no difference that is sure"
        return "higher in the others" if self.higher > 0.5 else "higher in typical people"


def compared(study: MovementStudy, typical: str = TYPICAL) -> tuple[Compared, ...]:
    """Each feature; nothing where there are not enough people on both sides."""
    values = np.array([_of_person(study, number) for number in range(len(study.people))])
    usual = np.array([person.group == typical for person in study.people])
    found = []
    for name, column in zip(ENTROPIES, values.T, strict=True):
        known = np.isfinite(column)
        ours, theirs = column[known & usual], column[known & ~usual]
        if min(len(ours), len(theirs)) >= _FEWEST:
            test = stats.mannwhitneyu(theirs, ours, alternative="two-sided")
            higher = float(test.statistic) / (len(ours) * len(theirs))
            found.append(Compared(name, float(np.median(ours)), float(np.median(theirs)), higher, float(test.pvalue)))
    return _corrected(found)


def _of_person(study: MovementStudy, number: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The mean over a person's sessions."""
    rows = [one.moved.taken.values[0] for one in study.sessions if one.person == number]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.mean(rows, axis=0)[[NAMES.index(name) for name in ENTROPIES]])


def _corrected(found: Sequence[Compared]) -> tuple[Compared, ...]:
    """By Holm's method."""
    order, least, corrected = sorted(range(len(found)), key=lambda at: found[at].p), 0.0, {}
    for rank, at in enumerate(order):
        least = max(least, min(found[at].p * (len(found) - rank), 1.0))
        corrected[at] = least
    return tuple(
        Compared(one.name, one.typical, one.others, one.higher, corrected[at]) for at, one in enumerate(found)
    )
