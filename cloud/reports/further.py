"""Of a session, for text and machines: rapid changes, left against right, head, and its parts."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from cloud.analysis.activity import activity
from cloud.analysis.head import Head, head
from cloud.analysis.measures import MEASURES, USUAL
from cloud.analysis.outstanding import Outstanding, outstanding
from cloud.analysis.parts import Part, Statistic, by_part
from cloud.analysis.plain import clock, percent
from cloud.analysis.rapid import Rapid, rapid_changes
from cloud.analysis.sides import DIFFER, Sides, sides
from cloud.analysis.whole import Analysis, rounded
from cloud.reading.table import Table
from cloud.reports.summary import name_of
from device.contract.fields import Json
from device.contract.labels import CODES

_MOST = 5


@dataclass(frozen=True)
class Further:
    """What is told of a session beside `Analysis`; see the modules of `cloud.analysis` of these names."""

    rapid: tuple[Rapid, ...]
    sides: tuple[Sides, ...]
    head: Head | None
    parts: tuple[Part, ...]
    activity: dict[str, float]
    outstanding: Outstanding


def further(table: Table, analysis: Analysis, everything: bool = False) -> Further:
    """All of it, of one session of at least one row; `everything`: also with what is hardly supported."""
    return Further(
        rapid_changes(table, everything),
        sides(table),
        head(table),
        by_part(table, analysis),
        activity(table),
        outstanding(table, analysis),
    )


def lines(found: Further) -> Iterator[str]:
    """The lines of the text report, each with its heading."""
    if found.rapid:
        yield f"Rapid        {_rapid(found.rapid)}"
    if found.sides:
        yield f"Left, right  {_sides(found.sides)}"
    if found.head:
        yield f"Head         {_head(found.head)}"


def part_table(found: Further) -> Iterator[str]:
    """A row for the session and each phase and stimulus: the mean of what is usually looked at, with its interval, and
    episodes a minute."""
    if len(found.parts) == 1:
        return
    measures = [MEASURES[name] for name in USUAL]
    yield "\nParts (mean and its 95 % interval; / episodes a minute)"
    heads = "".join(f"{name_of(one.key)[:24]:26}" for one in measures)
    yield f"{'':24}{'from':>7} {'lasted':>7} {'seen':>5}   {heads}"
    for part in found.parts:
        cells = "".join(f"{_cell(part.measures.get(one.id)):26}" for one in measures)
        little = "" if part.enough else "  too little seen to say much"
        begin, lasted = clock(part.begin_s, False), clock(part.lasted_s, False)
        yield f"  {part.name[:20]:22}{begin:>7} {lasted:>7} {percent(part.seen):>5}   {cells.rstrip()}{little}"


def to_json(found: Further) -> Json:
    """The same for machines, numbers rounded to thousandths; what is not known is null or absent."""
    told: dict[str, Any] = {
        "rapid": [{**asdict(one), "expressions": dict(one.expressions)} for one in found.rapid],
        "sides": [{**asdict(one), "side": one.side} for one in found.sides],
        "head": asdict(found.head) if found.head else None,
        "parts": [_part(one) for one in found.parts],
        "activity": found.activity,
        "outstanding": asdict(found.outstanding),
    }
    return {name: rounded(value) for name, value in told.items()}


def _part(part: Part) -> Json:
    named = {"name": part.name, "kind": part.kind, "begin_s": part.begin_s, "end_s": part.end_s}
    measures = {name: _statistic(one) for name, one in part.measures.items()}
    return named | {"seen": part.seen, "enough": part.enough, "measures": measures}


def _statistic(one: Statistic) -> Json:
    names = ("mean", "low", "high", "seconds", "share", "high95", "episodes", "per_minute")
    return {name: getattr(one, name) for name in names if getattr(one, name) is not None}


def _rapid(found: tuple[Rapid, ...]) -> str:
    told = [
        f"{clock(one.begin_s, False)} for {one.end_s - one.begin_s:.0f} s "
        f"({', '.join(name.replace('_', ' ') for name, _ in one.expressions)})"
        for one in found[:_MOST]
    ]
    more = f" and {len(found) - _MOST} times more" if len(found) > _MOST else ""
    return f"five or more expressions took turns, none much stronger than the others, at {'; '.join(told)}{more}"


def _sides(found: tuple[Sides, ...]) -> str:
    apart = [one for one in found if one.side]
    if not apart:
        return "no difference that can be told"
    told = [
        f"{name_of(one.unit)} more on their {one.side} (by {abs(one.while_shown):.1f} while it showed; {DIFFER:.0f} "
        f"or more apart for {percent(one.share_differing)} of the time with the head straight)"
        for one in apart
    ]
    return "; ".join(told)


def _head(found: Head) -> str:
    turned = [f"{CODES[code]} {percent(share)}" for code, share in found.turned.items()]
    where = f"{', '.join(turned)} of the time in which it was measured" if turned else "straight"
    speed = f"; it moved by {found.speed:.1f}° a second in the median" if found.speed is not None else ""
    return f"{where}{speed}"


def _cell(one: Statistic | None) -> str:
    if one is None:
        return "not measured"
    interval = "" if one.low is None or one.high is None else f" ({one.low:.2f} to {one.high:.2f})"
    often = "" if one.per_minute is None else f" / {one.per_minute:.1f}"
    return f"{one.mean:.2f}{interval}{often}"
