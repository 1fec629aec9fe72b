"""From values over time to the columns of a picture."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.reading.timeline import Values


def standing(times: Values, ends: Values, at: Values) -> NDArray[np.intp]:
    """The row that stands at each moment (M,), of rows (N,) that begin and end then; -1 where none does."""
    found = np.searchsorted(times, at, "right") - 1
    return np.where((found >= 0) & (at < ends[np.maximum(found, 0)]), found, -1)


def peaks(times: Values, ends: Values, values: Values, edges: Values) -> Values:
    """(C,) greatest of the values (N,) whose rows begin in each column, or of the row that stands there where none
    does; NaN where nothing was measured. `edges`: (C + 1,) seconds."""
    middles = (edges[:-1] + edges[1:]) / 2
    row = standing(times, ends, middles)
    found = np.where(row >= 0, values[row], np.nan)
    inside = (times >= edges[0]) & (times < edges[-1]) & ~np.isnan(values)
    column = np.searchsorted(edges, times[inside], "right") - 1
    greatest = np.full(len(middles), -np.inf)
    np.maximum.at(greatest, column, values[inside])
    return np.where(np.isinf(greatest), found, greatest)


def runs(labels: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Begin and end of what is alike, side by side, in (C,) labels."""
    bounds = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    yield from pairwise(bounds)
