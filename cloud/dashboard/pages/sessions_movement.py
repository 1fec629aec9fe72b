"""What compared a session with other people: below its measurements, never without its limits."""

from typing import Any

from dash import html

from cloud.dashboard.pages.patients_parts import lead, table
from cloud.reading.comparison import is_withheld
from cloud.reading.table import Table
from cloud.reports import movement
from cloud.reports.movement import Said


def shown(of: Table) -> list[Any]:
    """Of the first session of a table; nothing where nobody was to be compared."""
    if is_withheld(of.sessions[0]):
        return [html.H2(movement.TITLE), lead(movement.WITHHELD)]
    told = movement.said(of)
    if not told:
        return []
    parts = [part for one in told for part in _one(one)]
    words = [html.H2(movement.TITLE), html.P(movement.LEAD), html.P(movement.LIMITS)]
    return [html.Section([*words, *parts], className="support")]


def _one(one: Said) -> list[Any]:
    facts = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in one.facts]
    return [
        *(html.P(warning, className="warn large") for warning in one.warnings),
        table(movement.HEADS, [one.row], f"{movement.TITLE}: {one.row[0]}"),
        html.Dl(facts, className="facts"),
    ]
