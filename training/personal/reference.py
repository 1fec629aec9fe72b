"""What the face network of the box says of aligned faces: a reference beside what is learnt of one person."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.tasks import FACE_READING
from device.models import load
from device.settings import ModelSettings
from device.stages.aligner import CROP_SIDE
from device.stages.reader import FaceReader
from training.progress import bar

Floats = NDArray[np.float32]


def read_units(images: NDArray[np.uint8]) -> Floats:
    """Intensities 0–5 (N, 22) of action units in the contract's order, NaN where a part of the face is hidden.

    Args:
        images: aligned faces as of `Person.images`.

    Raises:
        ModelError: the shipped network is not to be had; `RuntimeMissingError`: no inference library.
    """
    return read_scales(images)[:, : len(ACTION_UNIT_KEYS)]


def read_scales(images: NDArray[np.uint8]) -> Floats:
    """(N, 22 + 13 + 13) the same, and both sides of the units that have two. Raises as `read_units`."""
    settings = ModelSettings()
    with load(settings.face, settings, FACE_READING) as model:
        reader = FaceReader(model)
        rows = [_row(reader, image) for image in bar(images, "read by the box", len(images), "faces")]
    return np.asarray(rows, np.float32)


def _row(reader: FaceReader, image: NDArray[np.uint8]) -> NDArray[Any]:
    actions = reader(as_the_box_sees(image)).actions
    return np.concatenate([actions.both, actions.left, actions.right])


def as_the_box_sees(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A face in grey, 48×48."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    if grey.shape != (CROP_SIDE, CROP_SIDE):
        grey = cv2.resize(grey, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)
