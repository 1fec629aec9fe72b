"""From a frame to an observation: the stages, read aloud."""

import time

from device.models import Models
from device.observation import Observation
from device.settings import Settings
from device.stages.action_units import Actions, ActionUnitEstimator
from device.stages.aligner import align
from device.stages.blendshapes import BlendshapeEstimator
from device.stages.calm import Measured
from device.stages.codes import CodeReader
from device.stages.detector import Detector
from device.stages.expression import ExpressionClassifier
from device.stages.expressions import memberships, pain, strongest
from device.stages.eyes import EyeMeter
from device.stages.features import FaceFeatures
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.neutral import Baseline, Neutral, bounded
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stages.smoother import Smoother
from device.stages.tracker import Tracker


class Pipeline:
    """Tracker, pose, aligner, quality gate, expression, action units, eyes, codes, expressions, in that order."""

    def __init__(self, models: Models, settings: Settings, calibrated: Neutral | None = None) -> None:
        """`calibrated` is the face at rest of the person whom the settings name, if there is one."""
        detector = Detector(models.short_range, models.full_range, settings.detector)
        self._track = Tracker(detector, Landmarker(models.landmarks), settings.tracker)
        self._pose = PoseEstimator(models.landmarks.bundle)
        self._express = ExpressionClassifier(models.expression)
        self._blend = BlendshapeEstimator(models.blendshapes)
        self._features = FaceFeatures(models.landmarks.bundle)
        self._estimate = ActionUnitEstimator(models.action_units)
        self._baseline = Baseline(settings.neutral, models.action_units.manifest.id, calibrated)
        self._eyes = EyeMeter()
        self._codes = CodeReader()
        self._smooth_emotions = Smoother(settings.smoothing.emotions_tau_s)
        self._smooth_actions = {view: Smoother(settings.smoothing.aus_tau_s) for view in ("both", "left", "right")}
        self._smooth_expressions = Smoother(settings.smoothing.emotions_tau_s)
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

        when = track.number, frame.time_s
        emotions = self._smooth_emotions(self._express(crop), *when)
        watch.lap("emotions")
        blendshapes = self._blend(track.face)
        features = self._features(track.face, blendshapes)
        measured = Measured(frame.time_s, track.number, features, self._estimate(features), emotions, pose, quality)
        neutral = self._baseline.label(track.number)
        actions = self._smoothed(self._relative(measured), *when)
        eyes = self._eyes(track.face, blendshapes, *when)
        codes = self._codes(track.face, pose, blendshapes, eyes.open, *when)
        expressions = strongest(self._smooth_expressions(memberships(actions.both), *when))
        watch.lap("aus")
        return Observation(
            frame,
            sighting.faces,
            (),
            watch.total(),
            track,
            pose,
            quality,
            emotions,
            actions,
            measured,
            neutral,
            eyes,
            codes,
            expressions,
            pain(actions.both),
        )

    def _relative(self, measured: Measured) -> Actions:
        """Action units after the person's face at rest, or before there is one, when it is collected."""
        neutral = self._baseline.of(measured.track)
        if neutral is None:
            self._baseline.watch(measured)
            return measured.actions
        relative = self._estimate(measured.features, neutral.features)
        return bounded(measured.actions, relative) if neutral.automatic else relative

    def _smoothed(self, actions: Actions, track: int, time_s: float) -> Actions:
        views = self._smooth_actions.items()
        return Actions(**{view: smooth(getattr(actions, view), track, time_s) for view, smooth in views})

    def _forget(self) -> None:
        """Nothing is carried over a frame that was not measured."""
        self._baseline.reset()
        self._eyes.reset()
        self._codes.reset()
        for smoother in (self._smooth_emotions, self._smooth_expressions, *self._smooth_actions.values()):
            smoother.reset()


class _Stopwatch:
    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._ms: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._ms[stage], self._last = (now - self._last) * 1000, now

    def total(self) -> dict[str, float]:
        return self._ms | {"total": (time.perf_counter() - self._start) * 1000}
