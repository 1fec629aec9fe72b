"""A site at which two groups differ the other way round than elsewhere: labels may have been exchanged there.

For each site: the ten features in which the groups differ most at the other sites (Welch's t), each with its sign, are
added up for the people of this one, and the groups compared by that sum. It is told where they are the other way round
here (one-sided p times the comparisons below `_SURE`), and differ elsewhere at all (Bonferroni's p below `_THERE`).
Without an effect nothing can be told, and nothing is: never in 160 simulated cohorts without one. With d = 0.8 in one
unit at three sites it was told of 3 in 10 cohorts of 120 people and of 7 in 10 of 200; with d = 1.2 of 8 and 10 in 10.
"""

import warnings
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from device.contract.finding import Finding, Level
from training.cohort.table import FeatureTable

Floats = NDArray[np.float64]
_SURE, _THERE = 0.05, 0.2
_LEAST = 5  # people of each group, at the site and elsewhere
_FEATURES = 10
_MEASURED = 0.8
_FAR = 4.0  # standard deviations at which a feature is cut


def check_sites(table: FeatureTable) -> Iterator[Finding]:
    """Sites at which the groups are the other way round."""
    sites = sorted({person.site for person in table.people} - {""})
    names = sorted({person.group for person in table.people})
    of_site = np.array([person.site for person in table.people])
    groups = np.array([person.group for person in table.people])
    values = _within_sites(table.matrix, of_site)
    tests = [(site, *pair) for pair in combinations(names, 2) for site in sites] if len(sites) > 1 else []
    told = set()
    for site, one, other in tests:
        here, first, second = of_site == site, groups == one, groups == other
        enough = min(int((group & where).sum()) for group in (first, second) for where in (here, ~here)) >= _LEAST
        p = _reversed(values, here, first, second) * len(tests) if enough else 1.0
        if p < _SURE and (len(sites) > 2 or (one, other) not in told):
            told.add((one, other))
            where = f"At {site}" if len(sites) > 2 else f"At one of {' and '.join(sites)}"
            text = f"{where}, {one} and {other} differ the other way round than elsewhere (p {p:.2g}):"
            yield Finding(Level.WARNING, "sites", f"{text} look whether the labels were exchanged there.")


def _within_sites(matrix: Floats, of_site: NDArray[np.str_]) -> Floats:
    """(P, K) standardized within each site, what is not known or hardly ever measured 0."""
    found = np.zeros_like(matrix)
    often = np.isfinite(matrix).mean(0) >= _MEASURED
    for site in set(of_site.tolist()):
        rows = np.flatnonzero(of_site == site)
        some = matrix[np.ix_(rows, often)]
        known = np.isfinite(some)
        count = np.maximum(known.sum(0), 1)
        mean = np.where(known, some, 0.0).sum(0) / count
        spread = np.sqrt((np.where(known, some - mean, 0.0) ** 2).sum(0) / count)
        z = np.where(known & (spread > 0), (some - mean) / np.where(spread > 0, spread, 1.0), 0.0)
        found[np.ix_(rows, np.flatnonzero(often))] = np.clip(z, -_FAR, _FAR)
    return found


def _reversed(values: Floats, here: NDArray[np.bool_], first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """One-sided p of the groups being the other way round here than elsewhere; 1 where they do not differ there."""
    varied = np.flatnonzero(values[~here].any(0))
    with warnings.catch_warnings():  # of what is the same for almost everybody: its t is large or NaN, as it should be
        warnings.simplefilter("ignore", RuntimeWarning)
        there = stats.ttest_ind(
            values[np.ix_(second & ~here, varied)], values[np.ix_(first & ~here, varied)], equal_var=False
        )
    t, p = np.nan_to_num(there.statistic), np.nan_to_num(there.pvalue, nan=1.0)
    if not len(p) or p.min() * len(p) >= _THERE:
        return 1.0
    chosen = np.argsort(-np.abs(t), kind="stable")[:_FEATURES]
    score = values[:, varied[chosen]] @ np.sign(t[chosen])
    found = stats.ttest_ind(score[second & here], score[first & here], equal_var=False, alternative="less")
    return float(np.nan_to_num(found.pvalue, nan=1.0))
