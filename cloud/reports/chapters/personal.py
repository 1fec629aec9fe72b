"""How a person moved against themselves: in this session, and what changed since their earlier ones."""

from collections.abc import Iterator, Sequence

from cloud.analysis.earlier import Summary, usual_span
from cloud.analysis.measures import Measure
from cloud.analysis.repertoire import DISTANCE, NEAR, VARIETY, Repertoire, summary
from cloud.reading.personal import is_withheld
from cloud.reading.table import Table
from cloud.reports import personal, repertoire
from cloud.reports.figures import weekly
from cloud.reports.figures.dots import Dot
from cloud.reports.page import Grid, Head, Part, Row, Section

_HEADS = tuple(Head(text, wide=wide) for text, wide in zip(personal.HEADS, (3.2, 0.9, 0.9), strict=True))
_WIDE = (2.2, 1.3, 1.3, 0.8, 1.8)
_OVER = tuple(Head(text, wide=wide) for text, wide in zip(repertoire.HEADS, _WIDE, strict=True))
_MOST = 9
_CAPTION = (
    "A dot a session with the 95 % interval of its mean, where that is known; the diamond is this session. Grey "
    "band: where it usually lies, by the earlier ones. Hollow: too little was seen, and it counts for nothing. "
    "%: of the time."
)


def section(table: Table, earlier: Sequence[Table | Summary] | None) -> Iterator[Section]:
    """Of the session; nothing where no bundle of this person was to watch it."""
    session = table.sessions[0]
    if is_withheld(session):
        yield Section(personal.TITLE, [], [personal.WITHHELD], css="comparison")
    elif told := personal.said(session):
        over = repertoire.of(table, earlier)
        parts = [*_session(told, over), *(_over(over) if over else ())]
        yield Section(personal.TITLE, parts, [personal.LEAD, personal.LIMITS], css="comparison")


def _session(told: personal.Said, over: Repertoire | None) -> Iterator[Part]:
    yield Part(warnings=told.warnings, list=told.facts)
    if told.rows and not (over and over.earlier):  # the table over sessions has them, too
        yield Part(table=Grid(_HEADS, [Row(row) for row in told.rows]))


def _over(found: Repertoire) -> Iterator[Part]:
    told = repertoire.follow_up(found)
    first, *others = told.sentences
    yield Part(title=repertoire.HEADING, text=first)
    yield from (Part(text=sentence) for sentence in others)
    if told.rows:
        left = len(found.measures) - len(_shown(found))
        yield Part(svg=_drawn(found), caption=_CAPTION + (f" Not drawn: {left} more, see the table." if left else ""))
        yield Part(table=Grid(_OVER, [Row(row) for row in told.rows], css="narrow"), caption=repertoire.NOTE)


def _drawn(found: Repertoire) -> str:
    summed = [summary(one) for one in found.sessions]
    panels = [_panel(measure, summed, found) for measure in _shown(found)]
    return weekly.draw(panels, [one.began for one in summed], "repertoire")


def _shown(found: Repertoire) -> list[Measure]:
    """What is drawn: the measures of all movements, and of the movements what is told surely, then the frequent."""
    means = summary(found.now).means

    def order(measure: Measure) -> tuple[bool, float]:
        change, showing = found.changes.get(measure.id), found.showing.get(measure.id)
        told = bool(change and (change.found or change.trend.found)) or bool(showing and showing.found)
        return not told, -(means[measure.id].mean if measure.id in means else 0.0)

    whole = [one for one in (DISTANCE, VARIETY, NEAR) if one in found.measures]
    movements = sorted([one for one in found.measures if one not in whole], key=order)
    return [*whole, *movements[: _MOST - len(whole)]]


def _panel(measure: Measure, summed: Sequence[Summary], found: Repertoire) -> weekly.Panel:
    name, _, units = measure.name.partition(": ")
    dots = [
        Dot(mean.mean, mean.low, mean.high, one.enough) if (mean := one.means.get(measure.id)) else None
        for one in summed
    ]
    change = found.changes.get(measure.id)
    usual = usual_span(change) if change else None
    unit = f"%: {units}" if units else measure.unit
    return weekly.Panel(name[:1].upper() + name[1:], unit, dots, usual)
