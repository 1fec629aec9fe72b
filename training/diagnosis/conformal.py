"""Sets of groups that hold the right one at a stated rate: class-conditional conformal prediction.

The score of a person is 1 − p of their own group. A group is possible for somebody new if their score for it is at
most that group's quantile: the ⌈(n + 1)(1 − α)⌉-th smallest score of its n people. Then, of new people of that group
who are like them, at least 1 − α have their group in the set. The scores are *cross-fitted*: each by a network that
had not learnt from that person, so nobody is set aside for it; with this the rate holds closely, not by theorem, and
`evaluation.json` measures it in the outer folds.

Sources: Vovk, Gammerman & Shafer 2005; Vovk 2015 (cross-conformal); Ding et al. 2023 (class-conditional).
"""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from training.diagnosis.folds import Ints, parts
from training.diagnosis.preparation import Floats


def quantile(scores: Floats, alpha: float) -> float:
    """The quantile of n scores (n,) from 0 to 1; 1, which rules nobody out, where n is too small for `alpha`."""
    rank = ceil((len(scores) + 1) * (1 - alpha) - 1e-9)  # 9.000000000000002 is 9
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else 1.0


def quantiles(probabilities: Floats, labels: Ints, alpha: float) -> Floats:
    """(C,) of each group, of cross-fitted probabilities (P, C) of people whose groups (P,) are known."""
    scores = 1 - probabilities[np.arange(len(labels)), labels]
    return np.array([quantile(scores[labels == group], alpha) for group in range(probabilities.shape[1])])


def sets(probabilities: Floats, limits: Floats) -> NDArray[np.bool_]:
    """(P, C) whether each group is possible, of probabilities (P, C) and quantiles (C,)."""
    return np.asarray(1 - probabilities <= limits)


def sets_of_folds(probabilities: Floats, labels: Ints, folds: Ints, alpha: float) -> NDArray[np.bool_]:
    """(P, C) sets of people by quantiles of all people of the other folds, where each fold's probabilities (P, C) are
    by a network that had not learnt from its people, and no inner folds are to be had."""
    found = np.ones(probabilities.shape, bool)
    for known, unknown in parts(folds):
        limits = quantiles(probabilities[known], labels[known], alpha)
        found[unknown] = sets(probabilities[unknown], limits)
    return found
