"""How a simulated child's face moves, and how severe what is planted in it is at every moment.

A child shows one expression after another: each is a few action units that swell, hold and fade together, on both
sides. Into each, something of a severity from 0 to 1 is planted:

    asynchrony   units, and the two sides of a unit, begin up to so much later than each other
    asymmetry    one side acts more strongly
    jerk         the movement swells and sinks again once or twice a second

Expressions, rates, speeds and sizes are our own choice; real children differ in ways that nobody has planted.
"""

from dataclasses import dataclass

import numpy as np

from device.contract.labels import ACTION_UNIT_KEYS, Reason
from training.atypicality.plan import Plan
from training.cohort.course import EYES, REASONS, SEEN, SIDED, Course, emotions_of, stretches
from training.cohort.truth import Floats

#: What the face shows as a whole: action units that act together.
_EXPRESSIONS = (
    ("AU6", "AU12", "AU25"),
    ("AU1", "AU2", "AU5", "AU26"),
    ("AU1", "AU4", "AU15", "AU17"),
    ("AU4", "AU7", "AU23", "AU24"),
    ("AU9", "AU10", "AU17"),
    ("AU12", "AU14"),
)
_LATER_S, _SIDE_LATER_S, _UNEVEN, _JERK = 0.9, 0.6, 0.75, 0.7
_REGULAR = 6.0  # shape of the gamma distribution of the pauses
_NOISE = 0.08
#: How far a child's own severity spreads about its group's, and that of an expression about the child's.
_CHILD, _ACT, _KIND = 0.12, 0.15, 0.08
#: Intensity, summed over units, of a face that hardly moves: what is planted in less than it, nobody sees.
_STILL = 1.0


@dataclass(frozen=True, eq=False)
class Acted:
    """What a child does, N frames: the `course` as recordings have it, and (N,) the `severity` (0–1) that shows, with
    the `weight` that it has for whoever looks: how much the face moves."""

    course: Course
    severity: Floats
    weight: Floats

    def rating(self, from_s: Floats, to_s: Floats) -> Floats:
        """(W,) what somebody who sees exactly right would rate each stretch of time, from 1 to 5."""
        severe, weighs = (np.append(0.0, np.cumsum(of)) for of in (self.severity * self.weight, self.weight))
        first, last = (
            np.clip(np.round(at * self.course.hz), 0, len(self.weight)).astype(int) for at in (from_s, to_s)
        )
        still = _STILL * (last - first)
        found: Floats = 1 + 4 * (severe[last] - severe[first]) / (weighs[last] - weighs[first] + still)
        return np.clip(1 + (found - 1) * (1 + _STILL), 1.0, 5.0)


def acted(plan: Plan, group: str, chance: np.random.Generator) -> Acted:
    """One child of a group."""
    count = max(round(plan.minutes * 60 * plan.hz), 1)
    own = float(np.clip(chance.normal(plan.severity[group], _CHILD), 0.0, 1.0))
    left, right = np.zeros((2, count, len(ACTION_UNIT_KEYS)))
    severity, weight = np.zeros(count), np.full(count, 1e-9)
    for begin_s in _moments(plan, chance):
        severe = float(np.clip(chance.normal(own, _ACT), 0.0, 1.0))
        moved = _Act(plan, severe, begin_s, count, chance)
        np.maximum(left, moved.left, out=left)
        np.maximum(right, moved.right, out=right)
        shown = (moved.left + moved.right).sum(axis=1) / 2
        severity += moved.severity * shown
        weight += shown
    return Acted(_course(plan, left, right, chance), severity / weight, weight)


def _moments(plan: Plan, chance: np.random.Generator) -> list[float]:
    """When expressions begin, seconds."""
    lasts_s = plan.minutes * 60
    pauses = chance.gamma(_REGULAR, plan.pause_s / _REGULAR, int(2 * lasts_s / plan.pause_s) + 8)
    pauses[0] *= chance.random()
    begins = np.cumsum(pauses)
    return [float(at) for at in begins[begins < lasts_s]]


class _Act:
    """One expression: (N, 22) intensities of each side, and the severity of all that is planted in it."""

    def __init__(self, plan: Plan, severe: float, begin_s: float, count: int, chance: np.random.Generator) -> None:
        kinds = np.clip(chance.normal(severe, _KIND, 3), 0.0, 1.0)
        self.severity = float(kinds.mean())
        self._later, self._uneven, self._jerk = (kinds * plan.shows).tolist()
        self._onset_s, self._hold_s, self._offset_s = chance.uniform((0.3, 0.6, 0.5), (0.7, 1.8, 1.0)).tolist()
        self._seconds = np.arange(count) / plan.hz - begin_s
        self._chance = chance
        self.left, self.right = np.zeros((2, count, len(ACTION_UNIT_KEYS)))
        stronger = 1 if chance.random() < 0.5 else -1
        for key in _EXPRESSIONS[int(chance.integers(len(_EXPRESSIONS)))]:
            self._unit(ACTION_UNIT_KEYS.index(key), stronger)

    def _unit(self, at: int, stronger: int) -> None:
        apex = float(np.clip(self._chance.normal(3.0, 0.5), 1.5, 4.5))
        later_s = self._later * _LATER_S * self._chance.random()
        between_s = self._later * _SIDE_LATER_S * stronger * self._chance.uniform(0.6, 1.4) * SIDED[at]
        uneven = (self._uneven * _UNEVEN * stronger + self._chance.normal(0.0, 0.05)) * SIDED[at]
        pace, phase = self._chance.uniform(1.0, 2.0), self._chance.uniform(0.0, 2 * np.pi)
        for side, sign in ((self.left, 1), (self.right, -1)):
            seconds = self._seconds - later_s - sign * between_s / 2
            jerk = 1 - self._jerk * _JERK * (1 + np.sin(2 * np.pi * pace * seconds + phase)) / 2
            side[:, at] = apex * np.clip(1 + sign * uneven, 0.0, 2.0) * self._swell(seconds) * jerk

    def _swell(self, seconds: Floats) -> Floats:
        """(N,) 0–1: onset, hold and offset of a movement that begins at 0."""
        ends_s = self._onset_s + self._hold_s + self._offset_s
        found: Floats = np.clip(np.minimum(seconds / self._onset_s, (ends_s - seconds) / self._offset_s), 0.0, 1.0)
        return found


def _course(plan: Plan, left: Floats, right: Floats, chance: np.random.Generator) -> Course:
    """What of it is measured."""
    count = len(left)
    aus = np.clip((left + right) / 2 + chance.normal(0.0, _NOISE, left.shape), 0.0, 5.0)
    blinks = chance.random(count) < 0.25 / plan.hz
    aus[:, EYES] = np.where(blinks, 4.5, 0.0)
    sides = (left - right + chance.normal(0.0, _NOISE, left.shape)) * SIDED
    sides[:, EYES] = 0.0
    emotions = emotions_of(aus, max(2, count // int(4 * plan.hz)), 1.0, chance)
    gated = np.full(count, SEEN, np.int8)
    gated[stretches(count, plan.away, 3 * plan.hz, chance)] = REASONS.index(Reason.TURNED_AWAY)
    aus[gated != SEEN], emotions[gated != SEEN] = np.nan, np.nan
    seconds = np.arange(count) / plan.hz
    yaw = 8.0 * np.sin(seconds / chance.uniform(1.0, 2.0)) + 48.0 * (gated != SEEN)
    hidden = np.zeros(count, bool)
    return Course(plan.hz, (), aus.round(2), sides, emotions, gated, hidden, yaw.round(1), np.zeros(count))
