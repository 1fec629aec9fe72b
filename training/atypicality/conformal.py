"""Intervals about predictions that hold the raters' mean at a stated rate, for somebody new.

The score of a window is |prediction − rating|, by a network that had not learnt from that person. Windows of a person
resemble each other, so people are what is exchangeable, not windows: each of the P people has the same weight however
many windows they have, and one more person, of whom nothing is known, has it too. Half of the interval is the score
that at least 1 − α of that weight does not exceed. Then, of one window of a new person like these, the interval holds
the rating with a probability of at least 1 − α. The scores are cross-fitted, so that it holds closely, not by theorem;
`evaluation.json` measures it in the outer folds.

Sources: Lee, Barber & Willett 2023, *Distribution-free inference with hierarchical data*; Dunn, Wasserman & Ramdas
2022; for cross-fitting, Vovk 2015.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def half_width(scores: Floats, person: Ints, alpha: float, widest: float) -> float:
    """Half of the interval, of scores (W,) of windows of people (W,); `widest`, which rules nothing out, where there
    are too few people for `alpha`."""
    weights = 1 / np.bincount(person)[person]
    people = len(np.unique(person))
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order]) / (people + 1) >= 1 - alpha - 1e-9
    return min(float(scores[order][reached.argmax()]), widest) if reached.any() else widest


def quantiles(values: Floats, person: Ints, shares: Floats) -> Floats:
    """(Q,) the quantiles of values (W,) at shares (Q,) from 0 to 1, each person having the same weight."""
    order = np.argsort(values, kind="stable")
    weights = (1 / np.bincount(person)[person])[order]
    middle = np.cumsum(weights) - weights / 2
    found: Floats = np.interp(shares, middle / weights.sum(), values[order])
    found[shares <= 0], found[shares >= 1] = values.min(), values.max()
    return found
