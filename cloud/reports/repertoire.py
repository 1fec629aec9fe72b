"""What changed in a person's own movements from session to session, in words: how much of it can be told, and why not
where it cannot."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from cloud.analysis.earlier import FEWEST, Change, Summary, change_words, measure_called, usual
from cloud.analysis.measures import LEAST_S, Measure
from cloud.analysis.plain import clock
from cloud.analysis.repertoire import SHOWS_S, Repertoire, Showing, repertoire, summary, watched
from cloud.analysis.trend import chance_words, trend_words
from cloud.analysis.uncertainty import Estimate
from cloud.analysis.whole import rounded
from cloud.reading.table import Table
from cloud.reports.personal import TITLE, named
from device.contract.fields import Json

HEADING = "From session to session"
HEADS = ("What", "This session", "Earlier sessions", "Shows in", "Over all of them")
NOTE = (
    f"Usually: where one more session like the earlier ones lies in 95 of 100 cases, wider where this session's own "
    f"figure is unsure. A movement shows in a session if it was the nearest for {SHOWS_S:g} s in all; in longer "
    "sessions more of them do. Variety: as many movements that show equally often are as varied. Of made-up people in "
    "whom nothing changes, 3 to 10 of 100 had a change told."
)
_MOST = 6
_MINUTES = f"{LEAST_S / 60:.0f} minutes"
_NOTHING = "not known"


@dataclass(frozen=True)
class FollowUp:
    """What is told over sessions: `sentences`, and `HEADS` with their rows; no row where nothing is compared."""

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def of(table: Table, earlier: Sequence[Table | Summary] | None) -> Repertoire | None:
    """The first session of a table against earlier ones; None where no bundle of theirs watched it, or nobody looked
    for earlier ones."""
    now = watched(table)
    if now is None or not now.told.watched or earlier is None:
        return None
    return repertoire(now, [found for one in earlier if (found := watched(one))])


def follow_up(found: Repertoire, which: str = "this session") -> FollowUp:
    """In words; `which`: what the session is called that is compared."""
    return FollowUp((*_sentences(found, which),), (*_rows(found),) if found.earlier else ())


def without(count: int) -> str:
    """Of how many sessions nothing was said though a bundle was there."""
    return f"Of {_sessions(count, '')} the bundle on the box said nothing; the page of a session says why."


def lines(found: Repertoire) -> Iterator[str]:
    """The same for a terminal."""
    told = follow_up(found)
    yield f"\n{TITLE}, {HEADING[:1].lower()}{HEADING[1:]}"
    yield from (f"  {sentence}" for sentence in told.sentences)
    for what, *cells in told.rows:
        told_of = zip(HEADS[1:], cells, strict=True)
        parts = (f"{head.lower()} {cell[:1].lower()}{cell[1:]}" for head, cell in told_of if cell)
        yield f"  {what}: {'; '.join(parts)}"


def pointer(found: Repertoire) -> Iterator[str]:
    """For the first page: that something changed, and where it stands."""
    if count := len([*_found(found)]) if found.now.enough and found.earlier else 0:
        what = f"{count} change{'s' * (count != 1)}"
        yield f"{what} in their own movements can be told: see “{TITLE}”."


def to_json(found: Repertoire) -> Json:
    """The same for machines."""
    changes: Json = {}
    for name, one in found.changes.items():
        changes[name] = {"now": one.now.mean, "before": one.before, "low": one.low, "high": one.high}
        changes[name] |= {"sessions": one.sessions, "chance": one.chance, "found": one.found}
        changes[name] |= {"trend": asdict(one.trend)}
    showing = {name: asdict(one) | {"way": one.way} for name, one in found.showing.items()}
    counts = {"enough": found.now.enough, "earlier": found.earlier, "little": found.little, "others": found.others}
    told: Json = {"bundle": found.now.told.bundle, **counts, "changes": changes, "showing": showing}
    return {name: rounded(value) for name, value in told.items()}


def _sentences(found: Repertoire, which: str) -> Iterator[str]:
    if found.others:
        were = f"{_sessions(found.others)} {'were' if found.others != 1 else 'was'} watched by another bundle"
        yield f"{were}, whose movements are others: what this one tells begins a series of its own."
    if found.little:
        yield f"Too little was seen in {_sessions(found.little)}, less than {_MINUTES}: not compared with."
    if not found.now.enough:
        seen = clock(found.now.told.seconds, False)
        yield f"Too little seen: {seen} min of {which} were measured, and comparing it takes {_MINUTES}."
    elif not found.earlier:
        yield "No earlier session of this bundle in which enough was seen: there is nothing to compare with."
    else:
        yield from _told(found)


def _told(found: Repertoire) -> Iterator[str]:
    told = [*_found(found)]
    yield from told[:_MOST]
    if len(told) > _MOST:
        yield f"And {len(told) - _MOST} more, see the table."
    if not told and found.earlier < FEWEST:
        yield f"{_sessions(found.earlier)} in which enough was seen: telling a change takes {FEWEST}."
    elif not told:
        yield f"Nothing that {_sessions(found.earlier)} could tell from the usual ups and downs."


def _found(found: Repertoire) -> Iterator[str]:
    """What is told surely: which came and went, what this session is unlike, and what rises or falls."""
    for measure in found.measures:
        showing = found.showing.get(measure.id)
        if showing and showing.found:
            yield f"{measure_called(measure)}: {_way(showing)}"
    yield from (change_words(one) for one in found.changes.values() if one.found)
    for one in found.changes.values():
        if one.trend.found:
            words = trend_words(one.trend)
            yield f"{measure_called(one.measure)} ({one.measure.unit}): {words[:1].lower()}{words[1:]}"


def _rows(found: Repertoire) -> Iterator[tuple[str, ...]]:
    names = {f"personal.shares.m{one.number}": f"Movement {named(one)}" for one in found.movements}
    means = summary(found.now).means
    for measure in found.measures:
        change, showing = found.changes.get(measure.id), found.showing.get(measure.id)
        shows = f"{sum(showing.shown)} of {len(showing.shown)}" if showing else ""
        what = names.get(measure.id) or f"{measure_called(measure)} ({measure.unit})"
        yield what, _estimate(measure, means.get(measure.id)), _before(change), shows, _over(change, showing)


def _estimate(measure: Measure, one: Estimate | None) -> str:
    if one is None:
        return _NOTHING
    if one.low is None or one.high is None:
        return measure.told(one.mean)
    return f"{measure.told(one.mean)} ({measure.between(one.low, one.high)})"


def _before(change: Change | None) -> str:
    if change is None:
        return "not compared"
    between = usual(change)
    return f"{change.measure.told(change.before)}, {f'usually {between}' if between else 'too few for more'}"


def _over(change: Change | None, showing: Showing | None) -> str:
    """The clearest that all sessions together say."""
    if showing and showing.found:
        return _capital(_way(showing))
    if showing and showing.way and not (change and change.trend.found):
        return f"{_capital(_way(showing))} Chance may do that."
    return trend_words(change.trend) if change else ""


def _way(showing: Showing) -> str:
    """`in none of the first 5 sessions, but in each of the last 4.`"""
    shown = showing.shown
    turn = next(at for at in range(1, len(shown)) if shown[at] != shown[0])
    first, last = _in(shown[0], "first", turn), _in(shown[-1], "last", len(shown) - turn)
    often = f" {chance_words(showing.chance)}" if showing.found else ""
    return f"{first} session{'s' * (turn != 1)}, but {last}.{often}"


def _in(shows: bool, which: str, count: int) -> str:
    if count == 1:
        return f"{'' if shows else 'not '}in the {which}"
    return f"in {'each' if shows else 'none'} of the {which} {count}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sessions(count: int, earlier: str = "earlier ") -> str:
    return f"{count} {earlier}session{'s' * (count != 1)}"
