"""The folds of annotated faces, balanced over faces and present action units."""

import numpy as np
from numpy.typing import NDArray

from device.stages.appearance import INTENSITY, PRESENCE
from training import folds as shared
from training.action_units.data import Annotated


def folds(data: Annotated, count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each face, (N,), from 1 to `count`. Raises `DataError` with fewer participants than folds."""
    head = PRESENCE if PRESENCE in data.values else INTENSITY
    return shared.folds(data.participants, data.values[head], count, seed)
