"""The course of a simulated session, frame by frame: what the face does, and what of it could be measured."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.demo.people import ACTS, GRIEF, POLITE, PRESS, SMILE, Plan
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, LOWER, Reason

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
INDEX = {key: at for at, key in enumerate(ACTION_UNIT_KEYS)}
OF_LOWER = np.array([unit.part == LOWER for unit in ACTION_UNITS])
#: Phase → its share of the session, and how much more often acts come in it.
PHASES: dict[str, tuple[float, dict[str, float]]] = {
    "baseline": (0.08, dict.fromkeys(ACTS, 0.3)),
    "talk": (0.52, {}),
    "imagery": (0.28, {GRIEF: 2.2, SMILE: 0.5, PRESS: 1.5}),
    "closing": (0.12, {SMILE: 1.6, POLITE: 1.6, GRIEF: 0.4}),
}
#: Stimulus → when, share of the session.
STIMULI = {"breathing": 0.62, "memory": 0.68}
REASONS = (Reason.TURNED_AWAY, Reason.NO_FACE, Reason.TOO_DARK)
SEEN = -1
_BLINKS, _TALKS = 16.0, 1.6  # a minute
_NOISE = 0.12
_CUT = {"power_cut": 0.46, "paused": 0.4}  # share of the session
_CLOCK, _MASK = 0.18, (0.3, 0.55)


@dataclass(frozen=True)
class Course:
    """What happens in a session; one row a frame.

    Attributes:
        hz: frames a second.
        aus: (N, 22) intensities 0–5; NaN where not measured.
        gated: (N,) why the frame was not measured, index of `REASONS`; `SEEN` where it was.
        masked: (N,) whether something hides the lower face.
        sad: (N,) whether the emotions say sadness whatever the face shows.
        turn: (N,) how far the head is turned, degrees.
    """

    hz: int
    aus: Floats
    gated: NDArray[np.int8]
    masked: Flags
    sad: Flags
    turn: Floats

    def __len__(self) -> int:
        return len(self.gated)

    @property
    def measured(self) -> Flags:
        """(N,) whether the frame was measured."""
        found: Flags = self.gated == SEEN
        return found


def course(plan: Plan) -> Course:
    """The course of one session; the same for the same plan."""
    chance = random.Random(plan.chance)
    numbers = np.random.default_rng(chance.getrandbits(64))
    count = 0 if plan.kind == "empty" else int(plan.minutes * 60 * plan.hz)
    aus, sad = _acts(plan, count, chance)
    _talk(aus, plan, chance)
    aus = np.clip(aus + numbers.normal(0.0, _NOISE, aus.shape), 0.0, 5.0).round(2)
    gated = _gaps(plan, count, chance)
    masked = np.zeros(count, bool)
    if plan.kind == "masked":
        masked[int(_MASK[0] * count) : int(_MASK[1] * count)] = True
    aus[np.ix_(masked, OF_LOWER)] = np.nan
    aus[gated != SEEN] = np.nan
    turn = np.round(12 * np.sin(np.arange(count) / plan.hz / 7.0) + numbers.normal(0, 1.5, count), 1)
    turn[gated == REASONS.index(Reason.TURNED_AWAY)] += 48.0
    return Course(plan.hz, aus, gated, masked, sad, turn)


def phase_at(share: float) -> str:
    """The phase of a moment, given as a share of the session."""
    end = 0.0
    for name, (length, _) in PHASES.items():
        end += length
        if share < end:
            return name
    return name


def phase_begins() -> dict[str, float]:
    """Phase → when it begins, share of the session."""
    begins, found = 0.0, {}
    for name, (length, _) in PHASES.items():
        found[name] = begins
        begins += length
    return found


def _acts(plan: Plan, count: int, chance: random.Random) -> tuple[Floats, Flags]:
    """Acts as they come by chance, more of some in some phases."""
    aus, sad = np.zeros((count, len(INDEX))), np.zeros(count, bool)
    for act, units in ACTS.items():
        keys = [INDEX[key] for key in units]
        weights = np.array(list(units.values()))
        for at_s in _moments(plan, act, chance):
            shape = _swell(plan.hz, chance)
            begin = int(at_s * plan.hz)
            shape = shape[: max(0, count - begin)]
            part = aus[begin : begin + len(shape)]
            part[:, keys] = np.maximum(part[:, keys], shape[:, None] * weights)
            if plan.kind == "disagreeing" and act in (POLITE, SMILE):
                sad[begin : begin + len(shape)] |= chance.random() < 0.6
    return aus, sad


def _moments(plan: Plan, act: str, chance: random.Random) -> list[float]:
    """When somebody acts, seconds: a Poisson process, thinned by phase."""
    total_s, rate = plan.minutes * 60, plan.rate(act) * 2.5 / 60  # as often as the liveliest phase could want
    found, at_s = [], chance.expovariate(rate) if rate else total_s
    while at_s < total_s:
        more = PHASES[phase_at(at_s / total_s)][1].get(act, 1.0)
        if chance.random() < more / 2.5:
            found.append(at_s)
        at_s += chance.expovariate(rate)
    return found


def _swell(hz: int, chance: random.Random) -> Floats:
    """Onset, apex and offset of one act, as intensity."""
    apex = min(5.0, max(1.2, chance.gauss(2.8, 0.8)))
    onset_s, hold_s, offset_s = chance.uniform(0.4, 0.9), chance.expovariate(1 / 2.2) + 0.5, chance.uniform(0.8, 2.0)
    times = np.arange(0, onset_s + hold_s + offset_s, 1 / hz)
    shape: Floats = apex * np.clip(
        np.minimum(times / onset_s, (onset_s + hold_s + offset_s - times) / offset_s), 0.0, 1.0
    )
    return shape


def _talk(aus: Floats, plan: Plan, chance: random.Random) -> None:
    """Lips and jaw of somebody who talks, and eyes that blink."""
    total_s, hz = len(aus) / plan.hz, plan.hz
    at_s = chance.expovariate(_TALKS / 60)
    while at_s < total_s:
        times = np.arange(at_s, min(total_s, at_s + chance.uniform(4, 25)), 1 / hz)
        rows = (times * hz).astype(int)
        rows = rows[rows < len(aus)]
        speech = np.abs(np.sin(times[: len(rows)] * 9.3)) * 2.2
        aus[rows, INDEX["AU25"]] = np.maximum(aus[rows, INDEX["AU25"]], speech)
        aus[rows, INDEX["AU26"]] = np.maximum(aus[rows, INDEX["AU26"]], 0.6 * speech)
        at_s += 25 + chance.expovariate(_TALKS / 60)
    at_s = chance.expovariate(_BLINKS / 60)
    while at_s < total_s:
        begin = int(at_s * hz)
        aus[begin : begin + max(1, hz // 5), INDEX["AU43"]] = 4.0
        at_s += 0.5 + chance.expovariate(_BLINKS / 60)


def _gaps(plan: Plan, count: int, chance: random.Random) -> NDArray[np.int8]:
    """Where nothing could be measured, and why."""
    gated = np.full(count, SEEN, np.int8)
    total_s = count / plan.hz

    def gap(begin_s: float, seconds: float, reason: Reason) -> None:
        gated[int(begin_s * plan.hz) : int((begin_s + seconds) * plan.hz)] = REASONS.index(reason)

    away_s = plan.person.away * total_s
    while away_s > 0:
        seconds = chance.uniform(1.0, 9.0) if plan.person.away < 0.3 else chance.uniform(5, 40)
        gap(chance.uniform(0, total_s), seconds, Reason.TURNED_AWAY)
        away_s -= seconds
    gap(chance.uniform(0.3, 0.8) * total_s, chance.uniform(0.015, 0.06) * total_s, Reason.NO_FACE)
    if chance.random() < 0.3:
        gap(0.9 * total_s, chance.uniform(0.02, 0.06) * total_s, Reason.TOO_DARK)
    if plan.kind == "hardly_seen":
        gap(0.02 * total_s, 0.7 * total_s, Reason.TOO_DARK)
        gap(0.72 * total_s, 0.25 * total_s, Reason.NO_FACE)
    return gated


def cut_s(plan: Plan) -> float | None:
    """When the session was cut in two, seconds from its beginning: by a power cut, or a pause."""
    share = _CUT.get(plan.kind)
    return None if share is None else share * plan.minutes * 60


def untrusted_s(plan: Plan) -> float:
    """For how long the clock is wrong, seconds from the beginning."""
    return _CLOCK * plan.minutes * 60 if plan.kind == "clock" else 0.0
