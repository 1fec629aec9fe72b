"""Threshold-free cluster enhancement (Smith & Nichols 2009) over neighbours on the face and in time.

The score of a place is Σ over heights h of √extent · h² · step, where extent is the number of places connected to it
that reach h, of the same sign. `mne.stats.permutation_cluster_test` gives the same scores, but deals labels freely;
here they must stay within sites, so that its neighbours are used, and its scores are what the test compares with.
"""

from collections.abc import Sequence

import numpy as np
from mne.stats import combine_adjacency
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Edges = NDArray[np.intp]
STEP = 0.2
_AT_ONCE = 200_000  # places


def neighbours(phases: int, points: int, edges: Sequence[tuple[int, int]], bins: int) -> Edges:
    """(E, 2) pairs of places of (phases, points, bins), laid out in that order: neighbours on the face at the same
    time, and the same point in the next bin. Nothing connects phases."""
    at = np.array(edges, np.intp).reshape(-1, 2)
    face = sparse.coo_array((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(points, points))
    apart = sparse.coo_array((phases, phases))
    both = combine_adjacency(apart, face + face.T, *((bins,) if bins > 1 else ()))
    pairs = np.stack([both.row, both.col], 1)
    return pairs[pairs[:, 0] < pairs[:, 1]].astype(np.intp)


def enhanced(t: Floats, edges: Edges, step: float = STEP) -> Floats:
    """The scores of maps (B, N), with their signs."""
    at_once = max(1, _AT_ONCE // t.shape[1])
    return np.concatenate([_enhanced(t[a : a + at_once], edges, step) for a in range(0, len(t), at_once)])


def _enhanced(t: Floats, edges: Edges, step: float) -> Floats:
    """Many maps are one large map, in which nothing connects them."""
    every = (edges + np.arange(len(t))[:, None, None] * t.shape[1]).reshape(-1, 2)
    scores = np.zeros(t.size)
    for side in (t.ravel(), -t.ravel()):
        places, pairs = np.arange(t.size), every
        for height in np.arange(step, side.max(initial=0), step):
            places = places[side[places] > height]
            pairs = pairs[(side[pairs] > height).all(1)]
            scores[places] += height**2 * step * np.sqrt(_extents(places, pairs))
    return scores.reshape(t.shape) * np.sign(t)


def _extents(places: Edges, pairs: Edges) -> NDArray[np.intp]:
    """How many places each one is connected to by the pairs, itself counted."""
    ends = np.searchsorted(places, pairs)
    joined = sparse.coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(len(places),) * 2)
    _, cluster = sparse.csgraph.connected_components(joined, directed=False)
    return np.asarray(np.bincount(cluster)[cluster])
