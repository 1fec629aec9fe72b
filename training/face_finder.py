"""Faces of pictures that are not the box's own stream, found as the box finds them: training data, portraits."""

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
from device.stages.pose import Pose, PoseEstimator
from device.stages.quality import absence, judge
from device.stages.tracker import Tracker

#: Seconds between frames after which a face is found anew, not followed: it has moved too far.
MAX_GAP_S = 0.25


@dataclass(frozen=True, eq=False)
class Sight:
    """What a frame shows: the face with its aligned crop (side, side), with colours (side, side, 3), or None and why
    there is none; how many faces there were; the number of the track that the face is of, from 1; and how it is
    turned."""

    face: Face | None
    crop: ByteImage | None
    reasons: tuple[Reason, ...] = ()
    faces: int = 0
    track: int = 0
    pose: Pose | None = None


class FaceFinder(Closing):
    """The box's detector, tracker, landmarks and aligner as a function of a frame; the networks stay open.

    Frames of one recording must come in their order: the tracker holds on to one person as it does on the box. Where
    they lie further apart than in a stream, each face is found anew.
    """

    def __init__(self, side: int = CROP_SIDE, gate: bool = False, landmarks: str = "", colour: bool = False) -> None:
        """Open the networks.

        Args:
            side: of the crop, pixels.
            gate: refuse also the faces that the box's quality gate refuses.
            landmarks: `NAME-VERSION` of another landmark network than the box's default.
            colour: whether the crop is RGB, not grey.

        Raises:
            ModelError: the models have not been fetched.
            RuntimeMissingError: no inference library.
        """
        settings = ModelSettings()
        self._side, self._gate, self._colour = side, gate, colour
        with ExitStack() as stack:
            names = (*finder_models()[:2], landmarks or finder_models()[2])
            short, full, points = [stack.enter_context(load(name, settings)) for name in names]
            detector, follow = Detector(short, full, DetectorSettings()), TrackerSettings(max_gap_s=MAX_GAP_S)
            self._track = Tracker(detector, Landmarker(points), follow)
            self._pose = PoseEstimator(points.bundle)
            self._open = stack.pop_all()

    def __call__(self, frame: Frame) -> Sight:
        """The face of the person in `frame`, or the reasons why nothing can be made of it."""
        seen = self._track(frame)
        if (track := seen.track) is None:
            return Sight(None, None, absence(frame, None, QualitySettings()), seen.faces)
        if reasons := self._refused(frame, track.face):
            return Sight(None, None, reasons, seen.faces)
        crop = align(frame, track.face, self._side, self._colour)
        return Sight(track.face, crop, (), seen.faces, track.number, self._pose(track.face))

    def close(self) -> None:
        """Free the networks."""
        self._open.close()

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
    with FaceFinder() as finder:
        face = finder(frame).face
    return None if face is None else face.points
