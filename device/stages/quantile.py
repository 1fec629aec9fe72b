"""What is usual for one value of one person: a quantile of what it was of late."""

import math

import numpy as np


class RunningQuantile:
    """A histogram over time in which older content fades; it counts seconds, so the frame rate does not matter.

    Attributes:
        seconds: how much was ever added.
    """

    def __init__(self, share: float, low: float, high: float, bins: int, tau_s: float) -> None:
        """`share`: the quantile, 0 to 1; values are clipped to `low`–`high`; content fades to 1/e in `tau_s`."""
        self._share, self._low, self._step = share, low, (high - low) / bins
        self._content = np.zeros(bins, np.float64)
        self._tau_s = tau_s
        self.seconds = 0.0

    def add(self, value: float, seconds: float) -> None:
        """The value was seen for so long."""
        place = int((value - self._low) / self._step)
        self._content *= math.exp(-seconds / self._tau_s)
        self._content[min(max(place, 0), self._content.size - 1)] += seconds
        self.seconds += seconds

    def __call__(self) -> float:
        """The quantile, exact to half a bin; without content the lowest value."""
        below = self._content.cumsum()
        place = int(below.searchsorted(self._share * below[-1]))
        return self._low + (place + 0.5) * self._step
