"""Time-aware smoothing: an exponential filter whose weight follows the time between frames.

After a gap, another track or a gated stretch, the first value passes unchanged: nothing old is carried over.
"""

import math
from dataclasses import dataclass

_GAP_S = 1.0


@dataclass(frozen=True)
class SmoothingSettings:
    """Time constants, seconds; 0 is off."""

    emotions_tau_s: float = 0.3
    aus_tau_s: float = 0.05


class Smoother:
    """Filters named values of one track; `tau_s` is the time constant in seconds, 0 switches the filter off."""

    def __init__(self, tau_s: float) -> None:
        self._tau_s = tau_s
        self._track = 0
        self._time_s = -math.inf
        self._state: dict[str, float] = {}

    def reset(self) -> None:
        """Forget what was: the next value passes unchanged."""
        self._time_s = -math.inf

    def __call__(self, values: dict[str, float], track: int, time_s: float) -> dict[str, float]:
        """The values, filtered; `time_s` is the frame's time."""
        dt = time_s - self._time_s
        fresh = track != self._track or not 0 < dt <= _GAP_S or self._tau_s <= 0
        weight = 1.0 if fresh else -math.expm1(-dt / self._tau_s)
        before = values if fresh else self._state
        self._state = {name: before[name] + weight * (value - before[name]) for name, value in values.items()}
        self._track, self._time_s = track, time_s
        return self._state
