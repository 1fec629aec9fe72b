"""What of a head is kept, and a clean edge where it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray

Polygon = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Cut:
    """Polygons of new vertices, each between two old ones: `(1 - share) * old[first] + share * old[second]`."""

    polygons: list[Polygon]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    share: FloatArray

    def of(self, values: FloatArray) -> FloatArray:
        """Values at the old vertices (V, …) at the new ones."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(values[self.first] * (1 - share) + values[self.second] * share, np.float32)


def cut_above(polygons: Sequence[Polygon], heights: FloatArray, level: float) -> Cut:
    """Keep what is above `level`; polygons across it are cut there (Sutherland & Hodgman 1974)."""
    places: dict[tuple[int, int], int] = {}

    def new(first: int, second: int) -> int:
        return places.setdefault((first, second), len(places))

    kept = []
    for polygon in polygons:
        corners: list[int] = []
        for at, here in enumerate(polygon):
            before = polygon[at - 1]
            if (heights[here] >= level) != (heights[before] >= level):
                corners.append(new(min(here, before), max(here, before)))
            if heights[here] >= level:
                corners.append(new(here, here))
        if len(corners) >= 3:
            kept.append(tuple(corners))
    pairs = np.array(list(places), np.int32).reshape(len(places), 2)
    first, second = pairs[:, 0], pairs[:, 1]
    fall = heights[second] - heights[first]
    share = np.where(fall == 0, 0, (level - heights[first]) / np.where(fall == 0, 1, fall))
    return Cut(kept, first, second, share.astype(np.float32))
