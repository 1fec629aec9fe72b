"""Made-up people who smile, talk, blink and frown, as action units with a little noise."""

from collections.abc import Callable

import numpy as np

from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, LOWER, SIDED_KEYS, UPPER, Tier
from device.stages.calm import Measured
from device.stages.pose import Pose
from device.stages.quality import Quality
from device.stages.reader import Actions

FPS = 10
STRAIGHT = Pose(0.0, 0.0, 0.0)
GOOD = Quality(0.99, 120.0, 0.4, 0.5, ())
#: What the person's face shows at rest.
ANATOMY = {"AU4": 0.8, "AU12": 0.4}
_RELIED_ON = [unit.key for unit in ACTION_UNITS if unit.tier is not Tier.EXPERIMENTAL]
#: A brow unit that is relied on to some degree, whichever that is.
BROW = next(key for key in ("AU1", "AU2", "AU4") if key in _RELIED_ON)


def actions(both: dict[str, float] | None = None, hidden: tuple[str, ...] = (), **sides: dict[str, float]) -> Actions:
    """A face that shows these units and no other; `left` and `right` where they differ from `both`."""
    covered = {unit.key for unit in ACTION_UNITS if unit.part in hidden}
    values = dict.fromkeys(ACTION_UNIT_KEYS, 0.0) | (both or {}) | dict.fromkeys(covered, np.nan)
    left, right = (values | sides.get(side, {}) for side in ("left", "right"))
    return Actions(
        np.array(list(values.values()), np.float32),
        np.array([left[key] for key in SIDED_KEYS], np.float32),
        np.array([right[key] for key in SIDED_KEYS], np.float32),
    )


def measured(
    time_s: float,
    units: dict[str, float] | None = None,
    pose: Pose = STRAIGHT,
    quality: Quality = GOOD,
    track: int = 1,
    hidden: tuple[str, ...] = (),
) -> Measured:
    """One frame: the person's face at rest, these units, and a little noise."""
    noise = np.random.default_rng(round(time_s * 1000)).normal(0, 0.03, len(ACTION_UNIT_KEYS))
    shown = dict.fromkeys(ACTION_UNIT_KEYS, 0.0) | ANATOMY | (units or {})
    noisy = {key: min(max(value + more, 0.0), 5.0) for (key, value), more in zip(shown.items(), noise, strict=True)}
    return Measured(time_s, track, actions(noisy, hidden), pose, quality)


def relaxed(time_s: float) -> Measured:
    return measured(time_s)


def doing(**units: float) -> Callable[[float], Measured]:
    return lambda time_s: measured(time_s, units)


def covered(part: str) -> Callable[[float], Measured]:
    assert part in (UPPER, LOWER)
    return lambda time_s: measured(time_s, hidden=(part,))


def talking(time_s: float) -> Measured:
    """Syllables, four a second, with a pause of half a second in every four."""
    jaw = 3.0 * np.sin(2 * np.pi * 2 * time_s) ** 2 if time_s % 4 < 3.5 else 0.0
    return measured(time_s, {"AU25": jaw, "AU26": jaw})


def blinking(period_s: float) -> Callable[[float], Measured]:
    return lambda time_s: measured(time_s, {"AU43": 4.0} if time_s % period_s < 0.3 else {})
