"""Faces of pictures that are not the box's own stream, found as the box finds them: training data, portraits."""

import math
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.closing import Closing
from device.contract.labels import Reason
from device.models import load
from device.settings import DetectorSettings, ModelSettings, QualitySettings, TrackerSettings
from device.stages.aligner import CROP_SIDE, align
from device.stages.detector import Detector
from device.stages.frame import Frame
from device.stages.landmarks import Face, Landmarker
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stages.tracker import Tracker

_REFINEMENTS = 3


@dataclass(frozen=True, eq=False)
class Sight:
    """What a frame shows: the face with its aligned crop (side, side) grey, or None and why there is none."""

    face: Face | None
    crop: ByteImage | None
    reasons: tuple[Reason, ...] = ()


class FaceFinder(Closing):
    """The box's detector, tracker, landmarks and aligner as a function of a frame; the networks stay open.

    Frames of one recording must come in their order: the tracker holds on to one person as it does on the box. Where
    they lie further apart than the tracker expects, the crop of the landmarks comes from the detector or from an old
    place, so the landmarks are found again in their own crop until it is as settled as in a stream.
    """

    def __init__(self, side: int = CROP_SIDE, gate: bool = False, settled_iou: float = 0.97) -> None:
        """Open the networks.

        Args:
            side: of the crop, pixels.
            gate: refuse also the faces that the box's quality gate refuses.
            settled_iou: two rounds of landmarks whose boxes overlap so much are enough; above 1, all rounds are run.

        Raises:
            ModelError: the models have not been fetched.
            RuntimeMissingError: no inference library.
        """
        settings = ModelSettings()
        self._side, self._gate, self._settled_iou = side, gate, settled_iou
        with ExitStack() as stack:
            short, full, landmarks = [stack.enter_context(load(name, settings)) for name in finder_models()]
            self._landmarker = Landmarker(landmarks)
            self._track = Tracker(Detector(short, full, DetectorSettings()), self._landmarker, TrackerSettings())
            self._pose = PoseEstimator(landmarks.bundle)
            self._open = stack.pop_all()

    def __call__(self, frame: Frame) -> Sight:
        """The face of the person in `frame`, or the reasons why nothing can be made of it."""
        track = self._track(frame).track
        if track is None:
            return Sight(None, None, absence(frame, None, QualitySettings()))
        face = self._settled(frame, track.face)
        if reasons := self._refused(frame, face):
            return Sight(None, None, reasons)
        return Sight(face, align(frame, face, self._side))

    def close(self) -> None:
        """Free the networks."""
        self._open.close()

    def _settled(self, frame: Frame, face: Face) -> Face:
        for _ in range(_REFINEMENTS):
            before, face = face, self._landmarker(frame, face.roi())
            if face.box.iou(before.box) >= self._settled_iou:
                break
        return face

    def _refused(self, frame: Frame, face: Face) -> tuple[Reason, ...]:
        if self._gate:
            return judge(frame, face, self._pose(face), align(frame, face), QualitySettings()).reasons
        return (Reason.LOW_PRESENCE,) if face.presence < TrackerSettings().min_presence else ()


def finder_models() -> tuple[str, str, str]:
    """`NAME-VERSION` of the networks that `FaceFinder` uses: near faces, far faces, landmarks."""
    settings = ModelSettings()
    return settings.short_range, settings.full_range, settings.landmarks


def find_landmarks(image_rgb: ByteImage) -> FloatArray | None:
    """The landmarks (468, 3) in pixels of the face in an RGB picture (height, width, 3), or None.

    Raises:
        ModelError: the models have not been fetched.
    """
    frame = Frame(np.ascontiguousarray(image_rgb[..., ::-1]), 0, 0.0)
    with FaceFinder(settled_iou=math.inf) as finder:
        face = finder(frame).face
    return None if face is None else face.points
