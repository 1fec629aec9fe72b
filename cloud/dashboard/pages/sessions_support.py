"""What diagnosis support said of a session: the last thing on its page, never without its limits."""

from typing import Any

from dash import html

from cloud.dashboard.pages.patients_parts import lead, table
from cloud.reading.sessions import Session
from cloud.reports import support
from cloud.reports.support import Said

_HEADS = ("Group of the study", "People of it in the evidence", "By the measurements")


def shown(session: Session) -> list[Any]:
    """Of the session, and of its phases; nothing where nothing was said, or where whoever asks may not read it."""
    if support.is_withheld(session):
        return [html.H2(support.TITLE), lead(support.WITHHELD)]
    told = support.said(session)
    if not told:
        return []
    return [
        html.Section(
            [html.H2(support.TITLE), html.P(support.LEAD), *(part for one in told for part in _one(one))],
            className="support",
        )
    ]


def _one(one: Said) -> list[Any]:
    facts = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in one.facts]
    return [
        html.H3(f"Of {one.of}"),
        *(html.P(warning, className="warn large") for warning in one.warnings),
        html.P(one.headline),
        html.P(" ".join(one.meaning)),
        table(_HEADS, one.rows, f"Groups of the study, of {one.of}"),
        html.Dl(facts, className="facts"),
    ]
