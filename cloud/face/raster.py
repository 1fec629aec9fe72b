"""Triangles on a picture, in numpy: which is nearest at each pixel, and values smoothly between its corners."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Places = NDArray[np.integer[Any]]
_HALF = np.float32(0.5)
#: Nearness is told apart in so many steps a centimetre, from so far below 0; the triangle's number has so many bits.
_STEPS, _FARTHEST, _BITS = 4096, 1 << 24, 20


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen of a mesh.

    Attributes:
        pixels: flat numbers of pixels (N,).
        triangles: the triangle at each (N,).
        across, down: the middles of these pixels (N,).
        corners: where the triangles lie whose front is turned to the viewer (F, 3, 3), and of which vertices they are.
        towards: the numbers of these triangles, ascending (F,).
        place: which of them is at each pixel (N,).
    """

    pixels: Places
    triangles: Ints
    across: Floats
    down: Floats
    corners: Floats
    vertices: Ints
    towards: Ints
    place: Places

    def values(self, of_vertices: Floats) -> Floats:
        """Values of vertices (V, C) at the pixels (N, C), smoothly between a triangle's corners."""
        values, a = of_vertices[self.vertices], self.corners[:, 0]
        to_right, down = _slopes(self.corners, values)
        at_origin = values[:, 0] - to_right * a[:, :1] - down * a[:, 1:2]
        found = np.empty((len(self.place), values.shape[2]), np.float32)
        for channel in range(values.shape[2]):
            one = np.ascontiguousarray(to_right[:, channel])[self.place]
            one *= self.across
            one += np.ascontiguousarray(at_origin[:, channel])[self.place]
            other = np.ascontiguousarray(down[:, channel])[self.place]
            other *= self.down
            np.add(one, other, out=found[:, channel])
        return found

    def run(self, first: int, number: int) -> tuple["Seen", NDArray[np.bool_]]:
        """What is seen of a run of triangles, and which of the pixels these are (N,)."""
        begin, end = np.searchsorted(self.towards, (first, first + number))
        own = (self.place >= begin) & (self.place < end)
        run = slice(int(begin), int(end))
        where = self.pixels[own], self.triangles[own], self.across[own], self.down[own]
        of_run = self.corners[run], self.vertices[run], self.towards[run]
        return Seen(*where, *of_run, self.place[own] - begin), own


def rasterize(points: Floats, triangles: Ints, size: int) -> Seen:
    """See a mesh on a square picture.

    Args:
        points: pixels to the right and down, and how near, centimetres (V, 3).
        triangles: (T, 3), counter-clockwise to the viewer; others face away and are not seen.
        size: pixels of a side.
    """
    x, y = points[:, 0][triangles], points[:, 1][triangles]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (y[:, 1] - y[:, 0]) * (x[:, 2] - x[:, 0])
    towards = np.flatnonzero(area < -1e-6).astype(np.int32)  # y grows downwards
    vertices = triangles[towards]
    corners = points[vertices]
    pixels, drawn, near = _filled(corners, size)
    nearest = np.full(size * size, -1, np.int64)
    steps = (near * np.float32(_STEPS)).astype(np.int64)
    steps += _FARTHEST
    steps <<= _BITS
    steps += drawn
    np.maximum.at(nearest, pixels, steps)
    seen = np.flatnonzero(nearest >= 0)
    place = nearest[seen] & ((1 << _BITS) - 1)
    down, across = np.divmod(seen, size)
    middles = across.astype(np.float32) + _HALF, down.astype(np.float32) + _HALF
    return Seen(seen, towards[place], *middles, corners, vertices, towards, place)


def _filled(corners: Floats, size: int) -> tuple[Places, Places, Floats]:
    """Pixels whose middles lie in triangles (T, 3, 3), the triangle of each, and how near it is there."""
    first, last = (_pixel(end, size) for end in (corners[:, :, 1].min(1), corners[:, :, 1].max(1)))
    row = np.repeat(np.arange(len(corners)), last - first)
    height = _counted(last - first, first)
    middle = height.astype(np.float32) + _HALF
    begin, end = (_pixel(side, size) for side in _crossings(corners, row, middle))
    wide = np.maximum(end - begin, 0)
    to_right, down = (slope[:, 0] for slope in _slopes(corners, corners[:, :, 2:]))
    at_origin = corners[:, 0, 2] - to_right * (corners[:, 0, 0] - _HALF) - down * corners[:, 0, 1]
    column = _counted(wide, begin)
    near = np.asarray(column * np.repeat(to_right[row], wide), np.float32)
    near += np.repeat(at_origin[row] + down[row] * middle, wide)
    column += np.repeat(height * size, wide)
    return column, np.repeat(row, wide), near


def _slopes(corners: Floats, values: Floats) -> tuple[Floats, Floats]:
    """By how much values at corners (T, 3, C) grow with each pixel to the right and down (T, C)."""
    ab, ac = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    scale = 1 / (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])[:, None]
    to_second, to_third = (values[:, 1] - values[:, 0]) * scale, (values[:, 2] - values[:, 0]) * scale
    return to_second * ac[:, 1:2] - to_third * ab[:, 1:2], to_third * ab[:, :1] - to_second * ac[:, :1]


def _crossings(corners: Floats, row: Places, height: Floats) -> tuple[Floats, Floats]:
    """Where each row enters its triangle and leaves it. An edge that two triangles share is reckoned alike in both."""
    order = np.argsort(corners[:, :, 1], axis=1, kind="stable")
    x, y = (np.take_along_axis(corners[:, :, axis], order, 1) for axis in (0, 1))
    begin, end = np.array([0, 0, 1]), np.array([2, 1, 2])  # the long edge, the upper and the lower one
    fall = y[:, end] - y[:, begin]
    slope = (x[:, end] - x[:, begin]) / np.where(fall == 0, 1, fall)
    start = x[:, begin] - y[:, begin] * slope
    long = start[:, 0][row] + slope[:, 0][row] * height
    short = 3 * row + 1 + (height >= y[:, 1][row])
    other = start.ravel()[short] + slope.ravel()[short] * height
    return np.minimum(long, other), np.maximum(long, other)


def _pixel(place: Floats, size: int) -> Places:
    """The first pixel whose middle is not before the place."""
    return np.asarray(np.ceil(np.clip(place, 0, size) - _HALF), np.int32)


def _counted(counts: Places, starts: Places) -> Places:
    """`starts[0], starts[0] + 1, …` for each of `counts[0]`, then the next."""
    before = np.cumsum(counts, dtype=np.int32) - counts
    return np.asarray(np.arange(int(counts.sum()), dtype=np.int32) + np.repeat(starts - before, counts), np.int32)
