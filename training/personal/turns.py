"""Turns of the head and light, taken out of embeddings.

An embedding holds all that moves the picture, and turns of the head more than anything. They are told by seven values
of each face: yaw, pitch, roll, the squares and the product of the first two, and the mean light of the crop. By least
squares on the faces that were learnt from, each of the seven has a direction in the embedding, beside those of what
the box's face network reads, so that what a face does while it turns is not taken for the turn. What is left is at
right angles to all seven. It is linear, so axes that were found in what is left are axes of the embedding itself, and
the box needs to know nothing of it.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Values by which turns and light are told.
_VALUES = 7
#: Share of the longest direction, below which another is none.
_NOTHING = 1e-9


def taken_out(embeddings: NDArray[np.floating], pose: NDArray[np.floating]) -> bool:
    """Whether `level` takes anything out of embeddings (N, D) of these poses (N, 3)."""
    return bool(np.isfinite(pose).all()) and embeddings.shape[1] >= 2 * _VALUES


def level(
    embeddings: NDArray[np.floating],
    pose: NDArray[np.floating],
    light: NDArray[np.floating],
    units: NDArray[np.floating],
) -> Floats:
    """The projection that takes turns and light out of embeddings.

    Args:
        embeddings: (N, D) of faces that were learnt from.
        pose: (N, 3) yaw, pitch, roll, degrees; NaN in any: not known.
        light: (N,) mean of each crop.
        units: (N, 22) what the box's face network reads, NaN where it could not.

    Returns:
        (D, D); the identity where the pose is not known, or more than half of an embedding would be taken out.
    """
    whole = np.eye(embeddings.shape[1])
    if not taken_out(embeddings, pose):
        return whole
    told = np.concatenate([_values(np.asarray(pose, np.float64), light), np.nan_to_num(units)], axis=1)
    beyond = embeddings - embeddings.mean(axis=0, dtype=np.float64)
    directions = np.linalg.lstsq(_standardized(told), beyond, rcond=None)[0][:_VALUES]
    away, length, _ = np.linalg.svd(directions.T, full_matrices=False)
    away = away[:, length > _NOTHING * length.max()]
    return np.asarray(whole - away @ away.T)


def _values(pose: Floats, light: NDArray[np.floating]) -> Floats:
    yaw, pitch, roll = pose.T
    return np.stack([yaw, pitch, roll, yaw**2, pitch**2, yaw * pitch, light], axis=1)


def _standardized(values: Floats) -> Floats:
    return np.asarray((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9))
