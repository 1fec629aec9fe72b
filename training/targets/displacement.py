"""How far each key point is from where it is at rest, in interocular distances: as action units imply it on the
standard face, or as landmarks of a person show it against that person's own face at rest.

Axes: x to the right of the picture, y down, z nearer to the viewer; of landmarks those of the picture at rest. Depths
of landmarks are the network's guess: a test takes the length in the picture's plane (`lengths`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import load_face
from device.contract.errors import DataError
from training.targets.points import CORNERS, Floats, point_set

#: The intensity at which a target of the standard face is whole (FACS E).
FULL = 5.0
#: Points that no expression moves far: bridge of the nose, corners of the eyes, what is before the ears.
STILL = {
    68: (0, 16, 27, 28, 29, 36, 39, 42, 45),
    478: (127, 356, 234, 454, 168, 6, 197, 195, 33, 133, 362, 263),
}
#: A unit that moves a point by less, at its full, says nothing of it: interocular distances.
LEAST = 0.002
_ROUNDS = 3


@lru_cache(maxsize=2)
def unit_movements(count: int) -> tuple[tuple[str, ...], Floats]:
    """How far each target of the standard face moves each point at intensity 5.

    Returns:
        The T targets' names, `AU12_L` the person's left side of AU12; (T, K, 3).
    """
    points, face = point_set(count), load_face()
    whole = np.zeros((len(face.targets), len(face.vertices), 3))
    for at, target in enumerate(face.targets.values()):
        whole[at, target.indices] = target.deltas
    return tuple(face.targets), whole[:, points.vertices] * (1, -1, 1) / points.unit_cm


def implied(units: Mapping[str, NDArray[Any]], count: int = 68) -> Floats:
    """How far action units move each point of the standard face (n, K, 3).

    Args:
        units: intensities 0–5 (n,), by the names of records: `AU12` for both sides, `AU12_L` and `AU12_R` for one,
            which goes before. NaN: not measured, and then every point is NaN that the unit would move.
        count: of the points, 68 or 478.

    Raises:
        DataError: no units, one that the face does not have, or courses of different length.
    """
    targets, movements = unit_movements(count)
    sides = {name: name.partition("_")[0] for name in targets}
    if unknown := sorted(set(units) - set(targets) - set(sides.values())):
        raise DataError(f"The standard face has no action unit '{unknown[0]}': name units as the records do.")
    courses = {name: np.atleast_1d(np.asarray(values, np.float64)) for name, values in units.items()}
    if len({values.shape for values in courses.values()}) != 1:
        raise DataError("Action units of different length, or none: give each one intensity a moment.")
    total = np.zeros((len(next(iter(courses.values()))), *movements.shape[1:]))
    for name, movement in zip(targets, movements, strict=True):
        values = courses.get(name, courses.get(sides[name]))
        if values is None:
            continue
        moves = np.linalg.norm(movement, axis=1) >= LEAST
        known = np.clip(values, 0, FULL) / FULL
        total[:, moves] += known[:, None, None] * movement[moves]
    return total


def lengths(displacement: Floats) -> Floats:
    """How far each point moved in the picture's plane (…, K), of displacements (…, K, 2 or 3)."""
    return np.asarray(np.hypot(displacement[..., 0], displacement[..., 1]), np.float64)


def measured(landmarks: NDArray[Any], rest: NDArray[Any]) -> Floats:
    """How far each landmark is from rest (n, K, 3), without what the head did: size, place and turn are taken out by
    the similarity of the points that no expression moves.

    Args:
        landmarks: (n, K, 3), pixels, z smaller nearer to the camera, as `affectbox au --landmarks` writes them; a
            moment with NaN stays NaN.
        rest: (K, 3), the same person's face at rest, as `rest_of` makes it.

    Raises:
        DataError: neither 68 nor 478 points, or a face at rest that is not whole.
    """
    rest = _whole(np.asarray(rest, np.float64))
    placed = _laid_on(np.asarray(landmarks, np.float64), rest)
    right, left = rest[list(CORNERS[len(rest)]), :2]
    return np.asarray((placed - rest) / np.linalg.norm(left - right) * (1, 1, -1), np.float64)


def rest_of(landmarks: NDArray[Any]) -> Floats:
    """A person's face at rest: the median (K, 3) of a stretch (n, K, 3) in which they were relaxed, head movement
    taken out. Raises `DataError`: no moment of it was measured."""
    values = np.asarray(landmarks, np.float64)
    values = values[np.isfinite(values).all((1, 2))]
    if not len(values):
        raise DataError("No face was found in the stretch at rest: name another one.")
    rest: Floats = values[len(values) // 2]
    for _ in range(_ROUNDS):
        rest = np.asarray(np.median(_laid_on(values, _whole(rest)), axis=0), np.float64)
    return rest


def _whole(rest: Floats) -> Floats:
    if rest.ndim != 2 or len(rest) not in STILL or rest.shape[1] != 3:
        raise DataError(f"A face at rest has 68 or 478 points of three numbers, not {rest.shape}.")
    if not np.isfinite(rest).all():
        raise DataError("The face at rest is not whole: name a stretch in which it was seen.")
    return rest


def _laid_on(faces: Floats, rest: Floats) -> Floats:
    """Faces (n, K, 3) turned, sized and moved so that their still points lie on those of `rest` (Umeyama 1991)."""
    if faces.ndim != 3 or faces.shape[1:] != rest.shape:
        raise DataError(f"Landmarks of {len(rest)} points are needed (moments, {len(rest)}, 3), not {faces.shape}.")
    still = list(STILL[len(rest)])
    source, target = faces[:, still], rest[still]
    known = np.isfinite(source).all((1, 2))
    found = np.full_like(faces, np.nan)
    centre = source[known].mean(1, keepdims=True)
    a, b = source[known] - centre, target - target.mean(0)
    u, sizes, v = np.linalg.svd(np.einsum("nki,kj->nij", a, b))
    sign = np.sign(np.linalg.det(u @ v))
    u[:, :, -1] *= sign[:, None]
    sizes[:, -1] *= sign
    scale = sizes.sum(1) / np.maximum((a**2).sum((1, 2)), 1e-12)
    found[known] = scale[:, None, None] * ((faces[known] - centre) @ (u @ v)) + target.mean(0)
    return found
