"""One session: in words, over time, by its parts."""

import asyncio
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.analysis.measures import AUS, BLINKS, EMOTION, EXPRESSION, MEASURES, USUAL, lasted_s
from cloud.dashboard.pages import (
    Page,
    sessions_face,
    sessions_marks,
    sessions_movement,
    sessions_personal,
    sessions_report,
    sessions_support,
)
from cloud.dashboard.pages.patients_parts import (
    Work,
    badge,
    graph,
    heading,
    lead,
    of_patient,
    of_session,
    unread,
    zone,
)
from cloud.dashboard.pages.patients_weeks import choice
from cloud.dashboard.pages.sessions_view import Opened, by_parts, drawn, legend
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, notes, times, words
from cloud.dashboard.records.marks import afterwards, of_box
from cloud.dashboard.records.reading import Held
from cloud.reading.belonging import visit as visit_of
from cloud.reading.columns import RECORDS
from cloud.reading.databases import Listed
from device.contract.session import Why

_KINDS = {
    AUS: "Facial actions (FACS)",
    EMOTION: "Expressions, as annotators would name them",
    EXPRESSION: "Finer expressions, read off the facial actions",
    BLINKS: "Eyes",
}
_MOST = 14
_READING = (
    "Line and area: the mean in each column; thin line: the greatest value. Hatched: not measured, and why when you "
    "point at it. Below: minutes of the session, and the time of day. Drag over a part to look closer, click twice to "
    "see all."
)


def pages(work: Work) -> tuple[Page, ...]:
    """The page."""

    async def layout(visit: Visit, device: str, session: str) -> Any:
        place, session, patient = await work.reading.whom(visit, f"{device}~{session}")
        await changes.write(work.means.base, visit, "session", patient, {}, of=f"{place}~{session}")
        listed = await work.reading.listed(visit, device, session, patient)
        if listed.why == Why.REVOKED:
            return _revoked(listed)
        return shown(await opened(work, visit, listed))

    return (Page("/sessions/{device}/{session}", "Session", (CLINICIAN,), layout, nav=False),)


async def opened(work: Work, visit: Visit, listed: Listed) -> Opened:
    """Read everything of a session."""
    held = await work.reading.session(visit, listed)
    told, noted, odd = of_box(held.table.sessions[0]) if held.table.sessions else [], [], 0
    if listed.patient in visit.person.patients:
        stored, written = await asyncio.gather(
            work.reading.person(visit, listed.patient, f"marks/{held.visit}"),
            work.reading.person(visit, listed.patient, "notes"),
        )
        later, odd = afterwards(stored)
        told = sorted([*told, *later], key=lambda one: one.from_s)
        noted = notes.of_session(notes.notes(written)[0], held.visit)
    return Opened(held, told, noted, odd)


def _revoked(one: Listed) -> html.Div:
    text = "The consent to this session was withdrawn. Nothing of it is shown, and nothing of it counts anywhere here."
    return html.Div(
        [heading(f"Session of {times.moment(one.began)}", badge("consent withdrawn", "bad")), html.P(text)],
        className="records",
    )


def shown(found: Opened, done: Any = None) -> html.Div:
    """The page."""
    held = found.held
    if not held.table.sessions:
        nothing = lead("Nothing of this session is in the database: it may still be on its way from the box.")
        return html.Div([heading("Session"), nothing], className="records")
    whole_s = lasted_s(held.table)
    kinds = (AUS, EMOTION, EXPRESSION, BLINKS) if held.table.form is RECORDS else (AUS, EMOTION)
    over_time: list[Any] = []
    if len(held.table):
        over_time = [
            html.H2("Over time"),
            choice("session-measures", list(USUAL), kinds, _KINDS),
            *sessions_face.replay(held),
            sessions_marks.dragging(),
            graph(drawn(found, list(USUAL), 0.0, whole_s, "zoom"), "session-chart"),
            legend(),
            html.P(_READING, className="hint"),
            sessions_marks.form(found),
            html.H2("By parts"),
            html.Div(by_parts(found, list(USUAL)), id="session-parts"),
        ]
    return html.Div(
        [
            _head(held),
            *([done] if done else []),
            *unread(found.odd, "marks"),
            dcc.Store(id="session-place", data=held.visit),
            _words(found),
            *sessions_report.offered(held),
            *over_time,
            sessions_marks.written(found),
            *sessions_personal.shown(held.table.sessions[0]),
            *sessions_movement.shown(held.table),
            *sessions_support.shown(held.table.sessions[0]),
            zone(),
        ],
        className="records",
    )


def _head(held: Held) -> html.Div:
    one, session = held.listed, held.table.sessions[0]
    whom: Any = dcc.Link(one.patient, href=of_patient(one.patient)) if one.patient else html.Span("Nobody was named")
    more = []
    if session.continues:
        more = [
            html.Span(
                [" goes on from ", dcc.Link("an earlier session", href=of_session(one.device, session.continues))]
            )
        ]
    return heading("Session", html.P([whom, f" · {words.when(held.table)} · {one.device}", *more], className="under"))


def _words(found: Opened) -> html.Div:
    facts = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in words.facts(found.held.table)]
    return html.Div([html.P(words.opening(found.held.table), className="opening"), html.Dl(facts, className="facts")])


def callbacks(app: Dash, work: Work) -> None:
    """Other measures, and looking closer."""

    async def show(chosen: list[str], zoomed: Any, drag: str, place: str) -> Any:
        visit = current_visit()
        found = await again(work, visit, place)
        if found is None:
            return no_update, no_update
        known = [name for name in chosen or [] if name in MEASURES][:_MOST]
        begin_s, end_s = _range(zoomed, lasted_s(found.held.table))
        return drawn(found, known, begin_s, end_s, drag), by_parts(found, known)

    app.callback(
        Output("session-chart", "figure"),
        Output("session-parts", "children"),
        Input("session-measures", "value"),
        Input("session-chart", "relayoutData"),
        Input("session-drag", "value"),
        State("session-place", "data"),
        prevent_initial_call=True,
    )(show)


async def again(work: Work, visit: Visit, place: str) -> Opened | None:
    """The session that a page shows, which the audit knows; None for one whose consent was withdrawn."""
    if visit_of(place) is None:
        return None
    device, session, patient = await work.reading.whom(visit, place)
    await changes.look(work.means.base, visit, "session", patient, of=place)
    listed = await work.reading.listed(visit, device, session, patient)
    return None if listed.why == Why.REVOKED else await opened(work, visit, listed)


def _range(zoomed: Any, whole_s: float) -> tuple[float, float]:
    """What is looked at, of what Plotly says of the axis."""
    held = zoomed if isinstance(zoomed, dict) else {}
    both = held.get("xaxis.range") or [held.get("xaxis.range[0]"), held.get("xaxis.range[1]")]
    try:
        begin_s, end_s = max(float(both[0]), 0.0), min(float(both[1]), whole_s)
    except (TypeError, ValueError, IndexError):
        return 0.0, whole_s
    return (begin_s, end_s) if end_s - begin_s >= 1.0 else (0.0, whole_s)
