"""Turns of the head and light, taken out of embeddings.

An embedding holds all that moves the picture, and turns of the head more than anything. They are told by seven values
of each face: yaw, pitch, roll, the squares and the product of the first two, and the mean light of the crop. By least
squares on the faces that were learnt from, each of the seven has a direction in the embedding; what is left is at
right angles to all of them. It is linear, so axes that were found in what is left are axes of the embedding itself,
and the box needs to know nothing of it.
"""

import numpy as np
from numpy.typing import NDArray

from training.personal.people import Person

Floats = NDArray[np.float64]
#: Values by which turns and light are told.
_VALUES = 7


def light_of(person: Person) -> Floats:
    """(N,) the mean of each crop, 0–1."""
    return np.asarray(person.images.reshape(len(person), -1).mean(axis=1) / 255, np.float64)


def level(
    embeddings: NDArray[np.floating], pose: NDArray[np.floating], light: Floats, learnt: NDArray[np.bool_]
) -> Floats:
    """The projection that takes turns and light out of embeddings.

    Args:
        embeddings: (N, D).
        pose: (N, 3) yaw, pitch and roll, degrees; of no rows, or NaN in any that is learnt from: not known.
        light: (N,) mean of each crop.
        learnt: (N,) which are learnt from.

    Returns:
        (D, D); the identity where the pose is not known, or more than half of an embedding would be taken out.
    """
    whole = np.eye(embeddings.shape[1])
    if len(pose) != len(embeddings) or not np.isfinite(pose[learnt]).all() or len(whole) < 2 * _VALUES:
        return whole
    values = _standardized(_values(np.asarray(pose[learnt], np.float64), light[learnt]))
    beyond = np.asarray(embeddings[learnt], np.float64)
    directions = np.linalg.lstsq(values, beyond - beyond.mean(axis=0), rcond=None)[0]
    away, length, _ = np.linalg.svd(directions.T, full_matrices=False)
    away = away[:, length > 1e-9 * length.max(initial=1e-9)]
    return np.asarray(whole - away @ away.T)


def _values(pose: Floats, light: Floats) -> Floats:
    yaw, pitch, roll = pose.T
    return np.stack([yaw, pitch, roll, yaw**2, pitch**2, yaw * pitch, light], axis=1)


def _standardized(values: Floats) -> Floats:
    return np.asarray((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9))
