"""What diagnosis support said, the last thing in a report, and never without its limits."""

from collections.abc import Iterator

from cloud.reading.table import Table
from cloud.reports import support
from cloud.reports.page import Grid, Head, Part, Row, Section
from cloud.reports.support import Said

_HEADS = (
    Head("Group of the study", wide=1.4),
    Head("People of it in the evidence", wide=1.2),
    Head("By the measurements"),
)


def section(table: Table) -> Iterator[Section]:
    """Of the session, and of its phases; nothing where nothing was said."""
    session = table.sessions[0]
    if support.is_withheld(session):
        yield Section(support.TITLE, [], [support.WITHHELD], css="support")
    elif told := support.said(session):
        yield Section(support.TITLE, [part for one in told for part in _parts(one)], [support.LEAD], css="support")


def _parts(one: Said) -> Iterator[Part]:
    yield Part(title=f"Of {one.of}", warnings=one.warnings, text=one.headline)
    yield Part(text=" ".join(one.meaning))
    yield Part(table=Grid(_HEADS, [Row(cells) for cells in one.rows]))
    yield Part(list=one.facts)
