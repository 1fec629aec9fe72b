"""One picture, one face: the box's own detector and landmarks for data that is not a stream."""

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.models import ModelSettings, load
from device.stages.detector import BlazeFace
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker, detection_roi

_REFINEMENTS = 3


def find_landmarks(image_rgb: ByteImage) -> FloatArray | None:
    """The 478 landmarks (478, 3) in pixels of the best face in an RGB picture (height, width, 3), or None.

    Raises:
        ModelError: the models have not been fetched.
    """
    settings = ModelSettings()
    frame = Frame(np.ascontiguousarray(image_rgb[..., ::-1]), 0, 0.0)
    with load(settings.short_range, settings) as detector, load(settings.landmarks, settings) as network:
        detections = BlazeFace(detector, min_score=0.5)(frame, frame.bounds)
        if not detections:
            return None
        landmarker = Landmarker(network)
        face = landmarker(frame, detection_roi(detections[0]))
        for _ in range(_REFINEMENTS):
            face = landmarker(frame, face.roi())
    return face.points
