"""From a frame to an observation: the stages, read aloud."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.labels import EMOTIONS, EXPRESSIONS, Reason
from device.models import Models
from device.observation import Observation
from device.settings import Settings
from device.stages.aligner import align
from device.stages.appearance import AppearanceActionUnits, merged
from device.stages.calm import Measured
from device.stages.codes import CodeReader
from device.stages.detector import Detector
from device.stages.expression import ExpressionClassifier
from device.stages.expressions import disagree, memberships, pain, strongest
from device.stages.eyes import EyeMeter
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.neutral import NONE, Neutral, relative
from device.stages.personal import PersonalReader
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stages.reader import Actions, FaceReader, Reading
from device.stages.smoother import Smoother
from device.stages.tracker import Sighting, Track, Tracker
from device.stills import LEAST_PX, face_of, may_fill

_NEUTRAL = EMOTIONS.index("neutral")


class Eye:
    """What reads a crop: the face network, and those that are named to take its place for some of it."""

    def __init__(self, models: Models) -> None:
        self._read = FaceReader(models.face)
        self._express = ExpressionClassifier(models.expression) if models.expression else None
        self._units = AppearanceActionUnits(models.action_units) if models.action_units else None

    def __call__(self, crop: ByteImage, at_side: Callable[[int], ByteImage]) -> Reading:
        """The reading of an aligned crop; `at_side` makes it in another size, for networks that want one."""
        reading = self._read(crop)
        if self._express is not None:
            reading = replace(reading, emotions=self._express(crop))
        if self._units is not None:
            reading = merged(reading, self._units(at_side(self._units.side)))
        return reading


class Pipeline:
    """Tracker, pose, aligner, quality gate, the reading of the face, eyes, codes, expressions, in that order.

    Attributes:
        own: what watches the own movement of the person who is watched, None where nothing does; may be set between
            any two frames. Whoever sets it closes it, when no frame is looked at.
    """

    def __init__(
        self,
        models: Models,
        settings: Settings,
        rest: Neutral | None = None,
        gate: bool = True,
        own: PersonalReader | None = None,
    ) -> None:
        """Connect the stages.

        Args:
            models: the loaded networks.
            settings: those of the stages.
            rest: the face at rest of the person who is watched, if it is known.
            gate: whether a frame that fails the quality gate carries no guess, as on the box always.
            own: see there.
        """
        detector = Detector(models.short_range, models.full_range, settings.detector)
        self._landmarker = Landmarker(models.landmarks)
        self._track = Tracker(detector, self._landmarker, settings.tracker)
        self._min_presence = settings.tracker.min_presence
        self._gate = gate
        self.own = own
        self._pose = PoseEstimator(models.landmarks.bundle)
        self._read = Eye(models)
        self._rest = rest
        self._eyes = EyeMeter()
        self._codes = CodeReader()
        self._smooth_emotions = Smoother(settings.smoothing.emotions_tau_s)
        self._smooth_expressions = Smoother(settings.smoothing.emotions_tau_s)
        self._smooth_units = [Smoother(settings.smoothing.aus_tau_s) for _ in range(3)]
        self._quality = settings.quality

    def __call__(self, frame: Frame) -> Observation:
        watch = _Stopwatch()
        sighting = self._sighted(frame)
        track, others = sighting.track, sighting.others
        watch.lap("detect")
        if track is None:
            self._forget()
            reasons = absence(frame, sighting.refused, self._quality)
            return Observation(frame, sighting.faces, reasons, watch.total(), others=others)

        pose = self._pose(track.face)
        crop = align(frame, track.face)
        quality = judge(frame, track.face, pose, crop, self._quality)
        watch.lap("align")
        if quality.reasons and self._gate:
            self._forget()
            refused = quality.reasons
            return Observation(frame, sighting.faces, refused, watch.total(), track, pose, quality, others=others)

        when = track.number, frame.time_s
        reading = self._read(crop, lambda side: align(frame, track.face, side))
        watch.lap("read")
        own = self.own
        personal = own(crop) if own and not reading.hidden and not quality.reasons else None
        if own:
            watch.lap("personal")
        if reading.covered:
            self._forget()
            reasons = (*quality.reasons, Reason.HIDDEN)
            return Observation(frame, sighting.faces, reasons, watch.total(), track, pose, quality, others=others)

        emotions = self._smooth_emotions(reading.emotions, *when)
        actions = self._smoothed(relative(reading.actions, self._rest), *when)
        eyes = self._eyes(track.face, reading.actions.of("AU43"), *when)
        codes = self._codes(track.face, pose, eyes.open, *when)
        expressions = self._expressed(actions, emotions, *when)
        watch.lap("interpret")
        return Observation(
            frame,
            sighting.faces,
            quality.reasons,
            watch.total(),
            track,
            pose,
            quality,
            emotions,
            actions,
            reading.hidden,
            Measured(frame.time_s, track.number, reading.actions, pose, quality),
            self._rest.version if self._rest else NONE,
            eyes,
            codes,
            expressions,
            disagree(expressions, np.maximum(emotions, reading.emotions)),  # emotions are smoothed longer: they lag
            pain(actions.both),
            others,
            personal,
        )

    def spare(self, sparing: bool) -> None:
        """Whether to spare looks for far faces while nobody is there; may be called between any two frames."""
        self._track.spare(sparing)

    def _sighted(self, frame: Frame) -> Sighting:
        """Who is followed, and in a small picture in which nobody is found the face that fills it."""
        if min(frame.image.shape[:2]) < LEAST_PX:
            return Sighting(None, 0)
        sighting = self._track(frame)
        if sighting.faces == 0 and may_fill(frame.image):
            face = face_of(frame, self._landmarker)
            if face.presence >= self._min_presence:
                return Sighting(Track(1, frame.time_s, frame.time_s, face), 1)
        return sighting

    def _smoothed(self, actions: Actions, track: int, time_s: float) -> Actions:
        views = (actions.both, actions.left, actions.right)
        return Actions(*(smooth(view, track, time_s) for smooth, view in zip(self._smooth_units, views, strict=True)))

    def _expressed(self, actions: Actions, emotions: FloatArray, track: int, time_s: float) -> dict[str, float]:
        found = memberships(actions.both, float(emotions[_NEUTRAL]))
        values = np.array([found.get(name, math.nan) for name in EXPRESSIONS], np.float32)
        smooth = self._smooth_expressions(values, track, time_s).tolist()
        return strongest({name: smooth[at] for at, name in enumerate(EXPRESSIONS) if name in found})

    def _forget(self) -> None:
        """Nothing is carried over a frame that was not measured."""
        self._eyes.reset()
        self._codes.reset()
        for smoother in (self._smooth_emotions, self._smooth_expressions, *self._smooth_units):
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
