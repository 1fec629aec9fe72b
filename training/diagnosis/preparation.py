"""What is done to features before a network sees them: columns chosen, gaps filled, standardized, cut off.

All of it is learnt, so all of it is learnt from the people of the training folds alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.features import standard
from training.diagnosis.folds import Ints

Floats = NDArray[np.float64]
#: Share of a column's squares below which its variance is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Preparation:
    """K columns of a matrix, and how they are standardized.

    Attributes:
        columns: (K,) which, in the matrix's order.
        fill: (K,) medians, for what was not measured.
        centre, scale: (K,) mean and standard deviation after filling.
        clip: standardized values beyond ± this are cut to it.
    """

    columns: Ints
    fill: Floats
    centre: Floats
    scale: Floats
    clip: float

    def __call__(self, matrix: Floats) -> Floats:
        """(P, K) what the network sees of a matrix (P, all columns), NaN where not measured."""
        return standard.standardized(matrix[:, self.columns], self.fill, self.centre, self.scale, self.clip)

    def distance(self, matrix: Floats) -> Floats:
        """(P,) how unlike the people learnt from, see `standard.distance`; 0 where no column was measured."""
        return np.nan_to_num(standard.distance(matrix[:, self.columns], self.centre, self.scale), posinf=np.inf)


def prepare(matrix: Floats, labels: Ints, groups: int, columns: int, clip: float, measured: float) -> Preparation:
    """Learn a preparation of people.

    Args:
        matrix: (P, all columns), NaN where not measured.
        labels: (P,) the number of the group.
        groups: how many there are.
        columns: how many are kept, those with the largest F of an analysis of variance; 0: all that can be used.
        clip: see `Preparation`.
        measured: columns known of a smaller share of these people are not used; nor those known of fewer than two
            people of a group, for they would tell groups apart by what is missing, nor those that do not vary.
    """
    ratio = variance_ratio(matrix, labels, groups)
    ratio[(~np.isnan(matrix)).mean(axis=0) < measured] = np.nan
    usable = np.flatnonzero(~np.isnan(ratio))
    kept = np.sort(usable[np.argsort(-ratio[usable], kind="stable")[: columns or None]])
    values = matrix[:, kept]
    fill = np.nanmedian(values, axis=0) if np.isnan(values).any() else np.median(values, axis=0)
    filled = np.where(np.isnan(values), fill, values)
    return Preparation(kept, fill, filled.mean(axis=0), filled.std(axis=0), clip)


def variance_ratio(matrix: Floats, labels: Ints, groups: int) -> Floats:
    """(columns,) F of the one-way analysis of variance, over the people of whom a column is known, very large where
    they do not vary within groups; NaN where it cannot be used: fewer than two people of a group, or no variance."""
    known = ~np.isnan(matrix)
    member = np.eye(groups)[labels].T
    counts = member @ known
    whole = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, matrix - np.where(known, matrix, 0.0).sum(axis=0) / whole, 0.0)
    sums = member @ centred
    between = (sums**2 / np.maximum(counts, 1)).sum(axis=0)
    within = (centred**2).sum(axis=0) - between
    size = np.maximum((np.where(known, matrix, 0.0) ** 2).sum(axis=0), 1e-300)
    usable = (between + within > _ROUNDING * size) & (counts >= 2).all(axis=0) & (whole > groups)
    ratio = between / (groups - 1) / np.maximum(within, _ROUNDING * size) * (whole - groups)
    return np.where(usable, ratio, np.nan)
