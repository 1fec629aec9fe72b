"""Which points come first, and how sure their places are.

By adjusted p, then by |d|. Intervals are of 95 % (percentiles) over bootstrap samples of participants, drawn within
group and site; a rank in a sample is by |t|, of which adjusted p is a falling function. The first of many is there
partly by luck: its effect is likely to be smaller in the next study.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.targets.contrast import Contrast
from training.targets.statistics import Floats

SAMPLES = 1000
_ENDS = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Of each place (S, K, T): its rank from 1, NaN where too few were measured; the interval of that, and of d."""

    rank: Floats
    rank_low: Floats
    rank_high: Floats
    d_low: Floats
    d_high: Floats


def rank(contrast: Contrast, seed: int, samples: int = SAMPLES) -> Ranking:
    """Rank the places of a contrast, all phases together."""
    found = contrast.compared.resampled(_drawn(contrast.compared.cells, samples, np.random.default_rng(seed)))
    shape = contrast.t.shape
    unknown = np.isnan(contrast.t).ravel()
    order = np.lexsort((-np.nan_to_num(np.abs(contrast.d.ravel())), np.where(unknown, 2.0, contrast.p_max.ravel())))
    ranks = _places(order[None])[0]
    drawn = np.percentile(
        _places(np.argsort(-np.abs(found.t), axis=1, kind="stable")), _ENDS, axis=0, method="nearest"
    )
    effects = np.percentile(found.d, _ENDS, axis=0)
    held = (np.where(unknown, np.nan, one).reshape(shape) for one in (ranks, *drawn, *effects))
    return Ranking(*held)


def share(mean: Floats) -> Floats:
    """(2, S, K, T) |mean| of each point as a share of the sum over points; NaN where nothing moves."""
    size = np.abs(np.nan_to_num(mean))
    total = size.sum(2, keepdims=True)
    return np.where(np.isnan(mean) | (total == 0), np.nan, size / np.where(total == 0, 1, total))


def _drawn(cells: NDArray[np.intp], samples: int, random: np.random.Generator) -> Floats:
    """(samples, P) how often each person is drawn, as many as there are in each cell."""
    times = np.zeros((samples, len(cells)))
    for cell in np.unique(cells):
        rows = np.flatnonzero(cells == cell)
        times[:, rows] = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), samples)
    return times


def _places(order: NDArray[np.intp]) -> Floats:
    """(B, N) the rank from 1 of each place, from the places in their order."""
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, order.shape[1] + 1)[None].repeat(len(order), 0), 1)
    return ranks
