"""What stood out in a session, in sentences, the surest first; and what was not measured.

First comes how far an estimate can be relied on at all, its tier; within a tier what was tested (the chance that it is
an accident), then what is only counted, by its share of the session. Nothing says what somebody felt: readings are of
what a face shows.

Phases are compared with the first one, all measures together by Holm's method: of made-up sessions in which nothing
differs (20 measures, four phases, correlation times of 3 and 15 s), 3 to 12 of 100 had a difference that was told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from cloud.analysis.earlier import Change, Summary, against_earlier, change_words
from cloud.analysis.episodes import Episode, by_support, lasted_s
from cloud.analysis.head import head
from cloud.analysis.measures import AUS, MEASURES, Measure, unseen
from cloud.analysis.measures import lasted_s as length_of
from cloud.analysis.parts import Part, by_part
from cloud.analysis.plain import called, clock, percent, plain
from cloud.analysis.rapid import rapid_changes
from cloud.analysis.sides import Sides, sides
from cloud.analysis.trend import by_holm, trend_words
from cloud.analysis.uncertainty import Estimate, chance, difference
from cloud.analysis.unseen import HIDDEN, UNSEEN
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from device.contract.labels import Tier
from device.contract.templates import tier

#: Share of the session below which nothing is said to stand out.
STANDS_OUT = 0.1
#: What two phases must differ by at least: steps of intensity, and probability.
_LEAST = {AUS: 0.2}
_LEAST_OTHER = 0.05
_MOST = 3  # of a kind
_TURNED = 0.2
_FINEST = 0.005
_ODD = ("painful", "threatened")
#: Speech moves them, blinks close the eyes: that stands out of nothing.
_USUAL = ("AU25", "AU26", "AU43")

Kind = Literal["expression", "movement", "sides", "rapid", "phase", "earlier", "head"]


@dataclass(frozen=True)
class Fact:
    """Something that stood out.

    Attributes:
        words: one sentence.
        weight: 0–1, by which facts of a tier are ordered: beyond 0.9 where it was tested.
        at_s: where to look, seconds since the session's first row; None for the whole session.
        key: `aus.AU12` of what has a measure; else ''.
    """

    kind: Kind
    words: str
    tier: Tier
    weight: float
    at_s: float | None = None
    key: str = ""


@dataclass(frozen=True)
class Outstanding:
    """What stood out, the surest first; and sentences on what was not measured."""

    facts: tuple[Fact, ...]
    unmeasured: tuple[str, ...]


def outstanding(table: Table, analysis: Analysis, earlier: Sequence[Table | Summary] = ()) -> Outstanding:
    """Of one session, of at least one row."""
    found = chain(
        _readings(analysis),
        _movements(analysis),
        _sides(sides(table)),
        _rapid(table),
        _phases(by_part(table, analysis)),
        _earlier(against_earlier(table, earlier)),
        _head(table),
    )
    ordered = sorted(found, key=lambda fact: (list(Tier).index(fact.tier), -fact.weight))
    return Outstanding(tuple(ordered), tuple(_unmeasured(table, analysis)))


def _readings(analysis: Analysis) -> Iterator[Fact]:
    for one in analysis.dominance:
        if one.kind == "emotions" and one.share >= STANDS_OUT:
            words = f"{called(one.name)} was the clearest for {percent(one.share)} of the session."
            yield Fact("expression", words, Tier(one.tier), one.share * 0.9, key=f"emotions.{one.name}")


def _movements(analysis: Analysis) -> Iterator[Fact]:
    total = max(analysis.session.lasted_s, 1e-9)
    found = [of for of in by_support(analysis.episodes, AUS) if of[0].key not in _USUAL]
    for episodes in [of for of in found if len(of) > 1 or lasted_s(of) >= STANDS_OUT * total][:_MOST]:
        yield _movement(episodes, total, analysis.thresholds[episodes[0].key].found_rest)


def _movement(episodes: list[Episode], total: float, found_rest: bool) -> Fact:
    top, seconds = max(episodes, key=lambda episode: episode.apex), lasted_s(episodes)
    times = "once" if len(episodes) == 1 else f"{len(episodes)} times"
    marked = "" if found_rest else ", beside showing most of the time"
    words = f"{called(top.key)}: {times}, {clock(seconds, False)} in all{marked}, "
    words += f"most at {clock(top.apex_s, False)} ({top.apex:.1f} of 5)."
    return Fact("movement", words, Tier(top.tier), min(seconds / total, 1.0) * 0.9, top.apex_s, f"aus.{top.key}")


def _sides(found: tuple[Sides, ...]) -> Iterator[Fact]:
    for one in [one for one in found if one.side][:_MOST]:
        low, high = sorted((abs(one.low or 0.0), abs(one.high or 0.0)))
        words = (
            f"{called(one.unit)}: more on their {one.side} side, by {abs(one.while_shown):.1f} of 5 while it showed "
            f"({low:.2f} to {high:.2f} over the whole session); a step or more apart for "
            f"{percent(one.share_differing)} of the time with the head straight."
        )
        yield Fact("sides", words, one.tier, 0.95, key=f"aus.{one.unit}")


def _rapid(table: Table) -> Iterator[Fact]:
    if found := rapid_changes(table):
        first = max(found, key=lambda one: len(one.expressions))
        often = "Once" if len(found) == 1 else f"{len(found)} times"
        names = ", ".join(plain(name) for name, _ in first.expressions)
        words = (
            f"{often} expressions changed quickly, five or more within seconds"
            f"{'' if len(found) == 1 else '; most of them'} at {clock(first.begin_s, False)} for "
            f"{first.end_s - first.begin_s:.0f} s: {names}."
        )
        weakest = max((tier(name) for name, _ in first.expressions), key=list(Tier).index)
        seconds = sum(one.end_s - one.begin_s for one in found)
        yield Fact("rapid", words, weakest, 0.9 * min(seconds / length_of(table), 1.0), first.begin_s)


def _phases(found: tuple[Part, ...]) -> Iterator[Fact]:
    """What differs in a phase from the first one."""
    phases = [part for part in found if part.kind == "phase" and part.enough]
    changes = [_against(phases[0], part, name) for part in phases[1:] for name in part.means if name in MEASURES]
    tested = [one for one in changes if one]
    told = by_holm([one.rare for one in tested])
    found_facts = [one.fact for one, tells in zip(tested, told, strict=True) if tells and one.fact]
    yield from sorted(found_facts, key=lambda fact: -fact.weight)[:_MOST]


@dataclass(frozen=True)
class _Tested:
    """How rare so great a difference is by accident; `fact`: None where it is too small to be seen."""

    rare: float
    fact: Fact | None


def _against(first: Part, part: Part, name: str) -> _Tested | None:
    before, after, measure = first.means.get(name), part.means[name], MEASURES[name]
    if before is None or before.low is None or after.low is None:
        return None
    change = difference(before, after)
    rare = chance(abs(change.mean) / max(change.error, _FINEST), max(change.freedom, 1))
    if abs(change.mean) < _LEAST.get(measure.kind, _LEAST_OTHER):
        return _Tested(rare, None)
    return _Tested(rare, _phase(first, part, measure, (before, after), rare))


def _phase(first: Part, part: Part, measure: Measure, means: tuple[Estimate, Estimate], rare: float) -> Fact:
    way = "more" if means[1].mean > means[0].mean else "less"
    words = (
        f"{called(measure.key)}: {way} in '{part.name}' than in '{first.name}', {means[1].mean:.2f} against "
        f"{means[0].mean:.2f} on average."
    )
    return Fact("phase", words, measure.tier, 1 - 0.1 * rare, part.begin_s, measure.id)


def _earlier(found: tuple[Change, ...]) -> Iterator[Fact]:
    for one in [one for one in found if one.found][:_MOST]:
        measure = one.measure
        yield Fact("earlier", change_words(one), measure.tier, 1 - 0.1 * one.chance, key=measure.id)
    for one in [one for one in found if one.trend.found][:_MOST]:
        words = f"{called(one.measure.key)}, from session to session: {_lower(trend_words(one.trend))}"
        yield Fact("earlier", words, one.measure.tier, 1 - 0.1 * one.trend.chance, key=one.measure.id)


def _head(table: Table) -> Iterator[Fact]:
    found = head(table)
    for code, share in found.turned.items() if found else ():
        if share >= _TURNED:
            words = f"{called(code)} for {percent(share)} of the time in which the face was measured."
            yield Fact("head", words, Tier.REPORTED, share * 0.9)


def _unmeasured(table: Table, analysis: Analysis) -> Iterator[str]:
    rest = [f"{UNSEEN.get(why, why)} {percent(share)}" for why, share in unseen(table).items() if share >= 0.005]
    if rest:
        yield f"Not seen: {', '.join(rest)} of the session."
    spent, total = analysis.session, max(analysis.session.lasted_s, 1e-9)
    for part, seconds in spent.hidden_s.items():
        if seconds >= 1:
            yield f"{_capital(HIDDEN[part])} for {clock(seconds, False)}: what moves there was not measured meanwhile."
    if spent.disagree_s / total >= 0.005:
        yield (
            f"For {percent(spent.disagree_s / total)} of the session expression and facial actions contradict each "
            "other; neither is counted there."
        )
    for part in analysis.withheld:
        what = "Expressions" if part == "expressions" else "Facial actions"
        yield f"{what} were not recorded: the consent does not cover them."
    if analysis.blinks is None and "units" not in analysis.withheld:
        yield "Blinks were not counted: no eyes were seen, or too few frames a second to tell."
    if "units" not in analysis.withheld and not sides(table):
        yield "Left and right were not told apart for long enough to compare them."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
