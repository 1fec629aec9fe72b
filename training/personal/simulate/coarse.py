"""A mesh with fewer triangles, for pictures so small that many of them would be one pixel: what moves stays fine."""

import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import Face, Floats, Ints
from training.face.bake.head import PIVOT

Numbers = NDArray[np.intp]
#: Side of a cell, centimetres, whose vertices become one, by part; of skin by region: low and high |x|, y and z.
_CELLS = {"skin": 1.6, "eyes": 0.0, "teeth": 0.0, "mouth": 0.45}
_REGIONS = (
    (((0, 8.5), (-8, 10), (3, 20)), 0.65),
    (((0, 6.5), (4.4, 6.8), (6, 20)), 0.36),
    (((0, 2.2), (-2.2, 4), (7, 20)), 0.4),
    (((1.0, 5.4), (2.4, 5.0), (5, 20)), 0.0),
    (((0, 3.8), (-6.3, -1.8), (2, 20)), 0.0),
)


def coarser(face: Face) -> tuple[Numbers, Ints, dict[str, tuple[int, int]]]:
    """Which vertices stay (W,), ascending; the triangles of them (T, 3); and first vertex and number of each part."""
    places = face.vertices + PIVOT
    cells = _cells(face, places)
    stays = np.arange(len(places))
    merged = cells > 0
    keys = np.floor(places / np.where(merged, cells, 1.0)[:, None]).astype(np.int64)
    part = np.repeat(np.arange(len(face.parts)), [number for _, number in face.parts.values()])
    table = np.column_stack((part, np.rint(cells * 100).astype(np.int64), keys))[merged]
    _, group = np.unique(table, axis=0, return_inverse=True)
    stays[merged] = _nearest(places[merged], group.reshape(-1), np.flatnonzero(merged))
    kept, renumbered = np.unique(stays, return_inverse=True)
    triangles = renumbered[face.triangles]
    whole = (triangles != np.roll(triangles, 1, axis=1)).all(1)
    ends = np.searchsorted(kept, [first for first, _ in face.parts.values()] + [len(places)])
    parts = {name: (int(a), int(b - a)) for name, a, b in zip(face.parts, ends[:-1], ends[1:], strict=True)}
    return kept, np.unique(triangles[whole], axis=0).astype(np.int32), parts


def _cells(face: Face, places: Floats) -> Floats:
    """(V,) the side of each vertex's cell; 0: it stays."""
    found = np.zeros(len(places))
    for part, (first, number) in face.parts.items():
        found[first : first + number] = _CELLS[part]
    first, number = face.parts["skin"]
    skin = places[first : first + number].copy()
    skin[:, 0] = np.abs(skin[:, 0])
    for limits, side in _REGIONS:
        low, high = np.array(limits).T
        found[first : first + number][((skin >= low) & (skin < high)).all(1)] = side
    return np.asarray(found)


def _nearest(places: Floats, group: Numbers, numbers: Numbers) -> Numbers:
    """Of each vertex's group, the number of that which is nearest to its middle."""
    count = np.bincount(group)
    middles = np.stack([np.bincount(group, places[:, axis]) / count for axis in range(3)], 1)
    away = np.linalg.norm(places - middles[group], axis=1)
    order = np.lexsort((away, group))
    first = np.searchsorted(group[order], np.arange(len(count)))
    return np.asarray(numbers[order[first]][group])
