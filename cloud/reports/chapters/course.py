"""What showed when."""

from collections.abc import Iterator

from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports import words
from cloud.reports.figures import carpet, lines
from cloud.reports.figures.canvas import WIDTH, Timeline
from cloud.reports.page import Axis, Part, Section

#: Sessions of up to a minute are drawn as curves.
BRIEF_S = 60.0
_CURVES = (
    "Above each curve: onset, apex (dot) and offset of its episodes; an end without a stop was not seen. Paler: ° low "
    "confidence, °° experimental. Thin lines: their left side (orange) and their right (dotted), where they differ. "
    "Hatched: not measured. Right: for how much of the session it showed."
)
_CAPTION = (
    "Below: minutes of the session, and the time of day. Each column shows the greatest value in it: the darker, the "
    "stronger. Hatched: not measured. ° low confidence, °° experimental. Right: for how much of the session it showed."
)


def glance(table: Table, analysis: Analysis, line: Timeline) -> Part | None:
    """The session at a glance: only what is best supported; None for one so short that the next page is that."""
    if line.lasted_s <= BRIEF_S and analysis.session.measured_s:
        return None
    return Part(svg=carpet.draw(table, analysis, line, brief=True), axis=_axis(line))


def section(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Iterator[Section]:
    """The whole carpet; curves of a session of up to a minute."""
    is_brief = line.lasted_s <= BRIEF_S
    caption = f"{_CURVES if is_brief else _CAPTION} {words.silent(analysis)}"
    drawn = (lines.draw if is_brief else carpet.draw)(table, analysis, line, everything)
    part = Part(svg=drawn, keys=carpet.legend_of(table), caption=caption, axis=_axis(line))
    yield Section("What showed when", [part], css="" if is_brief else "page")


def _axis(line: Timeline) -> Axis:
    return Axis(line.lasted_s, carpet.LEFT / WIDTH, 1 - carpet.RIGHT / WIDTH)
