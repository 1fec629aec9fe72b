"""What showed when."""

from collections.abc import Iterator, Sequence

from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports import words
from cloud.reports.figures import carpet, lines
from cloud.reports.figures.canvas import WIDTH, Timeline
from cloud.reports.page import Axis, Part, Section

#: Sessions of up to a minute are drawn as curves.
BRIEF_S = 60.0
#: Letters of a line of the first page; lines beside which the glance has all of its rows; and how many those are.
_LINE, _LINES, _ROWS, _FEWEST_ROWS = 105, 8, 6, 2
_CURVES = (
    "Above each curve: onset, apex (dot) and offset of its episodes; an end without a stop was not seen. Paler: ° low "
    "confidence, °° experimental. Thin lines: their left side (orange) and their right (dotted), where they differ. "
    "Hatched: not measured. Right: for how much of the session it showed."
)
_CAPTION = (
    "Below: minutes of the session, and the time of day. Each column shows the greatest value in it: the darker, the "
    "stronger. Hatched: not measured. ° low confidence, °° experimental. Right: for how much of the session it showed."
)


def glance(table: Table, analysis: Analysis, line: Timeline, above: Sequence[str]) -> Part | None:
    """The session at a glance: only what is best supported, as much as has room on the first page under the sentences
    `above`; None for a session so short that the next page is that."""
    if line.lasted_s <= BRIEF_S and analysis.session.measured_s:
        return None
    return Part(svg=carpet.draw(table, analysis, line, brief=_room(above)), axis=_axis(line))


def _room(above: Sequence[str]) -> int:
    """Rows of each kind for which there is room on a page of A4."""
    lines = sum(-(-len(one) // _LINE) for one in above)
    return max(_ROWS - max(lines - _LINES, 0), _FEWEST_ROWS)


def section(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Iterator[Section]:
    """The whole carpet; curves of a session of up to a minute."""
    is_brief = line.lasted_s <= BRIEF_S
    caption = f"{_CURVES if is_brief else _CAPTION} {words.silent(analysis)}"
    drawn = (lines.draw if is_brief else carpet.draw)(table, analysis, line, everything)
    part = Part(svg=drawn, keys=carpet.legend_of(table), caption=caption, axis=_axis(line))
    yield Section("What showed when", [part], css="" if is_brief else "page")


def _axis(line: Timeline) -> Axis:
    return Axis(line.lasted_s, carpet.LEFT / WIDTH, 1 - carpet.RIGHT / WIDTH)
