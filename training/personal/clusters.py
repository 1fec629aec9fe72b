"""Clusters of one person's movements, from embeddings of their faces alone: DBSCAN (Ester, Kriegel, Sander & Xu 1996).

1. Embeddings are smoothed over `SMOOTH` faces, and in each block of time taken beyond those of the face at rest: where
   a quarter of the faces lies closest together. So light that changes from block to block is no movement.
2. They are seen along the axes by which they tell best what the box's face network reads of the same faces: reduced-
   rank regression (Izenman 1975) of the readings, each in units of its own tremor, on embeddings, `AXES` of it. An
   embedding holds all that moves the picture, and turns of the head more than anything: on these axes they count
   little. Without readings: the axes on which the face moves more than it trembles, generalized eigenvectors of what
   varies within blocks against what differs from one face to the next. Either are PCA whitened by that tremor.
3. A face is active where it is farther from rest than Otsu's threshold (1979), which parts the two best. What is
   clustered is the direction in which it is, so that a faint movement is the same as a strong one.
4. Of active faces DBSCAN makes clusters. A core has `CORE` of the active faces around it, and `FEWEST` at least. `eps`
   is that quantile of the distances to so many neighbours (the k-distance graph) with which clusters are best parted:
   mean silhouette (Rousseeuw 1987) times the share of active faces in clusters is highest.

The number of clusters is asked of nobody, and faces in none are left over. Any other face is told by its nearest core,
if that is within `eps`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, solve_triangular
from scipy.ndimage import uniform_filter1d
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from skimage.filters import threshold_otsu
from sklearn.cluster import DBSCAN
from sklearn.metrics import silhouette_score

from device.contract.personal import MOST_MOVEMENTS

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: Of the variance of an axis, in units of the tremor: 1 where one face tells nothing of the next.
LEAST_SIGNAL = 2.0
AXES = 6
#: Share of the faces of a block that tell what it is like at rest.
RESTING = 0.25
CORE, FEWEST = 0.02, 10
QUANTILES = (0.4, 0.6, 0.8, 0.9, 0.94, 0.98)
#: Active faces that clusters are made of, evenly among all, and those that silhouettes are measured on.
MOST_ACTIVE, MOST_MEASURED = 4000, 500
#: Faces over which embeddings are smoothed: .3 s of ten a second.
SMOOTH = 3
#: Added to each diagonal: this share of its mean, of a tremor of embeddings or axes, and of the regression's.
_SHRUNK, _RIDGE = 0.2, 0.01
#: Intensities squared: added to the tremor of each reading.
_LEAST_TREMOR = 0.05


@dataclass(frozen=True, eq=False)
class Space:
    """Where movements are told apart. axes: (K, D); least: distance from rest from which a face is active."""

    axes: Floats
    least: float

    def __call__(self, embeddings: NDArray[np.floating], blocks: Ints) -> Floats:
        """(N, K) of embeddings (N, D), smoothed, each beyond rest in its block (N,)."""
        return beyond_rest(smoothed(embeddings, blocks) @ self.axes.T, blocks)

    def active(self, seen: Floats) -> Mask:
        """(N,) of what was seen (N, K)."""
        return np.asarray(np.linalg.norm(seen, axis=1) > self.least)


@dataclass(frozen=True, eq=False)
class Clusters:
    """What was found. `quantile` of the k-distances is `eps`; fewest: faces around a core; cores: (C, K), and `whose`
    (C,) cluster each is of, from 1, the most frequent first."""

    space: Space
    eps: float
    quantile: float
    fewest: int
    cores: Floats
    whose: Ints

    @property
    def number(self) -> int:
        """Of clusters."""
        return int(self.whose.max(initial=0))

    def __call__(self, embeddings: NDArray[np.floating], blocks: Ints) -> Ints:
        """(N,) the cluster of each face; 0: of none."""
        seen = self.space(embeddings, blocks)
        labels = np.zeros(len(seen), np.intp)
        if self.number and (active := self.space.active(seen)).any():
            away, nearest = KDTree(self.cores).query(directions(seen[active]))
            labels[active] = np.where(away <= self.eps, self.whose[nearest], 0)
        return labels


def directions(seen: Floats) -> Floats:
    """(N, K) of length 1."""
    return np.asarray(seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-12))


def smoothed(embeddings: NDArray[np.floating], blocks: Ints) -> Floats:
    """(N, D) the mean over `SMOOTH` faces around each, within its block (N,)."""
    made = np.array(embeddings, np.float64)
    for block in np.unique(blocks):
        made[blocks == block] = uniform_filter1d(made[blocks == block], SMOOTH, axis=0, mode="nearest")
    return made


def beyond_rest(embeddings: NDArray[np.floating], blocks: Ints) -> Floats:
    """(N, D) embeddings less the face at rest of their block (N,)."""
    rest = np.zeros(embeddings.shape)
    for block in np.unique(blocks):
        rest[blocks == block] = _densest(embeddings[blocks == block])
    return np.asarray(embeddings - rest)


def _densest(embeddings: NDArray[np.floating]) -> Floats:
    """(D,) the mean where a `RESTING` share of the faces (N, D) lies closest together."""
    count = max(round(RESTING * len(embeddings)), 1)
    away = cdist(embeddings, embeddings)
    middle = np.partition(away, count - 1, axis=1)[:, count - 1].argmin()
    return np.asarray(embeddings[np.argsort(away[middle], kind="stable")[:count]].mean(axis=0), np.float64)


def clusters(embeddings: NDArray[np.floating], blocks: Ints, guide: NDArray[np.floating] | None = None) -> Clusters:
    """Find them.

    Args:
        embeddings: (N, D) of faces in the order of time.
        blocks: (N,) number of each face's block.
        guide: (N, 22) what the box's face network reads of them, NaN where it could not.
    """
    space = _space(smoothed(embeddings, blocks), blocks, guide)
    seen = space(embeddings, blocks)
    active = directions(seen[space.active(seen)])
    active = active[_evenly(len(active), MOST_ACTIVE)]
    fewest = max(FEWEST, round(CORE * len(active)))
    if len(active) <= 2 * fewest:
        return Clusters(space, 1.0, QUANTILES[0], fewest, np.zeros((0, len(space.axes))), np.zeros(0, np.intp))
    away = KDTree(active).query(active, [fewest + 1])[0][:, 0]  # the nearest is itself
    radii = np.maximum(np.quantile(away, QUANTILES), 1e-9)
    tried = [DBSCAN(eps=eps, min_samples=fewest, algorithm="kd_tree").fit(active) for eps in radii]
    at = int(np.argmax([_parted(active, one.labels_) for one in tried]))
    cores = tried[at].core_sample_indices_
    whose = _renumbered(tried[at].labels_)[cores]
    kept = whose > 0
    return Clusters(space, float(radii[at]), QUANTILES[at], fewest, active[cores][kept], whose[kept])


def _evenly(count: int, most: int) -> Ints:
    """Places of at most so many among a count of them, evenly."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.intp))


def _space(embeddings: Floats, blocks: Ints, guide: NDArray[np.floating] | None) -> Space:
    moved = beyond_rest(embeddings, blocks)
    axes = _own(moved, blocks) if guide is None else _guided(moved, blocks, np.nan_to_num(guide))
    tremor = _shrunk(_tremor(moved @ axes.T, blocks), _SHRUNK)
    axes = solve_triangular(np.linalg.cholesky(tremor), axes, lower=True)
    away = np.linalg.norm(beyond_rest(embeddings @ axes.T, blocks), axis=1)
    if not np.ptp(away) > 0:
        return Space(axes, float("inf"))
    return Space(axes, float(threshold_otsu(away)))  # type: ignore[no-untyped-call]


def _own(moved: Floats, blocks: Ints) -> Floats:
    """(K, D) the axes with the most movement in units of tremor, `AXES` at most."""
    signal, vectors = eigh(moved.T @ moved / len(moved), _shrunk(_tremor(moved, blocks), _SHRUNK))
    kept = np.flatnonzero(signal > LEAST_SIGNAL)[::-1][:AXES]
    return np.asarray(vectors[:, kept if len(kept) else [-1]].T)


def _guided(moved: Floats, blocks: Ints, guide: Floats) -> Floats:
    """(K, D) the axes that tell the readings best."""
    readings = beyond_rest(guide, blocks)
    readings = readings / np.sqrt(np.diag(_tremor(readings, blocks)) + _LEAST_TREMOR)
    moved, readings = moved - moved.mean(axis=0), readings - readings.mean(axis=0)
    weights = np.linalg.solve(_shrunk(moved.T @ moved, _RIDGE), moved.T @ readings)
    _, _, vectors = np.linalg.svd(moved @ weights, full_matrices=False)
    return np.asarray((weights @ vectors[:AXES].T).T)


def _tremor(values: Floats, blocks: Ints) -> Floats:
    """(D, D) half the mean square of what differs from one face to the next."""
    steps = np.diff(values, axis=0)[np.diff(blocks) == 0]
    return np.asarray(steps.T @ steps / (2 * max(len(steps), 1)))


def _shrunk(matrix: Floats, share: float) -> Floats:
    return np.asarray(matrix + np.eye(len(matrix)) * (share * np.trace(matrix) / len(matrix) + 1e-12))


def _parted(seen: Floats, labels: Ints) -> float:
    """How well clusters are parted, times the share of what is in one; 0 of fewer than two."""
    inside = np.flatnonzero(labels >= 0)
    some = inside[_evenly(len(inside), MOST_MEASURED)]
    if len(set(labels[some].tolist())) < 2:
        return 0.0
    return float(silhouette_score(seen[some], labels[some]) * len(inside) / len(labels))


def _renumbered(labels: Ints) -> Ints:
    """From 1, the most frequent first; 0 of none, and of what is beyond the `MOST_MOVEMENTS`."""
    names, counts = np.unique(labels[labels >= 0], return_counts=True)
    new = np.zeros(len(labels), np.intp)
    for number, at in enumerate(np.argsort(-counts, kind="stable")[:MOST_MOVEMENTS], start=1):
        new[labels == names[at]] = number
    return new
