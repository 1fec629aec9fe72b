"""How far clusters of movements can be relied on.

Bootstrap: blocks of time are drawn with replacement, and clusters are found anew in those that were drawn at least
once, some 63 %. Each time all faces are told by both: their adjusted Rand index (Hubert & Arabie 1985), and for each
cluster the largest Jaccard index with any new one (Hennig 2007, who calls a cluster stable from .75, and dissolved at
.5 and less). The null is what two general models say of the same person that differ in their seed alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from device.contract.evidence import Interval
from training.personal.blocks import Parts
from training.personal.clusters import Clusters, Floats, Ints, clusters

DRAWS, RESAMPLED = 20, 100
UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, eq=False)
class Stability:
    """rand: adjusted Rand index with clusters of other draws, its mean and where 95 % lie; jaccard: (M,) of each
    cluster, the mean."""

    rand: Interval
    jaccard: Floats


def stability(
    embeddings: NDArray[np.floating],
    blocks: Ints,
    found: Clusters,
    seed: int,
    draws: int = DRAWS,
    guide: NDArray[np.floating] | None = None,
) -> Stability:
    """Of clusters that were found in embeddings (N, D) of blocks (N,), by readings (N, 22)."""
    if not found.number:
        return Stability(UNKNOWN, np.zeros(0))
    rng, labels = np.random.default_rng(seed), found(embeddings, blocks)
    numbers = np.unique(blocks)
    rands, jaccards = [], []
    for _ in range(draws):
        drawn = np.isin(blocks, rng.choice(numbers, len(numbers)))
        read = None if guide is None else guide[drawn]
        again = clusters(embeddings[drawn], blocks[drawn], read)(embeddings, blocks)
        either = (labels > 0) | (again > 0)
        rands.append(rand(labels[either], again[either]))
        jaccards.append(_jaccard(labels, again, found.number))
    low, high = np.percentile(rands, (2.5, 97.5))
    return Stability(Interval(float(np.mean(rands)), float(low), float(high)), np.mean(jaccards, axis=0))


def agreement(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    blocks: Ints,
    parts: Parts,
    seed: int,
    guide: NDArray[np.floating] | None = None,
) -> Interval:
    """Adjusted Rand index of what two models, by their embeddings (N, D) of the same faces, say of those that are held
    out, which either puts in a cluster; with its 95 % interval over blocks."""
    learnt = parts.learnt
    read = None if guide is None else guide[learnt]
    told = [clusters(one[learnt], blocks[learnt], read)(one, blocks) for one in (first, second)]
    either = parts.held_out & ((told[0] > 0) | (told[1] > 0))
    return rand_interval(told[0][either], told[1][either], blocks[either], seed)


def rand(first: Ints, second: Ints) -> float:
    """Adjusted Rand index of two labellings (N,); 0 where there is nothing to label."""
    return float(adjusted_rand_score(first, second)) if len(first) else 0.0


def rand_interval(first: Ints, second: Ints, blocks: Ints, seed: int) -> Interval:
    """The same, with its 95 % interval by bootstrap over blocks (N,); NaN without any face."""
    if not len(first):
        return UNKNOWN
    return over_blocks(lambda rows: rand(first[rows], second[rows]), blocks, seed)


def over_blocks(figure: Callable[[Ints], float], blocks: Ints, seed: int, draws: int = RESAMPLED) -> Interval:
    """A figure of rows, and where 95 % lie when blocks (N,) are drawn with replacement, each whole."""
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(blocks == one) for one in np.unique(blocks)]
    value = figure(np.arange(len(blocks)))
    drawn = [figure(np.concatenate([rows[at] for at in rng.integers(0, len(rows), len(rows))])) for _ in range(draws)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Interval(value, min(float(low), value), max(float(high), value))


def _jaccard(labels: Ints, again: Ints, number: int) -> Floats:
    """(number,) of each cluster 1 … number, the largest with any of the others."""
    table = contingency_matrix(np.r_[labels, np.arange(number + 1)], np.r_[again, np.zeros(number + 1, np.intp)])
    table[:, 0] -= 1
    shared = table[1:, 1:]
    if not shared.shape[1]:
        return np.zeros(number)
    return np.asarray((shared / (table[1:].sum(1)[:, None] + table[:, 1:].sum(0) - shared)).max(axis=1))
