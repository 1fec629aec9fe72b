"""The sections of a report after its first half page, one module for each that is more than a few lines."""

from collections.abc import Iterator, Sequence

from cloud.analysis.earlier import Summary
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports.chapters import (
    course,
    episodes,
    expressions,
    eyes,
    faces,
    movement,
    parts,
    personal,
    quality,
    support,
    thresholds,
)
from cloud.reports.figures.canvas import Timeline
from cloud.reports.page import Section


def chapters(
    table: Table,
    analysis: Analysis,
    line: Timeline,
    everything: bool,
    earlier: Sequence[Table | Summary] | None = None,
) -> Iterator[Section]:
    """All of them, in their order, as far as there is something to tell; `earlier`: see `document.Source`."""
    if analysis.session.measured_s:
        yield from _measured(table, analysis, line, everything)
    yield from personal.section(table, earlier)
    yield quality.section(table, analysis)
    yield quality.methods()
    yield from movement.section(table)
    yield from support.section(table)


def _measured(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Iterator[Section]:
    yield from course.section(table, analysis, line, everything)
    yield from parts.section(table, analysis)
    yield from expressions.section(table, analysis, everything)
    yield from faces.section(table)
    yield from eyes.section(table, analysis, line)
    yield from episodes.section(analysis, everything)
    yield from thresholds.section(table, analysis)
