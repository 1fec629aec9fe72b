"""The crop that appearance networks see: eyes, nose and mouth at fixed places. Training crops with this same code.

The template is where MediaPipe's landmarks lie in FER2013's own crops: medians over 602 `Training` images, made
symmetric. So a face from the box looks to the network like a face of its training data.
"""

import math

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
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


def align(frame: Frame, face: Face, side: int = CROP_SIDE, colour: bool = False) -> ByteImage:
    """The face as a (side, side) grey crop, or in `colour` (side, side, 3) RGB; large faces are averaged down, so that
    they do not alias."""
    matrix = similarity(face.points[_POINTS, :2], _PLACES * (side / CROP_SIDE))
    step_px = 1 / math.hypot(matrix[0, 0], matrix[1, 0])
    times = max(math.ceil(step_px / _MAX_STEP_PX), 1)
    part, x, y = _part(frame.image, matrix, side)
    matrix[:, 2] += matrix[:, :2] @ np.array([x, y], np.float32)
    seen: ByteImage = cv2.cvtColor(part, cv2.COLOR_BGR2RGB if colour else cv2.COLOR_BGR2GRAY)  # type: ignore[assignment]
    crop = warp(seen, matrix * times, side * times)
    if times > 1:
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return crop


def _part(image: ByteImage, matrix: FloatArray, side: int) -> tuple[ByteImage, int, int]:
    """What of `image` a crop by the similarity frame → crop is made of, at least a pixel; its left and top."""
    (a, _, shift_x), (b, _, shift_y) = matrix.tolist()
    size, u, v = a * a + b * b, side / 2 - shift_x, side / 2 - shift_y
    reach = side / 2 * (abs(a) + abs(b)) / size + 2  # bilinear sampling needs a neighbour
    left, right = _within(image.shape[1], (a * u + b * v) / size, reach)
    top, bottom = _within(image.shape[0], (a * v - b * u) / size, reach)
    return image[top:bottom, left:right], left, top


def _within(length: int, middle: float, reach: float) -> tuple[int, int]:
    """From `middle - reach` to `middle + reach`, cut to 0 … `length`, and never empty."""
    first = min(max(math.floor(middle - reach), 0), length - 1)
    return first, max(min(math.ceil(middle + reach), length), first + 1)
