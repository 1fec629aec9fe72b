"""The course of a simulated session, frame by frame: what the face does, and what of it could be measured.

A unit *acts*: it swells, holds and fades. How often it does so in a phase, and how strongly, follows its activity
there (`truth.py`); the acts themselves come by chance. All units act for themselves, so that what is planted in one is
in no other. Rates, speeds and noise are our own choice, near what faces that talk do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, LOWER, Reason
from training.cohort.plan import Plan
from training.cohort.truth import KEYS, Floats

Flags = NDArray[np.bool_]
REASONS = (Reason.TURNED_AWAY, Reason.TOO_DARK)
SEEN = -1
OF_LOWER = np.array([unit.part == LOWER for unit in ACTION_UNITS])
SIDED = np.array([unit.sided for unit in ACTION_UNITS])
EYES = ACTION_UNIT_KEYS.index("AU43")
_USUAL_RATE, _BLINKS = 2.0, 16.0  # a minute
_RATES = {"AU12": 3.0, "AU6": 2.5, "AU4": 2.5, "AU25": 4.0, "AU26": 3.0}
_RATE_GAIN, _FORCE_GAIN = 0.4, 0.28  # of a standard deviation of activity, in logarithms
_REGULAR = 8.0  # shape of the gamma distribution of the pauses: acts do not come in bunches
_NOISE = 0.1
#: Emotion → bias, and weights of action units; made up so that emotions mostly go with the face.
_LOGITS: dict[str, tuple[float, dict[str, float]]] = {
    "neutral": (2.4, {}),
    "happiness": (-0.6, {"AU12": 1.5, "AU6": 0.5, "AU15": -0.8}),
    "surprise": (-1.0, {"AU2": 1.1, "AU5": 0.8}),
    "sadness": (-0.5, {"AU15": 1.1, "AU1": 0.6, "AU17": 0.3}),
    "anger": (-1.0, {"AU4": 1.0, "AU7": 0.6}),
    "disgust": (-1.4, {"AU9": 1.4, "AU10": 0.6}),
    "fear": (-1.6, {"AU20": 1.0, "AU5": 0.5}),
    "contempt": (-1.4, {"AU14": 1.2}),
}


@dataclass(frozen=True, eq=False)
class Course:
    """What happens in a session; N frames.

    Attributes:
        hz: frames a second.
        phases: name, and first frame of each; they follow each other.
        aus: (N, 22) intensities 0–5; NaN where not measured.
        sides: (N, 22) left less right.
        emotions: (N, 8) probabilities; NaN where not measured.
        gated: (N,) why the frame was not measured, index of `REASONS`; `SEEN` where it was.
        hidden: (N,) whether something hides the lower face.
        yaw, pitch: (N,) degrees.
    """

    hz: float
    phases: tuple[tuple[str, int], ...]
    aus: Floats
    sides: Floats
    emotions: Floats
    gated: NDArray[np.int8]
    hidden: Flags
    yaw: Floats
    pitch: Floats

    def __len__(self) -> int:
        return len(self.gated)


def course(
    plan: Plan, activity: Floats, held: Flags, away: float, longer: float, chance: np.random.Generator
) -> Course:
    """The course of one session.

    Args:
        plan: of the cohort.
        activity: (S, K) of this person in this session.
        held: (S,) whether a phase was held.
        away: share of the time in which the face is turned away.
        longer: by how much every phase is longer than planned.
        chance: of this session.
    """
    parts, phases, first = [], [], 0
    for (name, minutes), active, is_held in zip(plan.lengths.items(), activity, held, strict=True):
        if is_held:
            count = max(round(minutes * longer * 60 * plan.hz), 1)
            parts.append(_Part(plan, active, count, chance))
            phases.append((name, first))
            first += count
    aus = np.concatenate([np.zeros((0, len(ACTION_UNITS))), *(part.aus for part in parts)])
    gated = _gated(plan, first, away, chance)
    hidden = stretches(first, plan.hidden, 20 * plan.hz, chance)
    emotions, yaw, pitch = (
        np.concatenate([nothing, *(getattr(part, name) for part in parts)])
        for name, nothing in (("emotions", np.zeros((0, len(EMOTIONS)))), ("yaw", np.zeros(0)), ("pitch", np.zeros(0)))
    )
    uneven = chance.normal(0.0, 0.2, len(ACTION_UNITS)) * SIDED
    sides = aus * uneven
    aus[np.ix_(hidden, OF_LOWER)] = np.nan
    aus[gated != SEEN], emotions[gated != SEEN] = np.nan, np.nan
    yaw[gated == REASONS.index(Reason.TURNED_AWAY)] += 48.0
    return Course(plan.hz, tuple(phases), aus.round(2), sides, emotions, gated, hidden, yaw.round(1), pitch.round(1))


class _Part:
    """One phase: (n, 22) intensities, (n, 8) emotions, (n,) yaw and pitch."""

    def __init__(self, plan: Plan, active: Floats, count: int, chance: np.random.Generator) -> None:
        self._hz, self._count, self._chance = plan.hz, count, chance
        self._active = dict(zip(KEYS, active.tolist(), strict=True))
        noise = _NOISE * np.exp(0.3 * self._active["movement"])
        aus = np.stack([self._unit(key) for key in ACTION_UNIT_KEYS], 1)
        self.aus = np.clip(aus + chance.normal(0.0, noise, aus.shape), 0.0, 5.0)
        self.emotions = self._emotions()
        self.yaw, self.pitch = self._head(12.0), self._head(5.0)

    def _unit(self, key: str) -> Floats:
        found = np.zeros(self._count)
        if key == "AU43":
            return self._blinks(found)
        strength = self._active[key]
        rate = _RATES.get(key, _USUAL_RATE) * np.exp(_RATE_GAIN * strength)
        for at in self._moments(rate):
            shape = self._swell(2.3 * np.exp(_FORCE_GAIN * strength))[: self._count - at]
            found[at : at + len(shape)] = np.maximum(found[at : at + len(shape)], shape)
        return found

    def _moments(self, rate: float) -> list[int]:
        """Frames at which acts begin, of so many a minute: a renewal process."""
        pause_s, lasts_s = 60 / rate, self._count / self._hz
        wanted = int(2 * lasts_s / pause_s) + 8
        pauses = self._chance.gamma(_REGULAR, pause_s / _REGULAR, wanted)
        pauses[0] *= self._chance.random()
        begins = np.cumsum(pauses)
        return [int(at * self._hz) for at in begins[begins < lasts_s].tolist()]

    def _swell(self, force: float) -> Floats:
        """Onset, apex and offset of one act, as intensity."""
        apex = float(np.clip(force * self._chance.normal(1.0, 0.2), 1.2, 5.0))
        onset_s, offset_s = self._chance.uniform(0.3, 0.9), self._chance.uniform(0.6, 1.6)
        hold_s = 0.3 + self._chance.gamma(2.0, 0.5)
        total_s = onset_s + hold_s + offset_s
        times = np.arange(0, total_s, 1 / self._hz)
        shape: Floats = apex * np.clip(np.minimum(times / onset_s, (total_s - times) / offset_s), 0.0, 1.0)
        return shape

    def _blinks(self, found: Floats) -> Floats:
        lasts = max(1, round(0.22 * np.exp(0.25 * self._active["closing"]) * self._hz))
        for at in self._moments(_BLINKS * np.exp(0.3 * self._active["AU43"])):
            found[at : at + lasts] = 4.5
        return found

    def _emotions(self) -> Floats:
        turns = max(2, round(self._count / self._hz / 4.0 * np.exp(0.4 * self._active["transitions"])))
        return emotions_of(self.aus, turns, np.exp(0.25 * self._active["entropy"]), self._chance)

    def _head(self, degrees: float) -> Floats:
        seconds = np.arange(self._count) / self._hz
        speed = np.exp(0.3 * self._active["head"])
        turn = degrees * np.sin(seconds * speed / self._chance.uniform(5.0, 9.0) + self._chance.uniform(0, 6))
        found: Floats = turn + self._chance.normal(0.0, 0.15 * speed, self._count)
        return found


def emotions_of(aus: Floats, turns: int, vagueness: float, chance: np.random.Generator) -> Floats:
    """(N, 8) probabilities of emotions: a softmax of a few sums of units, with something that drifts.

    Args:
        aus: (N, 22) intensities.
        turns: how often what drifts changes.
        vagueness: 1 is usual; of twice as much, logits are half as far apart.
    """
    weights = np.array([[_LOGITS[name][1].get(key, 0.0) for name in EMOTIONS] for key in ACTION_UNIT_KEYS])
    drift = chance.normal(0.0, 1.2, (turns, len(EMOTIONS)))
    at = np.minimum(np.arange(len(aus)) * turns // len(aus), turns - 1)
    logits = np.array([_LOGITS[name][0] for name in EMOTIONS]) + aus @ weights + drift[at]
    logits /= 1.2 * vagueness
    powers = np.exp(logits - logits.max(1, keepdims=True))
    found: Floats = np.round(powers / powers.sum(1, keepdims=True), 3)
    return found


def _gated(plan: Plan, count: int, away: float, chance: np.random.Generator) -> NDArray[np.int8]:
    """(N,) where nothing could be measured, and why."""
    gated = np.full(count, SEEN, np.int8)
    gated[stretches(count, away, 5 * plan.hz, chance)] = REASONS.index(Reason.TURNED_AWAY)
    if plan.faults.blind:
        gated[:] = REASONS.index(Reason.TOO_DARK)
    return gated


def stretches(count: int, share: float, usual: float, chance: np.random.Generator) -> Flags:
    """(N,) about this share of the frames, in stretches of about so many."""
    found = np.zeros(count, bool)
    wanted = share * count
    while count and found.sum() < wanted - usual / 2:
        at = int(chance.integers(count))
        found[at : at + int(usual * chance.uniform(0.4, 1.6))] = True
    return found
