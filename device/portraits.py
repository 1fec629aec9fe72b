"""The box's stages on still pictures: no tracking, no smoothing, and no gate but a face that can be found."""

from contextlib import ExitStack

from device.arrays import ByteImage
from device.closing import Closing
from device.contract.errors import DataError
from device.models import open_models
from device.observation import Observation
from device.settings import Settings
from device.stages.action_units import ActionUnitEstimator
from device.stages.aligner import align
from device.stages.blendshapes import BlendshapeEstimator
from device.stages.detector import Detector
from device.stages.expressions import pain
from device.stages.features import FaceFeatures
from device.stages.frame import Frame
from device.stages.landmarks import Face, Landmarker
from device.stages.neutral import NONE, Neutral
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stills import still_face


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
            self._blend = BlendshapeEstimator(models.blendshapes)
            self._features = FaceFeatures(models.landmarks.bundle)
            self._estimate = ActionUnitEstimator(models.action_units)
            self._open = stack.pop_all()

    def __call__(self, image: ByteImage, neutral: Neutral | None = None) -> Observation:
        """What is seen in a picture (height, width, 3) BGR; `reasons` are doubts here, and do not keep from a guess
        where a face is found."""
        frame, face = Frame(image, 0, 0.0), self._face(image)
        if face is None:
            return Observation(frame, 0, absence(frame, self._settings.quality), {})
        pose = self._pose(face)
        quality = judge(face, pose, align(frame, face), self._settings.quality)
        features = self._features(face, self._blend(face))
        actions = self._estimate(features, neutral.features if neutral else None)
        return Observation(
            frame,
            1,
            quality.reasons,
            {},
            pose=pose,
            quality=quality,
            actions=actions,
            neutral=neutral.version if neutral else NONE,
            pain=pain(actions.both),
        )

    def neutral(self, image: ByteImage, name: str) -> Neutral:
        """The face at rest in a picture. Raises `DataError` if there is none."""
        face = self._face(image)
        if face is None:
            raise DataError(f"{name} shows no face: give a picture of the person with a relaxed face.")
        return Neutral(self._features(face, self._blend(face)), name)

    def close(self) -> None:
        """Free the networks."""
        self._open.close()

    def _face(self, image: ByteImage) -> Face | None:
        return still_face(image, self._detector, self._landmarker, self._settings.tracker.min_presence)
