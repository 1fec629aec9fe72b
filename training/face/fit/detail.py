"""Wrinkles and folds of a still: displacement along the rough head's normals that explains what its shading leaves.

Where the surface rises by d, its normal turns by the slope of d, and brightness changes with it. To first order that
is linear in d, so that the least squares of what is left, Σ (r + a ∂d/∂x + b ∂d/∂y)² + μ Σ (Δd)² + ν Σ d², are found
by conjugate gradients. What is left changes slowly also where skin is redder or the light is not as it was found:
therefore only what is finer than `COARSEST_CM` counts. A picture cannot tell a dark spot from a dent: this is what
would look alike, not a measurement.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from training.face.fit.light import harmonics, slopes, to_linear
from training.face.fit.view import View

#: Centimetres: what is coarser is taken for colour or light; the farthest that anything rises or falls.
COARSEST_CM, MOST_CM = 0.9, 0.25
_SMOOTH, _FLAT = 0.004, 0.5
_STEPS, _CLOSE = 80, 1e-3
_GREY = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SOFT_CM, _OUTLIER = 0.35, 2.5


@dataclass(frozen=True, eq=False)
class Relief:
    """Displacement along the normals, centimetres (SIZE, SIZE), 0 where nothing could be told; and the normals of the
    surface that it makes (SIZE, SIZE, 3)."""

    rise: FloatArray
    normals: FloatArray


def relief(picture: ByteImage, view: View, light: FloatArray) -> Relief:
    """The relief that explains the square of a picture (SIZE, SIZE, 3) RGB under a light (9, 3)."""
    grey = light @ _GREY
    expected = np.maximum(harmonics(view.normals) @ grey, 0.02)
    left = to_linear(picture) @ _GREY / np.maximum(view.albedo @ _GREY, 0.05) - expected
    weights = _weights(view, left)
    left = _fine(left, weights, COARSEST_CM * view.per_cm)
    tangent = slopes(view.normals, grey)
    tangent = tangent - (tangent * view.normals).sum(-1, keepdims=True) * view.normals
    across, up = (tangent[..., axis] * view.per_cm for axis in (0, 1))  # by pixel
    part = _around(weights)
    found = _solved(left[part], np.asarray(across[part]), np.asarray(-up[part]), weights[part], view.per_cm)
    rise = np.zeros_like(weights)
    rise[part] = np.clip(found, -MOST_CM, MOST_CM) * np.sqrt(weights[part])
    return Relief(rise, _turned(view, rise))


def _around(weights: FloatArray) -> tuple[slice, slice]:
    """The rows and columns in which anything counts; all where nothing does."""
    rows, columns = (np.flatnonzero(weights.any(axis)) for axis in (1, 0))
    if not len(rows):
        return slice(None), slice(None)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _weights(view: View, left: FloatArray) -> FloatArray:
    """How much each pixel counts: bare skin, less near its edges, and not what cannot be shading (SIZE, SIZE)."""
    found = view.bare.astype(np.float32)
    spread = 1.4826 * float(np.median(np.abs(left[view.bare]))) if view.bare.any() else 1.0
    found *= np.abs(left) < max(_OUTLIER * 2 * spread, 0.05)
    width = _SOFT_CM * view.per_cm
    inner = cv2.erode(found, np.ones((3, 3), np.uint8), iterations=max(int(width / 3), 1))
    return np.asarray(cv2.GaussianBlur(inner, (0, 0), width / 2) * found, np.float32)


def _fine(values: FloatArray, weights: FloatArray, width: float) -> FloatArray:
    """Values without what is coarser than a width in pixels."""
    sums = cv2.GaussianBlur(np.asarray(values * weights, np.float32), (0, 0), width)
    coarse = sums / np.maximum(cv2.GaussianBlur(weights, (0, 0), width), 1e-3)
    return np.asarray(np.where(weights > 0, values - coarse, 0), np.float32)


def _solved(left: FloatArray, across: FloatArray, down: FloatArray, weights: FloatArray, per_cm: float) -> FloatArray:
    """The rise (SIZE, SIZE), centimetres, by conjugate gradients on the normal equations."""

    def forward(rise: FloatArray) -> FloatArray:
        return np.asarray(-(across * _right(rise) + down * _below(rise)))

    def normal(rise: FloatArray) -> FloatArray:
        shaded = weights * forward(rise)
        back = -(_right_back(across * shaded) + _below_back(down * shaded))
        return np.asarray(back + smooth * _laplace(_laplace(rise)) + flat * rise)

    smooth, flat = _SMOOTH * per_cm**2, _FLAT
    shaded = weights * left
    right = -(_right_back(across * shaded) + _below_back(down * shaded))
    found = np.zeros_like(left)
    rest, way = right.copy(), right.copy()
    size = first = float((rest * rest).sum())
    for _ in range(_STEPS):
        if size <= _CLOSE**2 * first:
            break
        there = normal(way)
        step = size / float((way * there).sum())
        found += step * way
        rest -= step * there
        before, size = size, float((rest * rest).sum())
        way = rest + size / before * way
    return np.asarray(found)


def _right(values: FloatArray) -> FloatArray:
    found = np.zeros_like(values)
    found[:, :-1] = values[:, 1:] - values[:, :-1]
    return found


def _right_back(values: FloatArray) -> FloatArray:
    """The adjoint of `_right`."""
    found = np.zeros_like(values)
    found[:, :-1] -= values[:, :-1]
    found[:, 1:] += values[:, :-1]
    return found


def _below(values: FloatArray) -> FloatArray:
    return np.asarray(_right(values.T).T)


def _below_back(values: FloatArray) -> FloatArray:
    return np.asarray(_right_back(values.T).T)


def _laplace(values: FloatArray) -> FloatArray:
    return np.asarray(-(_right_back(_right(values)) + _below_back(_below(values))))


def _turned(view: View, rise: FloatArray) -> FloatArray:
    """The normals (SIZE, SIZE, 3) of the risen surface."""
    slope = np.stack([_right(rise), -_below(rise), np.zeros_like(rise)], -1) * view.per_cm
    tangent = slope - (slope * view.normals).sum(-1, keepdims=True) * view.normals
    found = view.normals - tangent
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-6), np.float32)
