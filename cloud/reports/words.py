"""The first half page of a report: what a therapist reads in two minutes, in plain words, the surest first."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.analysis.episodes import Episode, by_support, lasted_s
from cloud.analysis.measures import seen_share, unseen
from cloud.analysis.plain import clock, percent, plain
from cloud.analysis.unseen import HIDDEN, UNSEEN
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports.summary import NOT_AGREED, STANDS_OUT, WITHHELD
from device.contract.labels import ACTION_UNITS, Tier

_MOST_MOVES = 3


@dataclass(frozen=True)
class Finding:
    """Something that stood out: in words, and how surely."""

    text: str
    tier: Tier


def seen(table: Table) -> list[tuple[str, float]]:
    """What the session's time was: measured, and why not the rest, with shares; '' in words for what is too short."""
    parts = [("measured", seen_share(table) or 0.0)]
    return parts + [(UNSEEN.get(reason, reason), share) for reason, share in unseen(table).items()]


def seen_sentence(table: Table, analysis: Analysis) -> str:
    """How much could be seen, and why not the rest."""
    total = analysis.session.lasted_s
    (_, share), *rest = seen(table)
    why = [f"{words} {percent(part)}" for words, part in rest if part >= 0.005]
    measured = f"{clock(share * total, False)} of {clock(total, False)} minutes could be measured"
    said = measured if share else "Nothing of the face could be measured"
    said += f"; the rest: {', '.join(why)}." if why else "."
    hidden = [
        f"{HIDDEN[part]} for {percent(seconds / total)} of it"
        for part, seconds in analysis.session.hidden_s.items()
        if seconds / total >= 0.005
    ]
    return said + (f" While measured: {', '.join(hidden)}; what moves there is not known." if hidden else "")


def findings(analysis: Analysis) -> Iterator[Finding]:
    """What stood out."""
    yield from _emotions(analysis)
    found = [e for e in by_support(analysis.episodes, "aus") if e[0].key not in ("AU25", "AU26", "AU43")]
    for episodes in found[:_MOST_MOVES]:
        yield _moved(episodes)
    if analysis.at_rest is not None and not found:
        yield Finding("Nothing in the face moved enough to be told from rest, blinks apart.", Tier.REPORTED)
    if analysis.blinks and analysis.blinks.count:
        yield Finding(
            f"{analysis.blinks.per_minute:.0f} blinks a minute ({analysis.blinks.count} seen).", Tier.REPORTED
        )


def _emotions(analysis: Analysis) -> Iterator[Finding]:
    total = max(analysis.session.lasted_s, 1e-9)
    if "expressions" in analysis.withheld:
        yield Finding(f"Expressions were {NOT_AGREED}.", Tier.REPORTED)
        return
    leading = [one for one in analysis.dominance if one.kind == "emotions" and one.name not in WITHHELD]
    for tier in Tier:
        told = [one for one in leading if one.tier == tier and one.share >= 0.01]
        if told:
            first, *rest = told
            also = f"; {', '.join(f'{one.name} {percent(one.share)}' for one in rest)}" if rest else ""
            most = "mostly " if first.share >= 0.5 else ""
            yield Finding(f"The face looked {most}{first.name}: {percent(first.share)} of the session{also}.", tier)
    disagree = analysis.session.disagree_s / total
    if disagree >= STANDS_OUT:
        yield Finding(
            f"For {percent(disagree)} of the session the two readings of the face contradict each other; neither is "
            "counted there.",
            Tier.REPORTED,
        )


def _moved(episodes: list[Episode]) -> Finding:
    top = max(episodes, key=lambda one: one.apex)
    times = "once" if len(episodes) == 1 else f"{len(episodes)} times"
    moved = plain(top.key)
    lasted = f"{clock(lasted_s(episodes), False)} in all; most at {clock(top.apex_s, False)}."
    said = f"{moved[0].upper()}{moved[1:]} ({top.key}) {times}, {lasted}"
    return Finding(said, Tier(top.tier))


def silent(analysis: Analysis) -> str:
    """A sentence on the action units that never showed, and on those that never were measured."""
    shown = {one.key for one in analysis.episodes}
    still = [unit.key for unit in ACTION_UNITS if unit.key in analysis.thresholds and unit.key not in shown]
    never = [unit.key for unit in ACTION_UNITS if unit.key not in analysis.thresholds]
    if "units" in analysis.withheld:
        return f"Action units: {NOT_AGREED}."
    told = [f"No movement found: {', '.join(still)}."] if still else []
    return " ".join([*told, *([f"Never measured: {', '.join(never)}."] if never else [])])


def is_dated(table: Table) -> bool:
    """Whether the time of day is known from the first record on."""
    return not bool(np.isnan(table.wall[0]))
