"""How somebody moves their face: movements of their own, plain ones that others have too, and a face at rest.

A movement is a few action units that swell, hold and fade together, each as strongly as is this person's way, with a
share of its own for either side and a tempo of its own. Which units, how fast and how often is our own choice.
"""

from dataclasses import dataclass

import numpy as np

from device.contract.labels import ACTION_UNITS
from training.personal.simulate.plan import Plan

_PARTS = {unit.key: unit.part for unit in ACTION_UNITS}
#: What own movements are made of. Units of one row are never in one movement: they undo each other, or one hides the
#: other.
_APART = (
    ("AU12", "AU15", "AU18", "AU20", "AU22", "AU24", "AU28"),
    ("AU24", "AU28", "AU25", "AU26", "AU10", "AU16", "AU17"),
    ("AU5", "AU7", "AU43"),
    ("AU5", "AU6"),
    ("AU5", "AU4"),
    ("AU9", "AU2"),
    ("AU9", "AU10"),
    ("AU14", "AU12", "AU18", "AU22"),
    ("AU17", "AU26", "AU16", "AU22"),
    ("AU26", "AU15"),
    ("AU25", "AU14"),
)
_USED = (*dict.fromkeys(key for row in _APART for key in row), "AU1")
#: How often each is taken: eyes that close are seen of every movement that has them, whatever else is in it.
_OFTEN = np.array([0.3 if key == "AU43" else 1.0 for key in _USED])
_OFTEN /= _OFTEN.sum()
#: Movements that many people make.
PLAIN = (
    ("AU6", "AU12", "AU25"),
    ("AU1", "AU2", "AU5", "AU26"),
    ("AU4", "AU7", "AU24"),
    ("AU1", "AU4", "AU15", "AU17"),
    ("AU9", "AU10"),
)
#: Units that a face at rest may never quite let go.
_RESTING = ("AU1", "AU2", "AU4", "AU6", "AU7", "AU12", "AU14", "AU15", "AU17", "AU24")
#: Own movements of one person share at most this part of their units (Jaccard).
_ALIKE = 0.34
_TRIES = 2000


@dataclass(frozen=True)
class Movement:
    """A movement.

    Attributes:
        number: 1, 2, …, of this person; what the truth of a frame names.
        own: whether it is theirs alone.
        units: unit → FACS intensity at its apex, 0–5, of the stronger side.
        balance: −1: of the right side alone, 0: of both alike, 1: of the left side alone.
        onset_s, apex_s, offset_s: how long it swells, holds and fades, seconds.
        rate: how often it comes, a minute.
    """

    number: int
    own: bool
    units: dict[str, float]
    balance: float
    onset_s: float
    apex_s: float
    offset_s: float
    rate: float


@dataclass(frozen=True)
class Idiolect:
    """How somebody moves: `movements`, `resting` (unit → intensity that never goes, and to which side it leans),
    `blinks` a minute, and how much the head moves (1: as usual)."""

    movements: tuple[Movement, ...]
    resting: dict[str, tuple[float, float]]
    blinks: float
    restless: float


def draw_idiolect(plan: Plan, chance: np.random.Generator) -> Idiolect:
    """Somebody's way of moving."""
    own = _distinct(int(chance.integers(plan.movements[0], plan.movements[1] + 1)), chance)
    plain = [PLAIN[at] for at in chance.permutation(len(PLAIN))[: plan.plain].tolist()]
    movements = [_own(plan, number, keys, chance) for number, keys in enumerate(own, 1)]
    movements += [_plain(plan, number, keys, chance) for number, keys in enumerate(plain, len(own) + 1)]
    kept = chance.choice(_RESTING, 3, replace=False).tolist()
    resting = {
        key: (round(float(plan.resting * chance.uniform(0.4, 1.0)), 2), round(float(chance.uniform(-0.6, 0.6)), 2))
        for key in kept
    }
    return Idiolect(tuple(movements), resting, *chance.uniform((10.0, 0.7), (22.0, 1.4)).round(2).tolist())


def _distinct(count: int, chance: np.random.Generator) -> list[tuple[str, ...]]:
    """Sets of units that can go together, no two alike, and none like a plain one."""
    found: list[tuple[str, ...]] = []
    for _ in range(_TRIES):
        if len(found) == count:
            break
        keys = tuple(chance.choice(_USED, int(chance.integers(2, 5)), replace=False, p=_OFTEN).tolist())
        if _together(keys) and all(_alike(keys, other) <= _ALIKE for other in (*found, *PLAIN)):
            found.append(keys)
    return found


def _together(keys: tuple[str, ...]) -> bool:
    """Whether these units can act at once, and not all of them are hard to see."""
    return not any(len({*row} & {*keys}) > 1 for row in _APART) and len({_PARTS[key] for key in keys}) == 2


def _alike(keys: tuple[str, ...], other: tuple[str, ...]) -> float:
    return len({*keys} & {*other}) / len({*keys} | {*other})


def _own(plan: Plan, number: int, keys: tuple[str, ...], chance: np.random.Generator) -> Movement:
    units = {key: round(float(chance.uniform(2.2, 4.6)), 2) for key in keys}
    balance = float(chance.choice((-1, 1)) * plan.asymmetry * chance.random())
    onset_s, apex_s, offset_s = chance.uniform((0.15, 0.5, 0.25), (0.9, 2.0, 1.3)).tolist()
    rate = plan.own_rate * float(chance.uniform(0.7, 1.4))
    return Movement(number, True, units, *_rounded(balance, onset_s, apex_s, offset_s, rate))


def _plain(plan: Plan, number: int, keys: tuple[str, ...], chance: np.random.Generator) -> Movement:
    units = {key: round(float(chance.uniform(2.5, 4.0)), 2) for key in keys}
    onset_s, apex_s, offset_s = chance.uniform((0.3, 0.7, 0.4), (0.6, 1.4, 0.9)).tolist()
    rate = plan.plain_rate * float(chance.uniform(0.7, 1.4))
    return Movement(number, False, units, *_rounded(0.0, onset_s, apex_s, offset_s, rate))


def _rounded(*values: float) -> tuple[float, ...]:
    return tuple(round(value, 3) for value in values)
