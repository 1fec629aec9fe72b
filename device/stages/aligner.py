"""The crop that appearance networks see: eyes, nose and mouth at fixed places. Training crops with this same code.

The template is where MediaPipe's landmarks lie in FER2013's own crops: medians over 602 `Training` images, made
symmetric. So a face from the box looks to the network like a face of its training data.
"""

import math

import cv2
import numpy as np

from device.arrays import ByteImage
from device.stages.frame import Frame
from device.stages.geometry import similarity, warp
from device.stages.landmarks import Face

CROP_SIDE = 48
#: landmark → place in the 48×48 crop: eye corners, nose tip, mouth corners
TEMPLATE = {
    33: (11.5, 18.6),
    133: (18.9, 19.3),
    362: (29.1, 19.3),
    263: (36.5, 18.6),
    1: (24.0, 29.7),
    61: (16.7, 37.1),
    291: (31.3, 37.1),
}
_POINTS = np.array(list(TEMPLATE), np.intp)
_PLACES = np.array(list(TEMPLATE.values()), np.float32)
_MAX_STEP_PX = 2.0  # bilinear sampling averages about this many source pixels


def align(frame: Frame, face: Face, side: int = CROP_SIDE) -> ByteImage:
    """The face as a (side, side) grey crop; large faces are averaged down, so that they do not alias."""
    matrix = similarity(face.points[_POINTS, :2], _PLACES * (side / CROP_SIDE))
    step_px = 1 / float(np.hypot(matrix[0, 0], matrix[1, 0]))
    times = max(math.ceil(step_px / _MAX_STEP_PX), 1)
    crop = cv2.cvtColor(warp(frame.image, matrix * times, side * times), cv2.COLOR_BGR2GRAY)
    if times > 1:
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return crop  # type: ignore[return-value]
