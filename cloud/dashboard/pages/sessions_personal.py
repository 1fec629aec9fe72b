"""How a person moved against themselves in a session: below its measurements, never without its limits."""

from typing import Any

from dash import html

from cloud.dashboard.pages.patients_parts import lead, table
from cloud.reading.personal import is_withheld
from cloud.reading.sessions import Session
from cloud.reports import personal


def shown(session: Session) -> list[Any]:
    """Of one session; nothing where no bundle of this person was to watch it."""
    if is_withheld(session):
        return [html.H2(personal.TITLE), lead(personal.WITHHELD)]
    told = personal.said(session)
    if told is None:
        return []
    words = [html.H2(personal.TITLE), html.P(personal.LEAD), html.P(personal.LIMITS)]
    warnings = [html.P(warning, className="warn large") for warning in told.warnings]
    facts = html.Dl([html.Div([html.Dt(name), html.Dd(text)]) for name, text in told.facts], className="facts")
    rows = [table(personal.HEADS, told.rows, personal.TITLE)] if told.rows else []
    return [html.Section([*words, *warnings, facts, *rows], className="support")]
