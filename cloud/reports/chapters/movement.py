"""What compared the session with other people: at the end of a report, and never without its limits."""

from collections.abc import Iterator

from cloud.reading.comparison import is_withheld
from cloud.reading.table import Table
from cloud.reports import movement
from cloud.reports.page import Grid, Head, Part, Row, Section

_HEADS = tuple(Head(text, wide=wide) for text, wide in zip(movement.HEADS, (2.0, 0.8, 1.4, 0.8), strict=True))


def section(table: Table) -> Iterator[Section]:
    """Of the session; nothing where nobody was to be compared."""
    if is_withheld(table.sessions[0]):
        yield Section(movement.TITLE, [], [movement.WITHHELD], css="comparison")
    elif told := movement.said(table):
        yield Section(movement.TITLE, [*_parts(told)], [movement.LEAD, movement.LIMITS], css="comparison")


def _parts(told: tuple[movement.Said, ...]) -> Iterator[Part]:
    for one in told:
        yield Part(warnings=one.warnings, table=Grid(_HEADS, [Row(one.row)]))
        yield Part(list=one.facts)
