"""What a face does in a recording: one movement after another, talk, blinks, glances; and how head and light drift."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from training.personal.simulate.idiolect import Idiolect, Movement
from training.personal.simulate.plan import Plan

Floats = NDArray[np.float64]
_SIDED = np.array([key in SIDED_KEYS for key in ACTION_UNIT_KEYS])
_LEFT, _RIGHT = 0, 1
#: A frame belongs to a movement from this share of its apex on.
ACTING = 0.35
#: Periods of what drifts, seconds, and how much of it each has (their squares make 1).
_WAVES = ((60.0, 0.6), (20.0, 0.5), (6.5, 0.47), (2.5, 0.41))
_REGULAR = 2.0  # shape of the gamma distribution of pauses
_LEAST_PAUSE_S, _TALK_S = 0.25, (2.5, 6.0)
_BLINK_S, _BLINK = 0.28, 5.0
#: How far the head is from the middle of the picture, in its heights, and how far its size differs; about.
_PLACE = (0.03, 0.02, 0.05)
#: What talk does: unit → intensity, and how often a second it comes.
_TALK = {"AU25": (2.6, 3.1), "AU26": (1.7, 2.3), "AU18": (1.1, 1.1), "AU16": (0.9, 1.7), "AU17": (0.7, 0.9)}


@dataclass(frozen=True, eq=False)
class Course:
    """N frames.

    Attributes:
        sides: (2, N, 22) intensities 0–5 of the person's left and right side; alike of units without sides.
        movement: (N,) number of the movement that acts; 0: none does.
        talking: (N,) whether somebody talks; loose: (N,) whether a unit acts by itself, of no movement.
        gaze: (N, 2) where the eyes turn, −1 to 1 to the person's left and up.
        pose: (N, 3) yaw, pitch and roll, degrees, with the records' signs.
        place: (N, 3) where the head is, in heads to the right and down, and how large, 1 as usual.
        light: (N, 3) how bright all is (1 as usual), and where the key light comes from: degrees to the right and up.
    """

    sides: Floats
    movement: NDArray[np.intp]
    talking: NDArray[np.bool_]
    loose: NDArray[np.bool_]
    gaze: Floats
    pose: Floats
    place: Floats
    light: Floats

    def __len__(self) -> int:
        return len(self.movement)

    @property
    def units(self) -> Floats:
        """(N, 22) intensities as FACS takes them: of the stronger side."""
        return np.asarray(self.sides.max(0))


def draw_course(plan: Plan, idiolect: Idiolect, chance: np.random.Generator) -> Course:
    """The course of a recording of somebody."""
    count = max(round(plan.seconds * plan.fps), 1)
    seconds = np.arange(count) / plan.fps
    acting = _Acting(plan, idiolect, seconds, chance)
    return Course(
        acting.sides,
        acting.movement,
        acting.talking,
        acting.loose,
        _glances(seconds, chance),
        _pose(plan, idiolect, seconds, chance),
        _drift(seconds, _PLACE, chance) + chance.normal(0, _PLACE) + (0, 0, 1),
        _light(plan, seconds, chance),
    )


class _Acting:
    """`sides`, `movement`, `talking` and `loose` of a course."""

    def __init__(self, plan: Plan, idiolect: Idiolect, seconds: Floats, chance: np.random.Generator) -> None:
        self._seconds, self._chance = seconds, chance
        self.sides = np.zeros((2, len(seconds), len(ACTION_UNIT_KEYS)))
        self.movement = np.zeros(len(seconds), np.intp)
        self.talking, self.loose = np.zeros((2, len(seconds)), bool)
        self._weakest = 1 - plan.subtle
        self._rest(idiolect)
        self._act(plan, idiolect)
        self._stray(plan.loose)
        self._blink(idiolect.blinks)
        self.sides[:, :, ~_SIDED] = self.sides[:, :, ~_SIDED].max(0)

    def _rest(self, idiolect: Idiolect) -> None:
        for key, (level, lean) in idiolect.resting.items():
            self._show(key, np.full(len(self._seconds), level), lean)

    def _act(self, plan: Plan, idiolect: Idiolect) -> None:
        """One after another, in each minute as often as the rates say; what is left of it is rest."""
        talks = plan.talk * 60 / (sum(_TALK_S) / 2)
        rates = np.array([*(one.rate for one in idiolect.movements), talks])
        busy_s = sum(one.rate * (one.onset_s + one.apex_s + one.offset_s) for one in idiolect.movements)
        pause_s = max((60 * (1 - plan.talk) - busy_s) / max(rates.sum(), 1e-9), _LEAST_PAUSE_S)
        at_s = pause_s * self._chance.random()
        while at_s < len(self._seconds) / plan.fps:
            deck = np.repeat(np.arange(len(rates)), np.floor(rates + self._chance.random(len(rates))).astype(int))
            for picked in self._chance.permutation(deck).tolist():
                ends_s = self._talk(at_s) if picked == len(rates) - 1 else self._move(idiolect.movements[picked], at_s)
                at_s = ends_s + max(self._chance.gamma(_REGULAR, pause_s / _REGULAR), _LEAST_PAUSE_S)
            at_s += 0 if len(deck) else 60.0

    def _move(self, movement: Movement, at_s: float) -> float:
        """A movement that begins then; returns when it is over."""
        tempo = np.array((movement.onset_s, movement.apex_s, movement.offset_s))
        tempo *= self._chance.normal(1.0, 0.12, 3).clip(0.6, 1.4)
        shape = _swell(self._seconds - at_s, *tempo.tolist())
        force = float(self._chance.uniform(self._weakest, 1.1))
        balance = float(np.clip(movement.balance + self._chance.normal(0.0, 0.06), -1, 1))
        for key, apex in movement.units.items():
            own = float(np.clip(self._chance.normal(1.0, 0.15), 0.5, 1.4))
            self._show(key, min(apex * force * own, 5.0) * shape, balance)
        self.movement[shape >= ACTING] = movement.number
        return at_s + float(tempo.sum())

    def _talk(self, at_s: float) -> float:
        lasts_s = float(self._chance.uniform(*_TALK_S))
        shape = _swell(self._seconds - at_s, 0.3, lasts_s - 0.6, 0.3)
        self.talking |= shape >= ACTING
        for key, (most, often) in _TALK.items():
            pace, phase = often * self._chance.uniform(0.8, 1.2), self._chance.uniform(0, 2 * np.pi, 2)
            wave = np.sin(2 * np.pi * pace * self._seconds + phase[0])
            wave = wave * (0.7 + 0.3 * np.sin(2 * np.pi * 0.37 * pace * self._seconds + phase[1]))
            self._show(key, most * shape * np.clip(wave, 0, None), 0.0)
        return at_s + lasts_s

    def _blink(self, rate: float) -> None:
        lasts_s = float(self._seconds[-1])
        pauses = self._chance.gamma(_REGULAR, 60 / rate / _REGULAR, int(lasts_s * rate / 15) + 8)
        for at_s in np.cumsum(pauses).tolist():
            self._show("AU43", _BLINK * _swell(self._seconds - at_s, _BLINK_S / 3, _BLINK_S / 3, _BLINK_S / 3), 0.0)

    def _stray(self, rate: float) -> None:
        """Units that act by themselves, one at a time, whatever else acts."""
        lasts_s = float(self._seconds[-1])
        for at_s in self._chance.uniform(0, lasts_s, self._chance.poisson(rate * lasts_s / 60)).tolist():
            key = str(self._chance.choice(ACTION_UNIT_KEYS))
            shape = _swell(self._seconds - at_s, *self._chance.uniform((0.2, 0.3, 0.3), (0.6, 1.2, 0.8)).tolist())
            self.loose |= shape >= ACTING
            self._show(key, float(self._chance.uniform(1.0, 4.0)) * shape, float(self._chance.uniform(-0.8, 0.8)))

    def _show(self, key: str, intensity: Floats, balance: float) -> None:
        """At least this intensity (N,) on the stronger side."""
        at = ACTION_UNIT_KEYS.index(key)
        shares = 1 + min(balance, 0.0), 1 - max(balance, 0.0)
        for side in (_LEFT, _RIGHT):
            share = shares[side] if _SIDED[at] else 1.0
            self.sides[side, :, at] = np.maximum(self.sides[side, :, at], share * intensity)


def _swell(seconds: Floats, onset_s: float, apex_s: float, offset_s: float) -> Floats:
    """(N,) 0–1: onset, apex and offset of what begins at 0, without corners."""
    ends_s = onset_s + apex_s + offset_s
    straight = np.clip(np.minimum(seconds / onset_s, (ends_s - seconds) / offset_s), 0.0, 1.0)
    return np.asarray(straight * straight * (3 - 2 * straight))


def _drift(seconds: Floats, spread: tuple[float, ...], chance: np.random.Generator) -> Floats:
    """(N, K) slow curves about 0 with these standard deviations: waves of some periods each, and so fast and slow."""
    found = np.zeros((len(seconds), len(spread)))
    for at, size in enumerate(spread):
        for period, share in _WAVES:
            pace, phase = 2 * np.pi / (period * chance.uniform(0.7, 1.3)), chance.uniform(0, 2 * np.pi)
            found[:, at] += size * share * np.sqrt(2) * np.sin(seconds * pace + phase)
    return found


def _pose(plan: Plan, idiolect: Idiolect, seconds: Floats, chance: np.random.Generator) -> Floats:
    spread = plan.turning * np.array([1.0, 0.55, 0.4])
    held = chance.normal(0, 0.4 * spread)
    return held + idiolect.restless * _drift(seconds, tuple(0.8 * spread), chance)


def _light(plan: Plan, seconds: Floats, chance: np.random.Generator) -> Floats:
    usual = np.array([1.0, -25.0, 35.0])
    held = chance.normal(0, np.array([0.16, 28.0, 10.0]) * plan.light)
    drift = _drift(seconds, tuple(np.array([0.1, 14.0, 6.0]) * plan.light), chance)
    return np.asarray(np.clip(usual + held + drift, (0.4, -75.0, 0.0), (1.6, 75.0, 70.0)))


def _glances(seconds: Floats, chance: np.random.Generator) -> Floats:
    """(N, 2): the eyes rest somewhere for a second or three, mostly near the middle."""
    found = np.zeros((len(seconds), 2))
    begins = np.cumsum(chance.gamma(2.0, 0.9, len(seconds) + 1))
    places = chance.normal(0, (0.22, 0.14), (len(begins) + 1, 2)).clip(-0.8, 0.8)
    found[:] = places[np.searchsorted(begins, seconds)]
    return found
