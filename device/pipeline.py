"""From a frame to an observation: the stages, read aloud."""

import time

from device.models import Models
from device.observation import Observation
from device.settings import Settings
from device.stages.action_units import ActionUnitEstimator
from device.stages.aligner import align
from device.stages.blendshapes import BlendshapeEstimator
from device.stages.detector import Detector
from device.stages.expression import ExpressionClassifier
from device.stages.features import FaceFeatures
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stages.smoother import Smoother
from device.stages.tracker import Tracker


class Pipeline:
    """Tracker, pose, aligner, quality gate, expression, action units, smoother, in that order."""

    def __init__(self, models: Models, settings: Settings) -> None:
        detector = Detector(models.short_range, models.full_range, settings.detector)
        self._track = Tracker(detector, Landmarker(models.landmarks), settings.tracker)
        self._pose = PoseEstimator(models.landmarks.bundle)
        self._express = ExpressionClassifier(models.expression)
        self._blend = BlendshapeEstimator(models.blendshapes)
        self._features = FaceFeatures(models.landmarks.bundle)
        self._estimate = ActionUnitEstimator(models.action_units)
        self._smooth_emotions = Smoother(settings.smoothing.emotions_tau_s)
        self._smooth_aus = Smoother(settings.smoothing.aus_tau_s)
        self._quality = settings.quality

    def __call__(self, frame: Frame) -> Observation:
        watch = _Stopwatch()
        sighting = self._track(frame)
        track = sighting.track
        watch.lap("detect")
        if track is None:
            self._forget()
            return Observation(frame, sighting.faces, absence(frame, self._quality), watch.total())

        pose = self._pose(track.face)
        crop = align(frame, track.face)
        quality = judge(track.face, pose, crop, self._quality)
        watch.lap("align")
        if quality.reasons:
            self._forget()
            return Observation(frame, sighting.faces, quality.reasons, watch.total(), track, pose, quality)

        emotions = self._smooth_emotions(self._express(crop), track.number, frame.time_s)
        watch.lap("emotions")
        features = self._features(track.face, self._blend(track.face))
        aus = self._smooth_aus(self._estimate(features).both, track.number, frame.time_s)
        watch.lap("aus")
        return Observation(frame, sighting.faces, (), watch.total(), track, pose, quality, emotions, aus)

    def _forget(self) -> None:
        """Nothing is carried over a frame that was not measured."""
        self._smooth_emotions.reset()
        self._smooth_aus.reset()


class _Stopwatch:
    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._ms: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._ms[stage], self._last = (now - self._last) * 1000, now

    def total(self) -> dict[str, float]:
        return self._ms | {"total": (time.perf_counter() - self._start) * 1000}
