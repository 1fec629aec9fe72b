"""When a face is at rest: which frames may say what a person's neutral face looks like.

A frame is calm when the picture is good, the face whole and frontal, no action unit stands out, and for half a second
before nothing has moved. What moves is told by action units that leave their own running mean (0.2 s): pauses within
speech are shorter than the half second.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from device.arrays import Array, FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, Tier
from device.stages.pose import Pose
from device.stages.quality import Quality
from device.stages.reader import Actions

_SETTLE_S = 0.5
_GAP_S = 0.5
_MEAN_TAU_S = 0.2
_MIN_PRESENCE, _MIN_SHARPNESS = 0.9, 0.2
_MAX_YAW, _MAX_PITCH, _MAX_ROLL = 15.0, 20.0, 15.0
_MAX_HEAD_DEG = 3.0  # away from the running mean
_MAX_MOVE = 1.0  # intensity away from the running mean
_MOUTH = {"AU25", "AU26"}
#: Above this a unit is no rest. Somebody has asked the person to relax, so what is weak is taken for anatomy.
_LIMITS = {Tier.REPORTED: 2.0, Tier.LOW_CONFIDENCE: 3.0, Tier.EXPERIMENTAL: math.inf}
_LIMIT = np.array([_LIMITS[unit.tier] for unit in ACTION_UNITS], np.float32)
_MOVING = np.array([unit.tier is not Tier.EXPERIMENTAL for unit in ACTION_UNITS])


class Unrest(Enum):
    """Why a frame is not calm, in words."""

    PICTURE = "the picture is too poor"
    HIDDEN = "a part of the face is hidden"
    TURNED = "the face is turned away"
    SMILE = "the person smiles"
    EYES = "the eyes are closed or blink"
    MOUTH = "the mouth is open or moves"
    EXPRESSION = "the face is not relaxed"
    MOVEMENT = "there is too much movement"
    SETTLING = "the face has only just come to rest"


@dataclass(frozen=True, eq=False)
class Measured:
    """What the stages say of a frame that passed the quality gate: its time, the number of the track, action units as
    they are read, pose and quality."""

    time_s: float
    track: int
    actions: Actions
    pose: Pose
    quality: Quality


class CalmMeter:
    """Judges the frames of one track after the other."""

    def __init__(self) -> None:
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
        unrest = _poor(seen) or self._moving(seen) or _active(seen)
        self._time_s = seen.time_s
        if unrest is not None:
            self._restless_s = seen.time_s
            return unrest
        self._restless_s = min(self._restless_s, seen.time_s)
        return Unrest.SETTLING if seen.time_s - self._restless_s < _SETTLE_S else None

    def _moving(self, seen: Measured) -> Unrest | None:
        now = np.concatenate([seen.actions.both, (seen.pose.yaw, seen.pose.pitch, seen.pose.roll)])
        if self._mean is None:
            self._mean = now
            return None
        away = np.abs(now - self._mean)
        self._mean = self._mean - math.expm1((self._time_s - seen.time_s) / _MEAN_TAU_S) * (now - self._mean)
        moved = _named((away[:-3] > _MAX_MOVE) & _MOVING)
        if moved:
            return Unrest.EYES if "AU43" in moved else Unrest.MOUTH if moved & _MOUTH else Unrest.EXPRESSION
        return Unrest.MOVEMENT if away[-3:].max() > _MAX_HEAD_DEG else None


def _active(seen: Measured) -> Unrest | None:
    active = _named(seen.actions.both > _LIMIT)
    if "AU12" in active:
        return Unrest.SMILE
    if active & _MOUTH:
        return Unrest.MOUTH
    if "AU43" in active:
        return Unrest.EYES
    return Unrest.EXPRESSION if active else None


def _poor(seen: Measured) -> Unrest | None:
    if seen.quality.presence < _MIN_PRESENCE or seen.quality.sharpness < _MIN_SHARPNESS:
        return Unrest.PICTURE
    if not np.isfinite(seen.actions.both).all():
        return Unrest.HIDDEN
    turned = abs(seen.pose.yaw) > _MAX_YAW or abs(seen.pose.pitch) > _MAX_PITCH or abs(seen.pose.roll) > _MAX_ROLL
    return Unrest.TURNED if turned else None


def _named(mask: Array) -> set[str]:
    return {key for key, there in zip(ACTION_UNIT_KEYS, mask.tolist(), strict=True) if there}
