"""Face landmarks: 468 or 478 points and the probability that there is a face, from a turned square crop.

Source: *MediaPipe Face Mesh* and *Face Mesh V2* model cards, of which the second adds ten points of the irises;
Kartynnik et al. 2019, *Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs*. Points 33 and 263 are
the outer eye corners; the next crop is 1.5 times the points' box.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from device.arrays import FloatArray
from device.contract.landmarks import SIXTY_EIGHT
from device.runtime.model import Model
from device.stages.detector import LEFT_EYE, RIGHT_EYE, Detection
from device.stages.frame import Frame
from device.stages.geometry import Box, Roi, roi_from_box, warp

ROI_SCALE = 1.5
ROUNDS = 3
"""Looks after which landmarks no longer depend on what framed the first."""
#: By how much more sure a look has to be to say that a face is turned otherwise than its detection says.
_SURER = 0.001
#: Shift in x and y and scale of five regions, in shares of the region's side.
_JITTER = ((0.0, 0.0, 1.0), (0.025, 0.025, 1.0), (-0.025, -0.025, 1.0), (0.025, -0.025, 0.95), (-0.025, 0.025, 1.05))
RIGHT_OUTER_CORNER, LEFT_OUTER_CORNER = 33, 263
#: Of the 68 landmarks, the two points that each lies between, and their shares; both are one where it is at a point.
_BETWEEN = np.array([(place[0][0], place[-1][0]) for place in SIXTY_EIGHT], np.intp)
_SHARES = np.array([(place[0][1], 1 - place[0][1]) for place in SIXTY_EIGHT], np.float32)


@dataclass(frozen=True, eq=False)
class Face:
    """A face with its landmarks.

    Attributes:
        points: (468, 3), or (478, 3) with irises, in frame pixels; z is on the scale of x, smaller nearer to the
            camera.
        presence: probability 0 to 1 that the crop held a face.
        box: around the points, frame pixels.
    """

    points: FloatArray
    presence: float
    box: Box

    def roi(self) -> Roi:
        """Where to look for this face in the next frame."""
        return roi_from_box(self.box, self.points[RIGHT_OUTER_CORNER], self.points[LEFT_OUTER_CORNER], ROI_SCALE)


class Landmarker:
    """The landmark network as a function of a frame and a region."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._side = model.manifest.input.shape[1]
        self._points, _ = model.manifest.output("landmarks")
        self._presence, _ = model.manifest.output("presence")

    def __call__(self, frame: Frame, roi: Roi) -> Face:
        """The face in `roi`; check its `presence`."""
        crop = cv2.cvtColor(warp(frame.image, roi.matrix(self._side), self._side), cv2.COLOR_BGR2RGB)
        outputs = self._model.on_image(crop)  # type: ignore[arg-type]
        points = roi.to_frame(outputs[self._points].reshape(-1, 3), self._side)
        return Face(points, float(outputs[self._presence].reshape(())), Box.around(points))


def detection_roi(detection: Detection) -> Roi:
    """The crop for a face that has just been detected."""
    return roi_from_box(detection.box, detection.points[RIGHT_EYE], detection.points[LEFT_EYE], ROI_SCALE)


def settled(frame: Frame, face: Face, landmarker: Landmarker) -> Face:
    """A face that was only just found as it would be after further rounds of tracking, framed by its own landmarks."""
    for _ in range(ROUNDS - 1):
        face = landmarker(frame, face.roi())
    return face


def upright(frame: Frame, roi: Roi, landmarker: Landmarker) -> Face:
    """The face of a region whichever way it is turned, settled: of one that lies on its side or stands on its head, a
    detection does not tell where the eyes are, and landmarks that were found the wrong way round look like a face."""
    turns = (replace(roi, angle=roi.angle + turn * math.pi / 2) for turn in range(4))
    as_detected, *others = (settled(frame, landmarker(frame, turned), landmarker) for turned in turns)
    other = max(others, key=lambda face: face.presence)
    return other if other.presence > as_detected.presence + _SURER else as_detected


def averaged(frame: Frame, face: Face, landmarker: Landmarker) -> Face:
    """A settled face with its landmarks averaged over slightly different regions: those of a single look jitter by
    more than a faint action unit moves, and only a stream smooths that."""
    roi = face.roi()
    moved = [
        replace(roi, cx=roi.cx + x * roi.side, cy=roi.cy + y * roi.side, side=s * roi.side) for x, y, s in _JITTER
    ]
    faces = [landmarker(frame, region) for region in moved]
    points = np.mean([found.points for found in faces], axis=0)
    return Face(points, float(np.median([found.presence for found in faces])), Box.around(points))


def sixty_eight(points: FloatArray) -> FloatArray:
    """The 68 landmarks (…, 68, D) of MediaPipe's points (…, 468 or 478, D); see `device.contract.landmarks`."""
    return np.asarray(np.einsum("ks,...ksd->...kd", _SHARES, points[..., _BETWEEN, :]), np.float32)


def five(points: FloatArray) -> FloatArray:
    """Five key points (5, 2) of MediaPipe's (468 or 478, D), in InsightFace's order: the person's right eye, left eye,
    nose tip, right and left corner of the mouth. Of the 68 the eyes are the means of their six, as data sets with 68
    are reduced for ArcFace (Deng et al. 2019, which names the sides as the picture shows them)."""
    found = sixty_eight(points)[:, :2]
    eyes = [found[part].mean(0) for part in (slice(36, 42), slice(42, 48))]
    return np.stack([*eyes, found[30], found[48], found[54]])
