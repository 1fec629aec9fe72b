"""What showed when."""

from collections.abc import Iterator

from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports import words
from cloud.reports.figures import carpet
from cloud.reports.figures.canvas import WIDTH, Timeline
from cloud.reports.page import Axis, Part, Section

_CAPTION = (
    "Below: minutes of the session, and the time of day. Each column shows the greatest value in it: the darker, the "
    "stronger. Hatched: not measured. ° low confidence, °° experimental. Right: for how much of the session it showed."
)


def glance(table: Table, analysis: Analysis, line: Timeline) -> Part:
    """The session at a glance: only what is best supported."""
    return Part(svg=carpet.draw(table, analysis, line, brief=True), axis=_axis(line))


def section(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Iterator[Section]:
    """The whole carpet."""
    caption = f"{_CAPTION} {words.silent(analysis)}"
    drawn = carpet.draw(table, analysis, line, everything)
    part = Part(svg=drawn, keys=carpet.legend_of(table), caption=caption, axis=_axis(line))
    yield Section("What showed when", [part], css="page")


def _axis(line: Timeline) -> Axis:
    return Axis(line.lasted_s, carpet.LEFT / WIDTH, 1 - carpet.RIGHT / WIDTH)
