"""The portrait as the stages see it."""

import numpy as np
import pytest

from device.stages.detector import BlazeFace
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker, detection_roi


@pytest.fixture(scope="session")
def see(models):
    """Called with a picture: its one face, with landmarks."""

    def look(image):
        frame = Frame(np.ascontiguousarray(image), 0, 0.0)
        (detection,) = BlazeFace(models.short_range, 0.5)(frame, frame.bounds)
        return Landmarker(models.landmarks)(frame, detection_roi(detection))

    return look


@pytest.fixture(scope="session")
def face(see, portrait):
    """The portrait's face."""
    return see(portrait)
