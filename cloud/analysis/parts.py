"""The parts of a session, the whole, each phase and each stimulus, with what was measured in them.

Means have the intervals of `uncertainty.py`. A stimulus is a moment: what is told of it is what followed, until the
next stimulus or phase, at most for `RESPONSE_S`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cloud.analysis.episodes import Episode
from cloud.analysis.measures import (
    AUS,
    BLINKS,
    EMOTION,
    LEAST_SHARE,
    MEASURES,
    Measure,
    is_enough,
    lasted_s,
    rows,
    seen_share,
)
from cloud.analysis.measures import seen_s as seen_of
from cloud.analysis.uncertainty import Estimate, estimate
from cloud.analysis.whole import Analysis
from cloud.reading.columns import RECORDS
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.session import RESPONSE_S

#: Of a part of a session, seconds that must have been seen at least, to say much.
LEAST_S = 60.0
Kind = Literal["whole", "phase", "stimulus"]
_TOLD = tuple(one for one in MEASURES.values() if one.kind in (AUS, EMOTION, BLINKS))
_HIGH, _FINE = 0.95, 1000


@dataclass(frozen=True)
class Stretch:
    """From when to when something was, seconds since the session's first row; `afterwards`: somebody marked it
    later."""

    name: str
    kind: Kind
    begin_s: float
    end_s: float
    afterwards: bool = False


@dataclass(frozen=True)
class Statistic:
    """One measure in one part.

    Attributes:
        estimate: its mean, with interval.
        share: of the part's time in which it was measured.
        high95: what it did not exceed for 95 % of that time; of action units and emotions from records alone.
        episodes: how many began in the part; of action units alone.
    """

    estimate: Estimate
    share: float
    high95: float | None = None
    episodes: int | None = None

    @property
    def mean(self) -> float:
        """Over the measured time."""
        return self.estimate.mean

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval."""
        return self.estimate.low

    @property
    def high(self) -> float | None:
        """Upper end of it."""
        return self.estimate.high

    @property
    def seconds(self) -> float:
        """That it was measured."""
        return self.estimate.seen_s

    @property
    def per_minute(self) -> float | None:
        """Episodes a minute of measured time."""
        return None if self.episodes is None else 60 * self.episodes / self.seconds


@dataclass(frozen=True)
class Part:
    """A part of a session.

    Attributes:
        seen: share that was measured.
        enough: whether that is enough to say much.
        measures: by the ids of measures; without those that it does not tell of.
        afterwards: whether it was marked afterwards.
    """

    name: str
    kind: Kind
    begin_s: float
    end_s: float
    seen: float
    enough: bool
    measures: Mapping[str, Statistic]
    afterwards: bool = False

    @property
    def lasted_s(self) -> float:
        """Its length."""
        return self.end_s - self.begin_s

    @property
    def means(self) -> dict[str, Estimate]:
        """The mean of each measure, by its id."""
        return {name: one.estimate for name, one in self.measures.items()}


def by_part(table: Table, analysis: Analysis | None = None, more: Iterable[Stretch] = ()) -> tuple[Part, ...]:
    """The whole session, of at least one row, and its phases and stimuli in their order.

    Args:
        table: of one session.
        analysis: of it, for the episodes.
        more: what was marked afterwards.
    """
    whole_s = lasted_s(table)
    told = sorted([*_phases(table.sessions[0]), *stimuli(table.sessions[0], whole_s), *more], key=_order)
    return tuple(parts(table, told, _TOLD, analysis.episodes if analysis else None))


def parts(
    table: Table, told: Iterable[Stretch], measures: Iterable[Measure], episodes: list[Episode] | None = None
) -> list[Part]:
    """The whole session, of at least one row, and these parts of it."""
    whole, chosen, seen_s = Stretch("whole session", "whole", 0.0, lasted_s(table)), [*measures], seen_of(table)
    found = [(one, _rows(table, one)) for one in (whole, *told)]
    told_of = {one.id: _statistics(table, one, found, episodes) for one in chosen}
    made: list[Part] = []
    for number, (one, inside) in enumerate(found):
        lasted = max(one.end_s - one.begin_s, 1e-9)
        seen = min(float(seen_s[inside].sum()), lasted)
        enough = seen / lasted >= LEAST_SHARE and seen >= LEAST_S
        if one is whole:
            seen, enough = (seen_share(table) or 0.0) * lasted, is_enough(table)
        statistics = {name: of[number] for name, of in told_of.items()}
        there = {name: of for name, of in statistics.items() if of is not None}
        made.append(Part(one.name, one.kind, one.begin_s, one.end_s, seen / lasted, enough, there, one.afterwards))
    return made


def _rows(table: Table, one: Stretch) -> slice:
    if one.kind == "whole":
        return slice(None)
    first, last = np.searchsorted(table.time, (one.begin_s, one.end_s)).tolist()
    return slice(first, last)


def _statistics(
    table: Table, measure: Measure, found: list[tuple[Stretch, slice]], episodes: list[Episode] | None
) -> list[Statistic | None]:
    """One measure in each part; None where it was not measured."""
    values, seconds = rows(table, measure)
    begun = np.array([one.onset_s for one in episodes or () if one.key == measure.key])
    told: list[Statistic | None] = []
    for one, inside in found:
        mean = estimate(values[inside], seconds[inside], (0.0, measure.high))
        if mean is None:
            told.append(None)
            continue
        is_told = episodes is not None and measure.kind == AUS
        count = int(((begun >= one.begin_s) & (begun < one.end_s)).sum()) if is_told else None
        of_records = table.form is RECORDS and measure.kind in (AUS, EMOTION)
        high = _high(values[inside], seconds[inside]) if of_records else None
        share = min(mean.seen_s / max(one.end_s - one.begin_s, 1e-9), 1.0)
        told.append(Statistic(mean, share, high, count))
    return told


def _high(values: Values, seconds: Values) -> float:
    """What values (N,) do not exceed for 95 % of the seconds (N,) in which they were measured; to a thousandth, as
    records are no finer."""
    known = ~np.isnan(values)
    reached = np.cumsum(np.bincount(np.rint(values[known] * _FINE).astype(np.intp), seconds[known]))
    return int(np.searchsorted(reached, _HIGH * reached[-1])) / _FINE


def _phases(session: Session) -> Iterator[Stretch]:
    for one in session.phases:
        yield Stretch(one.name, "phase", one.begin_s, one.end_s)


def stimuli(session: Session, whole_s: float) -> Iterator[Stretch]:
    """What followed each stimulus of a session of this length."""
    turns = sorted([*(one.at_s for one in session.stimuli), *(one.begin_s for one in session.phases), whole_s])
    for one in session.stimuli:
        following = next((turn for turn in turns if turn > one.at_s), whole_s)
        if following > one.at_s:
            yield Stretch(one.name, "stimulus", one.at_s, min(following, one.at_s + RESPONSE_S))


def _order(one: Stretch) -> tuple[float, float]:
    return one.begin_s, -one.end_s
