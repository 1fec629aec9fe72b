"""Faces of still pictures, also of small ones that a face fills, found with more care than a stream allows.

A data set's 48 × 48 face leaves the detector nothing to find, and the landmark network wants the face in 1/1.5 of its
input: the border is replicated by a quarter of the side all round, and the whole is the first region. As in a stream,
the landmarks then give the next region, a few times; in the end they are the mean over five slightly shifted and
scaled regions, because a single one jitters by more than a faint action unit moves.
"""

from dataclasses import replace

import cv2
import numpy as np

from device.arrays import ByteImage
from device.stages.detector import Detector, merge
from device.stages.frame import Frame
from device.stages.geometry import Box, Roi
from device.stages.landmarks import ROI_SCALE, Face, Landmarker, detection_roi

ROUNDS = 3
SMALL_PX = 128
"""Pictures of at most this side are taken for a face that fills them."""
LEAST_PX = 16
"""In pictures of a smaller side no face can be told."""

#: Shift in x and y and scale of the five regions, in shares of the region's side.
_JITTER = ((0.0, 0.0, 1.0), (0.025, 0.025, 1.0), (-0.025, -0.025, 1.0), (0.025, -0.025, 0.95), (-0.025, 0.025, 1.05))


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


def settled(frame: Frame, face: Face, landmarker: Landmarker) -> Face:
    """The face after further rounds of tracking on the same frame."""
    for _ in range(ROUNDS - 1):
        face = landmarker(frame, face.roi())
    return face


def averaged(frame: Frame, face: Face, landmarker: Landmarker) -> Face:
    """The face with its landmarks averaged over slightly different regions."""
    roi = face.roi()
    moved = [
        replace(roi, cx=roi.cx + x * roi.side, cy=roi.cy + y * roi.side, side=s * roi.side) for x, y, s in _JITTER
    ]
    faces = [landmarker(frame, region) for region in moved]
    points = np.mean([found.points for found in faces], axis=0)
    return Face(points, float(np.median([found.presence for found in faces])), Box.around(points))


def still_faces(image: ByteImage, detector: Detector, landmarker: Landmarker, min_presence: float) -> list[Face]:
    """The faces of a picture (height, width, 3) BGR, in its pixels, the largest first; that one is averaged."""
    if min(image.shape[:2]) < LEAST_PX:
        return []
    if max(image.shape[:2]) > SMALL_PX:
        frame = Frame(image, 0, 0.0)
        found = sorted(merge(detector.near(frame), detector.far(frame)), key=lambda detection: -detection.box.w)
        looked = (settled(frame, landmarker(frame, detection_roi(detection)), landmarker) for detection in found)
        faces = [face for face in looked if face.presence >= min_presence]
        if faces:
            return [averaged(frame, faces[0], landmarker), *faces[1:]]
    return _filling(image, landmarker, min_presence)


def _filling(image: ByteImage, landmarker: Landmarker, min_presence: float) -> list[Face]:
    frame = Frame(with_border(image), 0, 0.0)
    face = averaged(frame, filling_face(frame, landmarker), landmarker)
    if face.presence < min_presence:
        return []
    points = face.points - np.array([border_px(image), border_px(image), 0], np.float32)
    return [Face(points, face.presence, Box.around(points))]
