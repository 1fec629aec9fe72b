"""What a session says of the person's own movement, gathered record by record in `STRETCH_S` seconds of time each.

A face goes on as it was, so that the spread of frames promises too much. The interval of a mean is therefore
Student's, of the means of at most `PARTS` parts of the session of the same measured time (batch means), as readers
have it of everything (`cloud/analysis/uncertainty.py`, where it was measured against others). Of made-up sessions
whose level changes each half minute (correlation 0 to 0.6) it held the truth in 91 to 95 of 100 in 45 minutes, in 84
to 94 in ten, in 73 to 92 in five: of short ones one knows less than it says. No file, no clock.

Sources: Schmeiser, Operations Research 30, 1982 (batch means); Wilson, JASA 22, 1927 (the interval of a share).
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from device.contract.evidence import Interval
from device.contract.fields import Json
from device.contract.labels import GAP_S
from device.features.movement import time_of

STRETCH_S = 20.0
PARTS, FEWEST_PARTS = 6, 4
#: Measured seconds below which nothing is said of a session.
LEAST_S = FEWEST_PARTS * STRETCH_S
#: 97.5 % points of Student's t, by degrees of freedom.
_T = {2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571}
_Z = NormalDist().inv_cdf(0.975)
_MISSED = 0.025  # how often what is there may not be seen


class Gathered:
    """Of one session: seconds, distance and movements, a row for each stretch of time."""

    def __init__(self, movements: int) -> None:
        """`movements`: how many are known."""
        self._width = 3 + movements
        self._rows: dict[int, list[float]] = {}
        self._last_s = math.inf

    def add(self, record: Json) -> None:
        """Gather a valid record, the newest so far; it stands for the time since the one before, `GAP_S` at most."""
        time_s = time_of(record)
        lapse_s, self._last_s = min(time_s - self._last_s, GAP_S), time_s
        said = record.get("personal")
        if said is None or lapse_s <= 0:
            return
        row = self._rows.setdefault(int(time_s // STRETCH_S), [0.0] * self._width)
        row[0] += lapse_s
        row[1] += lapse_s * said["distance"]
        if (movement := said.get("movement")) is not None:
            row[2] += lapse_s
            row[2 + movement] += lapse_s

    @property
    def seconds(self) -> float:
        """In which it was measured."""
        return sum(row[0] for row in self._rows.values())

    def means(self) -> list[Interval] | None:
        """Of the distance, of whether a known movement was near, and of each whether it was the nearest; None: too
        little was measured."""
        seconds = self.seconds
        if seconds < LEAST_S:
            return None
        rows = np.array([self._rows[number] for number in sorted(self._rows)])
        parts = _parts(rows, min(PARTS, int(seconds / STRETCH_S)))
        distance, *shares = rows[:, 1:].sum(0) / seconds
        spread, *spreads = _T[len(parts) - 1] * parts.std(0, ddof=1) / math.sqrt(len(parts))
        unseen = 1 - _MISSED ** (STRETCH_S / seconds)
        return [
            Interval(distance, max(distance - spread, 0.0), distance + spread),
            *(_share(share, reach, unseen) for share, reach in zip(shares, spreads, strict=True)),
        ]


def share_below(value: float, others: list[float]) -> Interval:
    """The share of others, at least one, that are smaller than a value, with Wilson's interval."""
    count = len(others)
    share = sum(other < value for other in others) / count
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    reach = _Z / (1 + _Z**2 / count) * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return Interval(share, max(middle - reach, 0.0), min(middle + reach, 1.0))


def _parts(rows: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    """Means of so many parts of about the same measured time."""
    seconds = rows[:, 0]
    middles = np.cumsum(seconds) - seconds / 2
    part = np.minimum((middles / seconds.sum() * parts).astype(int), parts - 1)
    sums = np.array([rows[part == number].sum(0) for number in range(parts)])
    sums = sums[sums[:, 0] > 0]
    found: NDArray[np.float64] = sums[:, 1:] / sums[:, :1]
    return found


def _share(share: float, reach: float, unseen: float) -> Interval:
    """`unseen`: what can be missed of what is there in no stretch, each of which stands for itself. No interval is
    narrower than that of what was never there, or always."""
    low, high = min(share - reach, 1 - unseen), max(share + reach, unseen)
    return Interval(share, max(low, 0.0), min(high, 1.0))
