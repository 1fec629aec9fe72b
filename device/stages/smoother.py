"""Time-aware smoothing: an exponential filter whose weight follows the time between frames.

After a gap, another track or a gated stretch, the first value passes unchanged: nothing old is carried over. So does
the first of a value that was not measured before.
"""

import math

import numpy as np

from device.arrays import FloatArray

_GAP_S = 1.0


class Smoother:
    """Filters values (N,) of one track; `tau_s` is the time constant in seconds, 0 switches the filter off."""

    def __init__(self, tau_s: float) -> None:
        self._tau_s = tau_s
        self._track = 0
        self._time_s = -math.inf
        self._state: FloatArray | None = None

    def reset(self) -> None:
        """Forget what was: the next value passes unchanged."""
        self._time_s = -math.inf

    def __call__(self, values: FloatArray, track: int, time_s: float) -> FloatArray:
        """The values, filtered, NaN where they are; `time_s` is the frame's time."""
        dt = time_s - self._time_s
        if self._state is None or track != self._track or not 0 < dt <= _GAP_S or self._tau_s <= 0:
            self._state = values
        else:
            change = -math.expm1(-dt / self._tau_s) * (values - self._state)
            known = np.isfinite(self._state)
            self._state = np.where(known, self._state + change, values) if not known.all() else self._state + change
        self._track, self._time_s = track, time_s
        return self._state
