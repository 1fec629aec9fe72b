"""What differs over time: courses of groups or phases with intervals, and clusters of bins that TFCE finds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats

from training.targets.contrast import ALPHA, Contrast
from training.targets.statistics import Floats
from training.targets.tfce import neighbours

#: What must stand beside every cluster (Sassenhagen & Draschkow 2019).
CAUTION = (
    "A cluster says that the courses differ somewhere within it. It says nothing about where or when a difference "
    "begins or ends."
)


@dataclass(frozen=True)
class Cluster:
    """Neighbouring places that differ in one direction, by TFCE.

    phase, points: where; begin, end: edges of its first and last bin, in what `axis` says; more: whether the second is
    stronger; places: how many points × bins; p: the least of `p_tfce` in it; d: the largest.
    """

    phase: str
    points: str
    begin: float
    end: float
    axis: str
    first: str
    second: str
    more: bool
    places: int
    p: float
    d: float
    simulated: bool


@dataclass(frozen=True)
class Bin:
    """A point in a bin of time: the mean of each with its 95 % interval (of each place by itself), d, and p by TFCE,
    which is adjusted for all points, phases and bins."""

    phase: str
    point: str
    begin: float
    end: float
    axis: str
    first: str
    second: str
    n_first: float
    n_second: float
    mean_first: float
    low_first: float
    high_first: float
    mean_second: float
    low_second: float
    high_second: float
    effect: float
    p_tfce: float
    simulated: bool


def clusters(contrast: Contrast, bins: tuple[float, ...], axis: str, simulated: bool) -> list[Cluster]:
    """The clusters, the surest first."""
    phases, points, times = contrast.t.shape
    edges = neighbours(phases, points, contrast.points.edges, times)
    differs = np.nan_to_num(contrast.p_tfce.ravel(), nan=1.0) <= ALPHA
    found = []
    for more in (True, False):
        chosen = differs & ((contrast.t.ravel() > 0) == more)
        inside = edges[chosen[edges].all(1)]
        joined = sparse.coo_array((np.ones(len(inside), bool), inside.T), shape=(len(chosen),) * 2)
        _, label = sparse.csgraph.connected_components(joined, directed=False)
        for one in np.unique(label[chosen]):
            places = np.flatnonzero(chosen & (label == one))
            phase, point, time = np.unravel_index(places, (phases, points, times))
            keys = [contrast.points.keys[at] for at in np.unique(point)]
            d = contrast.d.ravel()[places]
            found.append(
                Cluster(
                    contrast.phases[int(phase[0])],
                    " ".join(keys),
                    float(bins[int(time.min())]),
                    float(bins[int(time.max()) + 1]),
                    axis,
                    contrast.asked.first,
                    contrast.asked.second,
                    more,
                    len(places),
                    float(contrast.p_tfce.ravel()[places].min()),
                    float(d[np.abs(d).argmax()]),
                    simulated,
                )
            )
    return sorted(found, key=lambda one: (one.p, -one.places))


def bins_of(contrast: Contrast, bins: tuple[float, ...], axis: str, simulated: bool) -> Iterator[Bin]:
    """Every point in every bin."""
    half = _halves(contrast)
    held = {"effect": contrast.d, "p_tfce": contrast.p_tfce}
    for at, side in enumerate(("first", "second")):
        mean = contrast.mean[at]
        held |= {f"n_{side}": contrast.n[at], f"mean_{side}": mean}
        held |= {f"low_{side}": mean - half[at], f"high_{side}": mean + half[at]}
    for s, k, t in np.ndindex(*contrast.t.shape):
        yield Bin(
            contrast.phases[s],
            contrast.points.keys[k],
            float(bins[t]),
            float(bins[t + 1]),
            axis,
            contrast.asked.first,
            contrast.asked.second,
            simulated=simulated,
            **{name: float(values[s, k, t]) for name, values in held.items()},
        )


def _halves(contrast: Contrast) -> Floats:
    """(2, S, K, T) half the 95 % interval of each mean."""
    error = contrast.spread / np.sqrt(np.maximum(contrast.n, 1))
    return np.where(contrast.n > 1, stats.t.ppf(0.975, np.maximum(contrast.n - 1, 1)) * error, np.nan)
