"""What the face looked like: the leading expressions, what goes together and what follows, and rapid changes."""

from collections.abc import Iterator

from cloud.analysis.cooccurrence import FOLLOWS_S
from cloud.analysis.plain import clock, percent
from cloud.analysis.rapid import ALIKE, FEWEST, FRAMES, STRONG, Rapid, rapid_changes
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports.page import Cell, Grid, Head, Moment, Part, Row, Section, sure
from cloud.reports.summary import WITHHELD, dominant, name_of
from device.contract.labels import Tier

_MOST, _MOST_RAPID = 8, 8
_LEAST = 0.005
_EXPRESSIONS = (
    Head("Leading", wide=1.1),
    Head("How surely", wide=1.1),
    Head("Of the session", True),
    Head("Meanwhile, read off the facial actions", wide=2.6),
)
_TOGETHER = (Head("Showed together", wide=3), Head("For", True, 0.6), Head("Of the time of either", True, 1.2))
_AFTER = (Head("Followed", wide=2), Head("on", wide=2), Head("Times", True))
_RAPID = (
    Head("From", wide=0.7),
    Head("To", wide=0.7),
    Head("Expressions, in the order in which they first led", wide=6),
    Head("Mean", True, 0.7),
)
#: Talking and blinking follow everything.
_COMMON = {"AU25", "AU26", "AU43"}
_LEAST_TOGETHER, _LEAST_S = 0.05, 1.0
_RULE = (
    f"Windows of {FRAMES[0]} to {FRAMES[1]} frames with at least {FEWEST} leading expressions whose strengths differ "
    f"by at most {ALIKE:g}, with a mean above {STRONG:g}; each led for a fifth of a second at least."
)


def section(table: Table, analysis: Analysis, everything: bool) -> Iterator[Section]:
    """All of it, as far as expressions were recorded."""
    parts = [*_leading(analysis, everything), *_pairs(analysis, everything), *_following(analysis, everything)]
    if "expressions" not in analysis.withheld:
        parts += _rapid(rapid_changes(table, everything), bool(table.known("expressions").any()))
    said = dominant(analysis)
    yield Section("What the face looked like", parts, [f"{said[:1].upper()}{said[1:]}."])


def _leading(analysis: Analysis, everything: bool) -> Iterator[Part]:
    kinds = {one.kind for one in analysis.dominance}
    kind = "emotions" if "emotions" in kinds else "expressions"
    found = [one for one in analysis.dominance if one.kind == kind and one.share >= _LEAST]
    rows = []
    for one in (one for one in found if everything or one.name not in WITHHELD):
        beside = [(name, share) for name, share in one.beside.items() if share >= _LEAST]
        beside = sorted((pair for pair in beside if everything or pair[0] not in WITHHELD), key=lambda pair: -pair[1])
        agreeing = ", ".join(f"{name_of(name)} {percent(share)}" for name, share in beside)
        cells: tuple[Cell, ...] = (name_of(one.name), sure(Tier(one.tier)).words, percent(one.share), agreeing or "–")
        rows.append(Row(cells))
    if rows:
        yield Part(table=Grid(_EXPRESSIONS, rows))


def _pairs(analysis: Analysis, everything: bool) -> Iterator[Part]:
    told = [one for one in analysis.pairs if everything or not {one.first, one.second} & set(WITHHELD)]
    told = [one for one in told if one.jaccard >= _LEAST_TOGETHER and one.together_s >= _LEAST_S]
    rows: list[Row] = []
    for kind, title in (("aus", "Facial actions"), ("expressions", "Finer expressions")):
        of = [one for one in told if one.kind == kind][:_MOST]
        rows += [Row(group=title)] if of else []
        rows += [
            Row((f"{name_of(a.first)} and {name_of(a.second)}", clock(a.together_s, False), percent(a.jaccard)))
            for a in of
        ]
    if rows:
        yield Part("Frequent pairs", table=Grid(_TOGETHER, rows))


def _following(analysis: Analysis, everything: bool) -> Iterator[Part]:
    told = [
        one
        for one in analysis.successions
        if one.count > 1
        and not {one.first, one.second} & _COMMON
        and (everything or not {one.first, one.second} & set(WITHHELD))
    ]
    rows = [Row((name_of(one.second), name_of(one.first), f"{one.count}")) for one in told[:_MOST]]
    if rows:
        note = f"Began within {FOLLOWS_S:.0f} s after the end of the other; without lips that part, jaws and blinks."
        yield Part("What followed what", table=Grid(_AFTER, rows), caption=note)


def _rapid(found: tuple[Rapid, ...], is_known: bool) -> Iterator[Part]:
    title = "Rapid changes"
    if not is_known:
        yield Part(title, text="Not known: finer expressions, of which they consist, were not recorded.")
        return
    if not found:
        yield Part(title, text=f"None. {_RULE}")
        return
    rows = [
        Row(
            (
                Moment(clock(one.begin_s, False), one.begin_s),
                clock(one.end_s, False),
                ", ".join(f"{name_of(name)} {strength:.2f}" for name, strength in one.expressions),
                f"{one.mean:.2f}",
            )
        )
        for one in found[:_MOST_RAPID]
    ]
    more = f"{len(found) - _MOST_RAPID} more are not listed. " if len(found) > _MOST_RAPID else ""
    yield Part(title, table=Grid(_RAPID, rows), caption=more + _RULE)
