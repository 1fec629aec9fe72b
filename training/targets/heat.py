"""Heat of key points: what they weigh, spread over the face about them.

    H(x) = Σ_k w_k / ρ_k · exp(−|x − p_k|² / 2σ²),   ρ_k = Σ_j exp(−|p_k − p_j|² / 2σ²),   σ = 0.08 interocular

Without ρ, as the study had it (`crowded`), a part of the face is the hotter the more points lie in it, and many lie at
the mouth; with it, points that weigh the same are equally hot, and H has the unit of w.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cloud.face.heat import coloured
from cloud.face.mesh import load_face
from cloud.face.painter import Picture
from device.contract.errors import DataError
from training.targets.points import CORNERS, Floats, PointSet

SIGMA = 0.08
#: Where more than this share of the points about a place is not known, the place is not.
_UNKNOWN = 0.5
#: Distance of the places at which heat over a picture is reckoned, interocular distances.
_STEP = 0.015
#: Beyond this share of one point's own heat nothing is shown.
_LEAST = 0.02


def heat_at(
    where: NDArray[np.floating], points: NDArray[np.floating], weights: NDArray[np.floating], crowded: bool = False
) -> tuple[Floats, Floats]:
    """Heat, and the share of the points about each place that are not known.

    Args:
        where: places (N, D), interocular distances.
        points: of the key points (K, D), likewise.
        weights: (K,), none below 0; NaN: not known.
        crowded: leave ρ out.

    Returns:
        (N,) and (N,).

    Raises:
        DataError: a weight below 0, or none known.
    """
    known = ~np.isnan(weights)
    if not known.any():
        raise DataError("Of no point there is a weight: nothing can be drawn.")
    if (weights[known] < 0).any():
        raise DataError("A weight is below 0: heat is of sizes, so give absolute values.")
    near = _kernel(where, points)
    density = np.ones(len(points)) if crowded else _kernel(points[known], points[known]).sum(0)
    whole = np.zeros(len(points))
    whole[known] = weights[known] / (density if not crowded else density[known])
    about = near.sum(1)
    missing = np.divide(near[:, ~known].sum(1), about, out=np.zeros(len(where)), where=about > _LEAST)
    return near @ whole, missing


def heat_image(
    points: PointSet, weights: NDArray[np.floating], size: int = 480, top: float | None = None, crowded: bool = False
) -> Picture:
    """The standard face in the colours of heat (size, size, 3) RGB, up to `top` (`top_of` the weights' heat)."""
    heat, unknown = _on_face(points, weights, crowded)
    end = top or round_up(float(heat.max()))
    return coloured(np.asarray(heat / end, np.float32), np.asarray(unknown > _UNKNOWN, np.float32), size)


def top_of(points: PointSet, weights: NDArray[np.floating], crowded: bool = False) -> float:
    """Where the colours of `heat_image` end: a round number, for the colour bar."""
    return round_up(float(_on_face(points, weights, crowded)[0].max()))


def is_hatched(points: PointSet, weights: NDArray[np.floating]) -> bool:
    """Whether `heat_image` hatches a part of the skin, for nothing is known there."""
    return bool((_on_face(points, weights, crowded=False)[1] > _UNKNOWN).any())


def round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7, 10 times a power of ten; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10) if value <= step * power * (1 + 1e-9))


def in_picture(
    shape: tuple[int, int], landmarks: NDArray[np.floating], weights: NDArray[np.floating], crowded: bool = False
) -> Floats:
    """Heat at each pixel of a picture (height, width).

    Args:
        landmarks: (K, 2) pixels, 68 or 478 (468: without irises).
        weights: (K,) of them.
    """
    import cv2  # noqa: PLC0415

    right, left = CORNERS[68 if len(landmarks) == 68 else 478]
    unit = max(float(np.linalg.norm(landmarks[right] - landmarks[left])), 1e-6)
    height, width = shape
    heat = np.zeros(shape)
    reach = 4 * SIGMA * unit
    (x0, y0), (x1, y1) = landmarks.min(0) - reach, landmarks.max(0) + reach
    top, bottom, first, last = max(int(y0), 0), min(int(y1) + 1, height), max(int(x0), 0), min(int(x1) + 1, width)
    if top >= bottom or first >= last:
        return heat
    coarse = max(_STEP * unit, 1.0)  # heat is smooth: it is reckoned at a few places, and drawn between them
    rows, columns = (max(round(length / coarse), 1) for length in (bottom - top, last - first))
    down = top + (np.arange(rows) + 0.5) * (bottom - top) / rows
    across = first + (np.arange(columns) + 0.5) * (last - first) / columns
    where = np.stack(np.meshgrid(across, down), -1).reshape(-1, 2) / unit
    found = heat_at(where, landmarks / unit, weights, crowded)[0].reshape(rows, columns)
    heat[top:bottom, first:last] = cv2.resize(found, (last - first, bottom - top), interpolation=cv2.INTER_LINEAR)
    return heat


def _on_face(points: PointSet, weights: NDArray[np.floating], crowded: bool) -> tuple[Floats, Floats]:
    face = load_face()
    right, left = (face.vertices[points.vertices[corner]].astype(np.float64) for corner in CORNERS[points.count])
    where = (face.vertices - (right + left) / 2) * (1, -1, 1) / points.unit_cm
    heat, unknown = heat_at(where, points.xyz, np.asarray(weights, np.float64), crowded)
    heat[face.parts["skin"][1] :] = unknown[face.parts["skin"][1] :] = 0
    return heat, unknown


def _kernel(where: NDArray[np.floating], points: NDArray[np.floating]) -> Floats:
    away = (where**2).sum(1)[:, None] + (points**2).sum(1)[None] - 2 * where @ points.T
    return np.asarray(np.exp(-np.maximum(away, 0) / (2 * SIGMA**2)), np.float64)
