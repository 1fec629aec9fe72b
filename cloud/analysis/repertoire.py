"""A person's own movements from session to session: how often each shows, how varied they are, how far from usual.

Only sessions that one and the same bundle watched are compared: what another one calls movement 3 is another movement,
and 1 of its distance another length. A session counts if at least `LEAST_S` of it were measured.

Each figure of a session is compared with the earlier sessions as everything else is (`earlier.py`: Student's
prediction interval, Holm's method over all of them together), and so is the order of all sessions (`trend.py`).

*Variety* is Hill's number of order 1, the exponential of Shannon's entropy of the movements' shares: as many movements
that show equally often would be as varied. *Coming or going*: a movement that shows in every session from some session
on and in none before, or the other way round. If whether it shows had nothing to do with the order, each of the
(n over k) orders of k among n sessions would be as likely, and two of them are so.

Sources: Shannon 1948; Hill 1973.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, exp, hypot, log, nan

from cloud.analysis.earlier import Change, Summary, against_earlier, summarise
from cloud.analysis.measures import LEAST_S, Measure
from cloud.analysis.trend import FEWEST, by_holm
from cloud.analysis.uncertainty import Estimate, quantile
from cloud.reading.personal import Movement, Personal
from cloud.reading.table import Table
from device.contract.labels import Tier
from device.contract.personal import MOST_MOVEMENTS

KIND = "personal"
#: A movement shows in a session if it was the nearest for so many seconds in all; our own choice.
SHOWS_S = 3.0
_PERCENT = "% of the time"
_MOST_NAMED = 4
#: Of the intervals of a box, which are by the means of six parts of a session (`device/personal/gathered.py`).
_FREEDOM = 5
DISTANCE = Measure(KIND, "distance", "distance from their usual", "1: as far as usual", 1000.0, Tier.EXPERIMENTAL)
NEAR = Measure(KIND, "near", "known movements, all together", _PERCENT, 100.0, Tier.EXPERIMENTAL)
VARIETY = Measure(
    KIND, "variety", "variety", "as many movements, equally often", MOST_MOVEMENTS, Tier.EXPERIMENTAL, low=1.0
)


@dataclass(frozen=True)
class Watched:
    """What was told of a session, and when it began: seconds since 1970, None where nobody knows."""

    began: float | None
    told: Personal

    @property
    def enough(self) -> bool:
        """Whether enough was measured to compare it."""
        return self.told.mean is not None and self.told.seconds >= LEAST_S


@dataclass(frozen=True)
class Showing:
    """In which sessions a movement shows.

    Attributes:
        shown: of each session that counts, the oldest first, whether it does.
        chance: how often as clear a change between showing and not comes about where the order says nothing; 1 where
            there is none.
        found: whether that is rare enough to be told.
    """

    shown: tuple[bool, ...]
    chance: float
    found: bool

    @property
    def way(self) -> str:
        """`came` in the later sessions alone, `went` after the earlier ones; '' for neither."""
        return _way(self.shown)


@dataclass(frozen=True)
class Repertoire:
    """A session against the same person's earlier ones.

    Attributes:
        sessions: those of the same bundle, the oldest first, this one last.
        earlier: of them those before it that count.
        little: sessions of the same bundle of which too little was measured.
        others: sessions that another bundle watched.
        measures: what was compared.
        movements: all that the bundle knows, as this session told of them, or the newest that did.
        changes: measure's id → this session against the earlier ones; nothing where none of them counts.
        showing: measure's id of a movement → in which sessions it shows.
    """

    sessions: tuple[Watched, ...]
    earlier: int
    little: int
    others: int
    measures: tuple[Measure, ...]
    movements: tuple[Movement, ...]
    changes: Mapping[str, Change]
    showing: Mapping[str, Showing]

    @property
    def now(self) -> Watched:
        """What was told of the session."""
        return self.sessions[-1]


def repertoire(now: Watched, before: Sequence[Watched]) -> Repertoire:
    """Compare a session that was watched with all that were before it, the oldest first; what no bundle of theirs
    watched is passed over."""
    theirs = [one for one in before if one.told.watched]
    same = [one for one in theirs if one.told.bundle == now.told.bundle]
    counting = [one for one in same if one.enough]
    movements = next((one.told.movements for one in (now, *reversed(same)) if one.told.movements), ())
    chosen = measures(movements)
    found = against_earlier(summary(now), [summary(one) for one in counting], chosen)
    return Repertoire(
        (*same, now),
        len(counting),
        len(same) - len(counting),
        len(theirs) - len(same),
        chosen,
        movements,
        {one.measure.id: one for one in found},
        _showing([*counting, now] if now.enough else counting, movements),
    )


def watched(of: Table | Summary) -> Watched | None:
    """What was told of a session; None where nothing was."""
    found = of if isinstance(of, Summary) else summarise(of, ())
    return Watched(found.began, found.personal) if found.personal else None


def measures(movements: Sequence[Movement]) -> tuple[Measure, ...]:
    """What can be followed from session to session of a bundle that knows these."""
    return (DISTANCE, VARIETY, NEAR, *map(measure_of, movements)) if movements else (DISTANCE,)


def measure_of(movement: Movement) -> Measure:
    """The share of a movement, named by its action units."""
    more = "\N{HORIZONTAL ELLIPSIS}" if len(movement.units) > _MOST_NAMED else ""
    units = " + ".join(movement.units[:_MOST_NAMED]) + more
    name = f"movement {movement.number}{f': {units}' if units else ''}"
    return Measure(KIND, f"shares.m{movement.number}", name, _PERCENT, 100.0, Tier.EXPERIMENTAL)


def summary(one: Watched) -> Summary:
    """What a session came to, by the measures' ids."""
    return Summary(one.began, one.told.seconds, None, one.enough, dict(_means(one.told)))


def variety(shares: Sequence[float]) -> float | None:
    """Hill's number of order 1, from 1 to as many as there are; None where no movement showed."""
    total = sum(shares)
    parts = [share / total for share in shares if share > 0]
    return exp(-sum(part * log(part) for part in parts)) if parts else None


def _means(told: Personal) -> Iterator[tuple[str, Estimate]]:
    seen_s = told.seconds
    shares = [one.share for one in told.movements]
    errors = [_error(one.share, one.high) for one in told.movements]
    if told.mean is not None:
        yield DISTANCE.id, Estimate(told.mean, told.low, told.high, seen_s, _error(told.mean, told.high))
    if told.near is not None:
        yield NEAR.id, Estimate(100 * told.near, None, None, seen_s, 100 * hypot(*errors))
    if (varied := variety(shares)) is not None:
        yield VARIETY.id, Estimate(varied, None, None, seen_s, _error_of_variety(shares, errors))
    for one, error in zip(told.movements, errors, strict=True):
        low, high = (None if end is None else 100 * end for end in (one.low, one.high))
        yield measure_of(one).id, Estimate(100 * one.share, low, high, seen_s, 100 * error)


def _error(mean: float, high: float | None) -> float:
    """Standard error of a mean whose interval the box took from its parts; NaN where it told of none."""
    return nan if high is None else (high - mean) / quantile(_FREEDOM)


def _error_of_variety(shares: Sequence[float], errors: Sequence[float]) -> float:
    """By how much it is another one where each share is greater by its error."""
    varied = variety(shares) or nan
    raised = [[*shares[:at], shares[at] + error, *shares[at + 1 :]] for at, error in enumerate(errors)]
    return hypot(*((variety(one) or nan) - varied for one in raised))


def _showing(sessions: Sequence[Watched], movements: Sequence[Movement]) -> dict[str, Showing]:
    shown = {measure_of(one).id: tuple(_shows(each.told, one.number) for each in sessions) for one in movements}
    chances = [_chance(one) for one in shown.values()]
    found = by_holm(chances) if len(sessions) >= FEWEST else [False] * len(chances)
    return {
        name: Showing(one, chance, tells)
        for (name, one), chance, tells in zip(shown.items(), chances, found, strict=True)
    }


def _shows(told: Personal, number: int) -> bool:
    return any(one.number == number and one.share * told.seconds >= SHOWS_S for one in told.movements)


def _way(shown: Sequence[bool]) -> str:
    turns = [after for before, after in pairwise(shown) if before != after]
    return ("came" if turns[0] else "went") if len(turns) == 1 else ""


def _chance(shown: Sequence[bool]) -> float:
    return min(2 / comb(len(shown), sum(shown)), 1.0) if _way(shown) else 1.0
