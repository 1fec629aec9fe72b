"""Arrays over time: how long each row stands, where there are gaps, and runs of one label."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from device.contract import labels

GAP_S = labels.GAP_S

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Names = NDArray[np.str_]


def durations(times: Values) -> Values:
    """(N,) seconds for which each row stands: until the next, at most `GAP_S`; the last for the median."""
    steps = np.minimum(np.diff(times), GAP_S)
    return np.append(steps, np.median(steps) if len(steps) else 0.0)[: len(times)]


def gaps(times: Values) -> NDArray[np.intp]:
    """Numbers of the rows after which there is a gap."""
    return np.flatnonzero(np.diff(times) > GAP_S)


def stretches(times: Values, known: Mask) -> list[tuple[int, int]]:
    """First and last row of each run of known values without a gap in time."""
    broken = np.flatnonzero(~known[1:] | ~known[:-1] | (np.diff(times) > GAP_S)) + 1
    bounds = [0, *broken.tolist(), len(times)]
    return [(a, b - 1) for a, b in pairwise(bounds) if b > a and known[a]]


def spans(times: Values, labels: NDArray[np.integer], names: Sequence[str]) -> Iterator[tuple[float, float, str]]:
    """Begin and end, seconds, and name of each run of one label without a gap in time.

    Args:
        times: (N,) seconds.
        labels: (N,) numbers of `names`; negative where there is none.
        names: of the labels.
    """
    if not len(times):
        return
    ends = times + durations(times)
    changes = np.flatnonzero((np.diff(labels) != 0) | (np.diff(times) > GAP_S))
    first, last = np.append(0, changes + 1), np.append(changes, len(times) - 1)
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if labels[a] >= 0:
            yield float(times[a]), float(ends[b]), names[labels[a]]
