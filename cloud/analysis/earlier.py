"""This session against this person's earlier ones.

Sessions of one person differ from day to day though nothing changes, and more than the interval of one session's mean
tells. So a session is compared with how the earlier ones scatter: where a further one like them would lie in 95 of 100
cases (Student's prediction interval of their means). Where they scatter less than this session's own mean is unsure,
its error counts instead: four sessions in which something never showed do not tell how rare it is. That needs at least
`FEWEST` earlier sessions of which enough was seen; fewer give the difference, and no verdict. Measures that are looked
at together are judged together by Holm's method, as trends are (`trend.py`). These are told beside: whether all
sessions in their order, this one included, rise or fall.

Minutes are enough for it. They tell of emotions over all frames that had them, also of those that contradict the
action units; therefore records are taken in the same way here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, sqrt

import numpy as np

from cloud.analysis.measures import AUS, EMOTION, MEASURES, Measure, is_enough, lasted_s, rows, seen_s, seen_share
from cloud.analysis.plain import called
from cloud.analysis.trend import Trend, by_holm, trends
from cloud.analysis.uncertainty import Estimate, chance, estimate, quantile
from cloud.reading.personal import Personal, of_session
from cloud.reading.table import Table

#: Earlier sessions of which enough was seen; with fewer, hardly any change could be told.
FEWEST = 4
#: Records round to hundredths, and sessions to no less.
_FINEST = 0.005


@dataclass(frozen=True)
class Summary:
    """What one session came to: when it began, seconds since 1970; how long it lasted; the share that was seen and
    whether that is enough; and the mean of each measure that it tells of, by its id."""

    began: float | None
    seconds: float
    seen: float | None
    enough: bool
    means: Mapping[str, Estimate]
    personal: Personal | None = None


@dataclass(frozen=True)
class Change:
    """One measure against earlier sessions.

    Attributes:
        now: this session's mean.
        before: the mean of the earlier sessions' means.
        difference: now minus before; `low` to `high`: what it would be in 95 of 100 sessions like the earlier ones,
            None where these are too few.
        sessions: earlier ones that count.
        chance: how often a session like the earlier ones differs as much or more.
        found: whether that is rare enough to be told.
        trend: what the order of all sessions says, this one included.
    """

    measure: Measure
    now: Estimate
    before: float
    difference: float
    low: float | None
    high: float | None
    sessions: int
    chance: float
    found: bool
    trend: Trend


def summarise(table: Table, measures: Iterable[Measure] = MEASURES.values(), began: float | None = None) -> Summary:
    """Sum up one session, from records, seconds or minutes; `began`: where its own wall clock is not known."""
    wall = table.wall[~np.isnan(table.wall)]
    known = table.sessions[0].began if table.sessions else None
    at = began if began is not None else known if known is not None or not len(wall) else float(wall[0])
    means = {one.id: found for one in measures if (found := _mean(table, one))}
    own = of_session(table.sessions[0]) if table.sessions else None
    return Summary(at, lasted_s(table), seen_share(table), is_enough(table), means, own)


def against_earlier(
    session: Table | Summary, earlier: Sequence[Table | Summary], measures: Iterable[Measure] | None = None
) -> tuple[Change, ...]:
    """Each measure that this session and earlier ones tell of, what is told surely first; () without earlier ones."""
    chosen = [*(measures or (one for one in MEASURES.values() if one.kind in (AUS, EMOTION)))]
    now, *others = (one if isinstance(one, Summary) else summarise(one, chosen) for one in (session, *earlier))
    before = [one for one in others if one.enough]
    if not before or not now.enough:
        return ()
    ways = trends({one.id: _series([*before, now], one.id) for one in chosen})
    found = [
        _one(one, now.means[one.id], _means(before, one.id), ways[one.id]) for one in chosen if one.id in now.means
    ]
    return tuple(sorted(_by_holm([one for one in found if one]), key=lambda one: (not one.found, one.chance)))


def measure_called(measure: Measure) -> str:
    """A measure's name as sentences begin with it."""
    return called(measure.key) if measure.id in MEASURES else measure.name[:1].upper() + measure.name[1:]


def _mean(table: Table, measure: Measure) -> Estimate | None:
    if measure.kind == EMOTION and len(table):
        path = measure.id if measure.id in table.form.fields else f"mean.{measure.id}"
        return estimate(table.values(path), seen_s(table), (0.0, measure.high))
    return estimate(*rows(table, measure), (0.0, measure.high))


def _means(before: Sequence[Summary], name: str) -> np.ndarray:
    return np.array([one.means[name].mean for one in before if name in one.means])


def _series(found: Sequence[Summary], name: str) -> tuple[np.ndarray, np.ndarray]:
    told = [one for one in found if name in one.means and one.began is not None]
    return np.array([one.began for one in told], float), np.array([one.means[name].mean for one in told])


def _one(measure: Measure, now: Estimate, before: np.ndarray, trend: Trend) -> Change | None:
    if not len(before):
        return None
    mean = float(before.mean())
    change = now.mean - mean
    if len(before) < FEWEST:
        return Change(measure, now, mean, change, None, None, len(before), 1.0, False, trend)
    own = 0.0 if isnan(now.error) else now.error
    error = max(float(before.std(ddof=1)), own, _FINEST) * sqrt(1 + 1 / len(before))
    freedom = len(before) - 1
    reach = quantile(freedom) * error
    return Change(
        measure, now, mean, change, -reach, reach, len(before), chance(abs(change) / error, freedom), False, trend
    )


def _by_holm(found: list[Change]) -> list[Change]:
    enough = [one.sessions >= FEWEST for one in found]
    told = by_holm([one.chance if counts else 1.0 for one, counts in zip(found, enough, strict=True)])
    return [replace(one, found=tells) for one, tells in zip(found, told, strict=True)]


def change_words(change: Change) -> str:
    """A sentence: what this session came to beside the earlier ones, and whether that is more than usual."""
    name, told = measure_called(change.measure), change.measure.told
    now, before = told(change.now.mean), told(change.before)
    earlier = f"{change.sessions} earlier session{'s' * (change.sessions != 1)}"
    if (usually := usual(change)) is None:
        return f"{name}: {now}; {before} in {earlier}: too few to tell a change, which takes {FEWEST}."
    expected = f"{before} on average in {earlier}, and by them usually {usually}"
    if not change.found:
        return f"{name}: {now}; {expected}: no change that these can tell."
    return f"{name}: {'more' if change.difference > 0 else 'less'} than before, {now}; {expected}."


def usual(change: Change) -> str | None:
    """`0.12 to 0.31`: where the earlier sessions say that one more like them lies; None where they are too few."""
    return change.measure.between(*span) if (span := usual_span(change)) else None


def usual_span(change: Change) -> tuple[float, float] | None:
    """The same in numbers, within what there can be."""
    if change.low is None or change.high is None:
        return None
    measure = change.measure
    return max(change.before + change.low, measure.low), min(change.before + change.high, measure.high)
