"""Triangles on a picture, in numpy: which triangle is seen at each pixel, and values smoothly between its corners.

Triangles are drawn from the farthest to the nearest, so that a nearer one covers; exact for meshes of small triangles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
_HALF = np.float32(0.5)


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen of a mesh.

    Attributes:
        pixels: flat numbers of pixels (N,).
        triangles: the triangle at each (N,).
        places: the middles of these pixels: to the right, and down (N, 2).
        corners: the corners' places of every triangle that faces the viewer, and their vertices (F, 3, 2), (F, 3).
        facing: which of those triangles is at each pixel (N,).
    """

    pixels: Ints
    triangles: Ints
    places: Floats
    corners: Floats
    vertices: Ints
    facing: Ints

    def values(self, of_vertices: Floats) -> Floats:
        """Values of vertices (V, C) at the pixels (N, C), smoothly between a triangle's corners."""
        a, b, c = (self.corners[:, corner] for corner in range(3))
        ab, ac = b - a, c - a
        scale = 1 / (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])[:, None]
        first, second, third = (of_vertices[self.vertices[:, corner]] for corner in range(3))
        to_second, to_third = (second - first) * scale, (third - first) * scale
        across = to_second * ac[:, 1:] - to_third * ab[:, 1:]
        down = to_third * ab[:, :1] - to_second * ac[:, :1]
        table = np.concatenate([first - across * a[:, :1] - down * a[:, 1:], across, down], 1).astype(np.float32)
        found, width = table[self.facing], of_vertices.shape[1]
        result = found[:, :width]
        result += found[:, width : 2 * width] * self.places[:, :1]
        result += found[:, 2 * width :] * self.places[:, 1:]
        return result

    def only(self, chosen: NDArray[np.bool_]) -> "Seen":
        """The same of these pixels alone."""
        rest = self.corners, self.vertices, self.facing[chosen]
        return Seen(self.pixels[chosen], self.triangles[chosen], self.places[chosen], *rest)


def rasterize(points: Floats, triangles: Ints, size: int) -> Seen:
    """See a mesh on a square picture.

    Args:
        points: pixels to the right and down, and how near (V, 3).
        triangles: (T, 3), counter-clockwise to the viewer; others face away and are not seen.
        size: pixels of a side.
    """
    x, y = points[:, 0][triangles], points[:, 1][triangles]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (y[:, 1] - y[:, 0]) * (x[:, 2] - x[:, 0])
    towards = np.flatnonzero(area < -1e-6).astype(np.int32)  # y grows downwards
    order = towards[np.argsort(points[:, 2][triangles[towards]].sum(1))]
    vertices = triangles[order]
    corners = points[vertices, :2]
    pixels, drawn = _filled(corners, size)
    nearest = np.full(size * size, -1, np.int32)
    nearest[pixels] = drawn  # of those that fall on one pixel, the last one stays
    seen = np.flatnonzero(nearest >= 0).astype(np.int32)
    facing = nearest[seen]
    places = np.empty((len(seen), 2), np.float32)
    places[:, 0], places[:, 1] = seen % np.int32(size), seen // np.int32(size)
    places += _HALF
    return Seen(seen, order[facing], places, corners, vertices, facing)


def _filled(corners: Floats, size: int) -> tuple[Ints, Ints]:
    """Pixels whose middles lie in triangles (T, 3, 2), in the triangles' order, and the triangle of each."""
    first, last = (_pixel(end, size) for end in (corners[:, :, 1].min(1), corners[:, :, 1].max(1)))
    row = np.repeat(np.arange(len(corners), dtype=np.int32), last - first)
    height = _counted(last - first, first)
    left, right = _crossings(corners, row, height.astype(np.float32) + _HALF)
    begin, end = _pixel(left, size), _pixel(right, size)
    wide = np.maximum(end - begin, 0)
    return _counted(wide, height * size + begin), np.repeat(row, wide)


def _crossings(corners: Floats, row: Ints, height: Floats) -> tuple[Floats, Floats]:
    """Where each row enters its triangle and leaves it; an edge holds its upper end and not its lower one."""
    left, right = (np.full(len(row), limit, np.float32) for limit in (np.inf, -np.inf))
    for edge in range(3):
        begin, end = corners[:, edge], corners[:, edge - 2]
        fall = end[:, 1] - begin[:, 1]
        slope = (end[:, 0] - begin[:, 0]) / np.where(fall == 0, 1, fall)
        upper, lower = np.minimum(begin[:, 1], end[:, 1])[row], np.maximum(begin[:, 1], end[:, 1])[row]
        crosses = (height >= upper) & (height < lower)
        at = (begin[:, 0] - begin[:, 1] * slope)[row] + height * slope[row]
        np.minimum(left, at, out=left, where=crosses)
        np.maximum(right, at, out=right, where=crosses)
    return left, right


def _pixel(place: Floats, size: int) -> Ints:
    """The first pixel whose middle is not before the place."""
    return np.asarray(np.ceil(np.clip(place, 0, size) - _HALF), np.int32)


def _counted(counts: Ints, starts: Ints) -> Ints:
    """`starts[0], starts[0] + 1, …` for each of `counts[0]`, then the next."""
    before = np.cumsum(counts, dtype=np.int32) - counts
    return np.asarray(np.arange(int(counts.sum()), dtype=np.int32) + np.repeat(starts - before, counts), np.int32)
