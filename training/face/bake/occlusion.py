"""How much of the light from all round reaches each vertex, by looking at the head from many directions."""

import numpy as np
from numpy.typing import NDArray

from cloud.face.raster import rasterize
from device.arrays import FloatArray

_DIRECTIONS, _SIZE, _NEAR = 128, 360, 0.12
_VIEWS, _VIEW_SIZE = 60, 1000


def exposure(vertices: FloatArray, normals: FloatArray, triangles: NDArray[np.int32]) -> FloatArray:
    """Share of the sky above each vertex that nothing of the head covers, weighted by cosine, 0–1 (V,)."""
    reached, possible = (np.zeros(len(vertices), np.float32) for _ in range(2))
    for towards in _sphere(_DIRECTIONS):
        facing = np.clip(normals @ towards, 0, None)
        reached += facing * _seen(vertices, triangles, towards)
        possible += facing
    return np.asarray(reached / np.maximum(possible, 1e-6), np.float32)


def seen(
    vertices: FloatArray, triangles: NDArray[np.int32], ahead: float = -1.0, up: float = -0.5
) -> NDArray[np.bool_]:
    """Which triangles somebody sees who walks round the head (T,), where `ahead` is the least cosine to straight ahead
    and `up` the least to above: further down one looks up through the shoulders."""
    found = np.zeros(len(triangles), bool)
    for towards in (*_sphere(_VIEWS), np.array([0, 0, 1], np.float32)):
        if towards[1] >= up and towards[2] >= ahead:
            found[rasterize(_placed(vertices, towards, _VIEW_SIZE), triangles, _VIEW_SIZE).triangles] = True
    return found


def _seen(vertices: FloatArray, triangles: NDArray[np.int32], towards: FloatArray) -> NDArray[np.bool_]:
    placed = _placed(vertices, towards, _SIZE)
    view = rasterize(placed, triangles, _SIZE)
    depth = np.full(_SIZE * _SIZE, -np.inf, np.float32)
    depth[view.pixels] = view.values(placed[:, 2:])[:, 0]
    column, row = (np.clip(placed[:, axis].astype(np.int32), 0, _SIZE - 1) for axis in (0, 1))
    return np.asarray(placed[:, 2] >= depth[row * _SIZE + column] - _NEAR)


def _placed(vertices: FloatArray, towards: FloatArray, size: int) -> FloatArray:
    """Vertices as seen from a direction: pixels, and depth in centimetres."""
    up = np.array([0, 1, 0]) if abs(towards[1]) < 0.9 else np.array([0, 0, 1])
    right = np.cross(up, towards)
    right /= np.linalg.norm(right)
    seen = vertices @ np.stack([right, -np.cross(towards, right), towards], 1).astype(np.float32)
    low, high = seen[:, :2].min(0), seen[:, :2].max(0)
    scale = (size - 4) / float((high - low).max())
    seen[:, :2] = (seen[:, :2] - low) * scale + 2
    return np.asarray(seen, np.float32)


def _sphere(count: int) -> FloatArray:
    """Directions spread evenly (Fibonacci's spiral) (count, 3)."""
    at = np.arange(count) + 0.5
    height, around = 1 - 2 * at / count, at * np.pi * (3 - np.sqrt(5))
    wide = np.sqrt(1 - height**2)
    return np.stack([wide * np.cos(around), height, wide * np.sin(around)], 1).astype(np.float32)
