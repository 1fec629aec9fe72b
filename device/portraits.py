"""The box's stages on still pictures: no tracking, no smoothing, and no gate but a face that can be found."""

from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from device.arrays import ByteImage
from device.closing import Closing
from device.contract.errors import DataError
from device.contract.labels import EMOTIONS, Reason
from device.models import open_models
from device.observation import Observation
from device.pipeline import Eye
from device.settings import Settings
from device.stages.aligner import CROP_SIDE, align
from device.stages.detector import Detector
from device.stages.expressions import disagree, memberships, pain, strongest
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.neutral import NONE, Neutral, relative
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stages.reader import Reading
from device.stages.tracker import Track
from device.stills import may_fill, still_faces

_NEUTRAL = EMOTIONS.index("neutral")


class Portraits(Closing):
    """The networks, open, as a function of a picture."""

    def __init__(self, settings: Settings) -> None:
        """Raises `ModelError`, `RuntimeMissingError`."""
        self._settings = settings
        with ExitStack() as stack:
            models = stack.enter_context(open_models(settings.models))
            self._detector = Detector(models.short_range, models.full_range, settings.detector)
            self._landmarker = Landmarker(models.landmarks)
            self._pose = PoseEstimator(models.landmarks.bundle)
            self._read = Eye(models)
            self._open = stack.pop_all()

    def __call__(self, image: ByteImage, neutral: Neutral | None = None) -> Observation:
        """What is seen in a picture (height, width, 3) BGR, of its largest face; `reasons` are doubts here, and do not
        keep from a guess where a face is found. A small picture that a face fills is read as it is where no landmarks
        are found in it."""
        seen, reading = self._look(image)
        return seen if reading is None else _completed(seen, reading, neutral)

    def neutral(self, image: ByteImage, name: str) -> Neutral:
        """The face at rest in a picture. Raises `DataError` if there is none, or not all of it, or several."""
        seen, reading = self._look(image)
        if reading is None:
            what = "shows no face"
        elif seen.faces > 1:
            what = f"shows {seen.faces} faces"
        elif reading.hidden:
            what = "hides a part of the face"
        else:
            return Neutral(reading.actions, name)
        raise DataError(f"{name} {what}: give a picture of the person with a relaxed face.")

    def close(self) -> None:
        """Free the networks."""
        self._open.close()

    def _look(self, image: ByteImage) -> tuple[Observation, Reading | None]:
        """What is seen of a picture before it is read, and the reading, or None where no face is."""
        frame = Frame(image, 0, 0.0)
        faces = still_faces(image, self._detector, self._landmarker, self._settings.tracker.min_presence)
        if faces:
            face = faces[0]
            crop, pose = align(frame, face), self._pose(face)
            quality = judge(frame, face, pose, crop, self._settings.quality)
            seen = Observation(frame, len(faces), quality.reasons, {}, Track(1, 0.0, 0.0, face), pose, quality)
            return seen, self._read(crop, partial(align, frame, face))
        if not may_fill(image):
            return Observation(frame, 0, absence(frame, self._settings.quality), {}), None
        doubtful = Observation(frame, 1, (Reason.LOW_PRESENCE,), {})
        return doubtful, self._read(_filled(image), partial(_filled, image))


def _completed(seen: Observation, reading: Reading, neutral: Neutral | None) -> Observation:
    if reading.covered:
        return replace(seen, reasons=(*seen.reasons, Reason.HIDDEN))
    actions = relative(reading.actions, neutral)
    expressions = strongest(memberships(actions.both, float(reading.emotions[_NEUTRAL])))
    return replace(
        seen,
        emotions=reading.emotions,
        actions=actions,
        hidden=reading.hidden,
        neutral=neutral.version if neutral else NONE,
        expressions=expressions,
        disagree=disagree(expressions, reading.emotions),
        pain=pain(actions.both),
    )


def _filled(image: ByteImage, side: int = CROP_SIDE) -> ByteImage:
    """A picture that a face fills as a crop."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
