"""What a session comes to, in sums: so that those of many sessions are added up, in any order of reading, and means,
shares and percentiles follow from what was added.

What is counted is found by `cloud.analysis`, as in the report of one session.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from cloud.analysis.measures import lasted_s, seen_s, unseen
from cloud.analysis.quantities import values_of
from cloud.analysis.whole import Analysis, analyse
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS, BLINK_STEP_S

_STEP = 0.01  # of intensity: percentiles are exact to half of it
_BINS = round(5 / _STEP) + 1
_ROUNDING_S = 0.002  # of the times in records, two of which make a step


@dataclass(frozen=True, eq=False)
class Levels:
    """How long an action unit stood at each intensity: (501,) seconds, for 0, 0.01 … 5; and the sum of intensity ×
    seconds."""

    seconds: Values
    total: float

    @property
    def measured_s(self) -> float:
        """Seconds for which it was measured."""
        return float(self.seconds.sum())

    @property
    def mean(self) -> float | None:
        """Mean intensity over time, None where it was never measured."""
        return self.total / self.measured_s if self.measured_s else None

    def percentile(self, share: float) -> float | None:
        """The intensity that is not exceeded in this share of the time."""
        if not self.measured_s:
            return None
        return float(np.searchsorted(np.cumsum(self.seconds), share * self.measured_s) * _STEP)


@dataclass(frozen=True, eq=False)
class Sums:
    """Of one or several sessions, in seconds where nothing else is said.

    Attributes:
        sessions, records: how many.
        lasted_s, measured_s: how long they were, and for how long the face was measured.
        unseen_s: why not for the rest: reason → seconds; '' for time without records.
        emotions_s: emotion → how long it was clearly the strongest.
        levels: action unit → its intensities.
        episodes: action unit → how many.
        blinks, eyes_s: how many, and for how long eyes were seen often enough to tell.
    """

    sessions: int
    records: int
    lasted_s: float
    measured_s: float
    unseen_s: Counter[str] = field(default_factory=Counter)
    emotions_s: Counter[str] = field(default_factory=Counter)
    levels: dict[str, Levels] = field(default_factory=dict)
    episodes: Counter[str] = field(default_factory=Counter)
    blinks: int = 0
    eyes_s: float = 0.0


def of_session(table: Table) -> Sums:
    """What one session, of at least one record, comes to."""
    found, whole_s = analyse(table), lasted_s(table)
    told = Counter({one.name: one.share * found.session.lasted_s for one in found.dominance if one.kind == "emotions"})
    counted = Counter(episode.key for episode in found.episodes if episode.kind == "aus")
    blinks, eyes_s = _blinks(table, found)
    return Sums(
        1,
        len(table),
        whole_s,
        float(seen_s(table).sum()),
        Counter({reason: share * whole_s for reason, share in unseen(table).items()}),
        told,
        {unit.key: levels for unit in ACTION_UNITS if (levels := _levels(table, unit.key)).measured_s},
        counted,
        blinks,
        eyes_s,
    )


def added(several: Iterable[Sums]) -> Sums:
    """All of them together; the same for the same order."""
    each = [*several]
    keys = [unit.key for unit in ACTION_UNITS if any(unit.key in one.levels for one in each)]
    return Sums(
        sum(one.sessions for one in each),
        sum(one.records for one in each),
        sum(one.lasted_s for one in each),
        sum(one.measured_s for one in each),
        _counted(one.unseen_s for one in each),
        _counted(one.emotions_s for one in each),
        {key: _together(one.levels[key] for one in each if key in one.levels) for key in keys},
        _counted(one.episodes for one in each),
        sum(one.blinks for one in each),
        sum(one.eyes_s for one in each),
    )


def _levels(table: Table, key: str) -> Levels:
    values, lasting = values_of(table, "aus", key), table.durations
    there = ~np.isnan(values)
    bins = np.rint(values[there] / _STEP).astype(np.intp)
    seconds: Values = np.bincount(bins, lasting[there], _BINS).astype(np.float64)
    return Levels(seconds, float(values[there] @ lasting[there]))


def _blinks(table: Table, found: Analysis) -> tuple[int, float]:
    """How many, and over how many seconds."""
    if found.blinks is None:
        return 0, 0.0
    told = table.known("eyes") & (table.durations <= BLINK_STEP_S + _ROUNDING_S)
    return found.blinks.count, float(table.durations[told].sum())


def _together(several: Iterable[Levels]) -> Levels:
    each = [*several]
    return Levels(np.sum([one.seconds for one in each], axis=0), sum(one.total for one in each))


def _counted(several: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in several:
        total.update(one)
    return total
