"""Left against right: whether one side of the person's face moves more than the other.

Records tell the two sides where they are at least half a step apart; where they do not, the sides are taken to be the
same, so that slight differences count as none. A head that is turned shows one side shorter than the other, therefore
only the time with the head straight counts (no AD51, AD52). Where the two are never told apart, as by a network of
presence that does not know sides, nothing is said.

The interval is that of `uncertainty.py`, batch means, because what a face does now resembles what it did a moment ago:
of made-up sessions of five minutes, whose sides waver with correlation times of 2 and 10 s, it held the truth in 94 to
97 of 100. A difference that shows in a part of the session alone has a wide one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.analysis.uncertainty import estimate
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Mask
from device.contract.labels import ACTION_UNITS, ActionUnit, Tier

#: Seconds with the head straight below which nothing is told of a unit.
LEAST_S = 60.0
#: Sides differ where they are a step of FACS (A to E) apart.
DIFFER = 1.0
#: What is closer than this while it shows is not told apart however sure it is: nobody sees such a difference.
LEAST, SHOWS = 0.5, 1.0


@dataclass(frozen=True)
class Sides:
    """One action unit of the person's left and right side.

    Attributes:
        left, right: mean intensities, 0–5.
        difference: left minus right, with its 95 % interval `low` to `high`, None where too little was measured for
            one.
        share_differing: share of the measured time in which they were at least `DIFFER` apart.
        seconds: measured with the head straight.
        while_shown: left minus right while at least one of them showed (from FACS A on); 0 where neither ever did.
    """

    unit: str
    tier: Tier
    left: float
    right: float
    difference: float
    low: float | None
    high: float | None
    share_differing: float
    seconds: float
    while_shown: float

    @property
    def side(self) -> str:
        """`left` or `right`, which moved more; '' where that cannot be told, or nobody would see it."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high or abs(self.while_shown) < LEAST:
            return ""
        return "left" if self.difference > 0 else "right"


def sides(table: Table) -> tuple[Sides, ...]:
    """Each unit whose sides were told apart for long enough in one session, the greatest difference first; none of
    sessions of which only seconds or minutes were sent."""
    if table.form is not RECORDS:
        return ()
    straight = ~(table.has_name("codes", "AD51") | table.has_name("codes", "AD52"))
    found = [*_found(table, straight)]
    return tuple(sorted(found, key=lambda one: -abs(one.difference)))


def _found(table: Table, straight: Mask) -> Iterator[Sides]:
    for unit in (one for one in ACTION_UNITS if one.sided):
        told = table.known(f"left.{unit.key}") & table.known(f"right.{unit.key}")
        rows = straight & table.known(f"aus.{unit.key}")
        if told.any() and float(table.durations[rows].sum()) >= LEAST_S:
            yield _one(table, unit, rows)


def _one(table: Table, unit: ActionUnit, rows: Mask) -> Sides:
    both, lasting = table.values(f"aus.{unit.key}")[rows], table.durations[rows]
    left, right = (table.values(f"{side}.{unit.key}")[rows] for side in ("left", "right"))
    same = np.isnan(left) | np.isnan(right)
    left, right = np.where(same, both, left), np.where(same, both, right)
    apart, total = left - right, float(lasting.sum())
    told = estimate(apart, lasting, (-5.0, 5.0))
    assert told is not None, unit
    shows = np.maximum(left, right) >= SHOWS
    shown_s = float(lasting[shows].sum())
    return Sides(
        unit.key,
        unit.tier,
        float((left * lasting).sum()) / total,
        float((right * lasting).sum()) / total,
        told.mean,
        told.low,
        told.high,
        float(lasting[np.abs(apart) >= DIFFER].sum()) / total,
        total,
        float((apart * lasting)[shows].sum()) / shown_s if shown_s else 0.0,
    )
