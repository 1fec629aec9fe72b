"""Small pictures that a face fills, found with a border about them.

A data set's 48 × 48 face leaves the detector nothing to find, and the landmark network wants the face in 1/1.5 of its
input: the border is replicated by a quarter of the side all round, and the whole is the first region.
"""

from dataclasses import replace

import cv2
import numpy as np

from device.arrays import ByteImage
from device.stages.frame import Frame
from device.stages.geometry import Box, Roi
from device.stages.landmarks import ROI_SCALE, Face, Landmarker, averaged, settled

SMALL_PX = 128
"""Pictures of at most this side may be a face that fills them."""
LEAST_PX = 16
"""In pictures of a smaller side no face can be told."""


def may_fill(image: ByteImage) -> bool:
    """Whether a picture may be a face that fills it."""
    sides: tuple[int, ...] = image.shape[:2]
    return min(sides) >= LEAST_PX and max(sides) <= SMALL_PX


def with_border(image: ByteImage) -> ByteImage:
    """The picture (height, width, 3) with its border replicated, so that what filled it fills 1/1.5 of the result."""
    border = border_px(image)
    return cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def border_px(image: ByteImage) -> int:
    """The width of the border that `with_border` adds."""
    side: int = max(image.shape[:2])
    return round(side * (ROI_SCALE - 1) / 2)


def filling_face(frame: Frame, landmarker: Landmarker) -> Face:
    """The face that fills a frame but for its border; check its `presence`."""
    width, height = frame.bounds.w, frame.bounds.h
    return settled(frame, landmarker(frame, Roi(width / 2, height / 2, max(width, height), 0.0)), landmarker)


def face_of(frame: Frame, landmarker: Landmarker) -> Face:
    """The face that fills a frame, in its pixels; check its `presence`."""
    bordered = replace(frame, image=with_border(frame.image))
    face = averaged(bordered, filling_face(bordered, landmarker), landmarker)
    border = border_px(frame.image)
    points = face.points - np.array([border, border, 0], np.float32)
    return Face(points, face.presence, Box.around(points))
