"""When a face is at rest: which frames may say what a person's neutral face looks like.

A frame is calm when the picture is good, the face frontal, no action unit or emotion stands out, and for half a second
before nothing has moved that an expression, a blink or speech would move. All of it is judged on estimates without any
neutral face of the person, so that a wrong one could never confirm itself.

Speech is told by the mouth: `jaw…` and `mouth…` blendshapes that leave their own running mean (0.2 s). Pauses within
speech are shorter than the half second.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import ACTION_UNITS, BLENDSHAPES, Tier
from device.stages.action_units import Actions
from device.stages.pose import Pose
from device.stages.quality import Quality

_SETTLE_S = 0.5
_GAP_S = 0.5
_MEAN_TAU_S = 0.2
_MIN_PRESENCE, _MIN_SHARPNESS = 0.9, 0.2
_MAX_YAW, _MAX_PITCH, _MAX_ROLL = 15.0, 20.0, 15.0
_MAX_HEAD_DEG = 3.0  # away from the running mean
#: First part of a blendshape's name → most that it may be away from its running mean; gaze may wander.
_MOVES = {"mouthPress": 0.15, "mouth": 0.06, "jaw": 0.06, "brow": 0.1, "eyeLook": math.inf, "eye": 0.15, "": math.inf}
_MAX_MOVE = np.array([next(most for start, most in _MOVES.items() if name.startswith(start)) for name in BLENDSHAPES])
_MOUTH = np.array([name.startswith(("mouth", "jaw")) for name in BLENDSHAPES])
_BLINK = np.array([name.startswith("eyeBlink") for name in BLENDSHAPES])
_JUDGED = tuple(unit for unit in ACTION_UNITS if unit.tier is not Tier.EXPERIMENTAL)


class Unrest(Enum):
    """Why a frame is not calm, in words."""

    PICTURE = "the picture is too poor"
    TURNED = "the face is turned away"
    SMILE = "the person smiles"
    EYES = "the eyes are closed or blink"
    MOUTH = "the mouth is open or moves"
    EXPRESSION = "the face is not relaxed"
    MOVEMENT = "there is too much movement"
    SETTLING = "the face has only just come to rest"


@dataclass(frozen=True, eq=False)
class Measured:
    """What the stages before say of a frame that passed the quality gate.

    Attributes:
        time_s: the frame's time.
        track: number of the track.
        features: (F,), the last 52 of which are the blendshapes in the contract's order.
        actions: estimated without a neutral face of the person.
        emotions: probabilities; may be empty.
        pose: of the head.
        quality: of the picture.
    """

    time_s: float
    track: int
    features: FloatArray
    actions: Actions
    emotions: dict[str, float]
    pose: Pose
    quality: Quality


def blendshapes_of(features: FloatArray) -> FloatArray:
    """The blendshapes (52,) among features (F,)."""
    return features[-len(BLENDSHAPES) :]


def intensities(actions: Actions) -> FloatArray:
    """Intensity of each action unit that is more than experimental, on the side where it is stronger."""
    both, left, right = actions.both, actions.left, actions.right
    values = [max(both.get(u.key, 0.0), left.get(u.key, 0.0), right.get(u.key, 0.0)) for u in _JUDGED]
    return np.array(values, np.float32)


class CalmMeter:
    """Judges the frames of one track after the other."""

    def __init__(self, limits: Mapping[Tier, float], max_emotion: float) -> None:
        """Above the intensity in `limits` for its tier an action unit is no rest, nor is an emotion but 'neutral' that
        is likelier than `max_emotion`."""
        self._limits = np.array([limits[unit.tier] for unit in _JUDGED], np.float32)
        self._max_emotion = max_emotion
        self._track = 0
        self.reset()

    def reset(self) -> None:
        """A frame was not measured: rest must begin anew."""
        self._time_s = self._restless_s = math.inf
        self._mean: FloatArray | None = None

    def __call__(self, seen: Measured) -> Unrest | None:
        """Why the frame is not calm, or None when it is."""
        if seen.track != self._track or not 0 < seen.time_s - self._time_s <= _GAP_S:
            self._track = seen.track
            self.reset()
        unrest = self._moving(seen) or _poor(seen) or self._active(seen)
        self._time_s = seen.time_s
        if unrest is not None:
            self._restless_s = seen.time_s
            return unrest
        self._restless_s = min(self._restless_s, seen.time_s)
        return Unrest.SETTLING if seen.time_s - self._restless_s < _SETTLE_S else None

    def _moving(self, seen: Measured) -> Unrest | None:
        now = np.concatenate([blendshapes_of(seen.features), (seen.pose.yaw, seen.pose.pitch, seen.pose.roll)])
        if self._mean is None:
            self._mean = now
            return None
        away = now - self._mean
        self._mean = self._mean - math.expm1((self._time_s - seen.time_s) / _MEAN_TAU_S) * away
        over = np.abs(away[:-3]) > _MAX_MOVE
        if over.any():
            return Unrest.EYES if over[_BLINK].any() else Unrest.MOUTH if over[_MOUTH].any() else Unrest.EXPRESSION
        return Unrest.MOVEMENT if np.abs(away[-3:]).max() > _MAX_HEAD_DEG else None

    def _active(self, seen: Measured) -> Unrest | None:
        over = intensities(seen.actions) > self._limits
        active = {unit.key for unit, is_over in zip(_JUDGED, over, strict=True) if is_over} if over.any() else set()
        felt = {name for name, share in seen.emotions.items() if name != "neutral" and share > self._max_emotion}
        if "AU12" in active or "happiness" in felt:
            return Unrest.SMILE
        if active & {"AU25", "AU26"}:
            return Unrest.MOUTH
        if "AU43" in active:
            return Unrest.EYES
        return Unrest.EXPRESSION if active or felt else None


def _poor(seen: Measured) -> Unrest | None:
    if seen.quality.presence < _MIN_PRESENCE or seen.quality.sharpness < _MIN_SHARPNESS:
        return Unrest.PICTURE
    turned = abs(seen.pose.yaw) > _MAX_YAW or abs(seen.pose.pitch) > _MAX_PITCH or abs(seen.pose.roll) > _MAX_ROLL
    return Unrest.TURNED if turned else None
