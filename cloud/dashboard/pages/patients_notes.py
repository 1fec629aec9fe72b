"""Notes on a patient: added, corrected by new ones, never changed."""

import asyncio
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from cloud.dashboard.pages import Page
from cloud.dashboard.pages.patients_parts import (
    Work,
    at,
    badge,
    heading,
    lead,
    of_session,
    tabs,
    texts,
    unread,
    who,
    zone,
)
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, notes, times
from cloud.dashboard.records.notes import Note
from cloud.reading.databases import Listed
from device.contract import note
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.keys import new_key


def pages(work: Work) -> tuple[Page, ...]:
    """The page."""

    async def layout(visit: Visit, patient: str) -> Any:
        await work.reading.check_patient(visit, patient)
        await changes.write(work.means.base, visit, "opened", patient, {})
        return await shown(work, visit, patient)

    return (Page("/patients/{patient}/notes", "Patient", (CLINICIAN,), layout, nav=False),)


async def shown(work: Work, visit: Visit, patient: str, told: Any = None) -> html.Div:
    """The page."""
    stored, listed = await asyncio.gather(
        work.reading.person(visit, patient, "notes"), work.reading.sessions(visit, patient)
    )
    found, odd = notes.notes(stored)
    by_key = {one.key: one for one in found}
    of = {f"{one.device}~{one.session}": one for one in listed}
    items = [_item(visit, one, by_key, of) for one in found]
    return html.Div(
        [
            heading(patient),
            tabs(patient, "notes"),
            *([told] if told else []),
            *unread(odd, "notes"),
            dcc.Store(id="notes-patient", data=patient),
            dcc.Store(id="notes-corrects", data=""),
            _writing(listed),
            html.Div(items or [lead("No notes yet.")], className="notes"),
            zone(),
        ],
        className="records",
    )


def _writing(listed: list[Listed]) -> html.Div:
    sessions = [{"value": f"{one.device}~{one.session}", "label": times.moment(one.began)} for one in reversed(listed)]
    return html.Div(
        [
            html.P("", id="notes-which", className="hint", hidden=True),
            dmc.Textarea(
                id="note-text",
                label="New note",
                description="A note stays as it is written; a later one can correct it.",
                autosize=True,
                minRows=3,
                maxRows=16,
            ),
            html.Div(
                [
                    dmc.Select(
                        id="note-session",
                        label="Session, if it is about one",
                        data=sessions,
                        clearable=True,
                        searchable=True,
                    ),
                    dmc.TextInput(id="note-moment", label="Moment in it", placeholder="12:05", className="narrow"),
                ],
                className="side-by-side",
            ),
            html.P("", id="note-trouble", className="warn", hidden=True, role="alert"),
            html.Div(dmc.Button("Add the note", id="add-note", n_clicks=0), className="actions"),
        ],
        className="form",
    )


def _item(visit: Visit, one: Note, by_key: dict[str, Note], of: dict[str, Listed]) -> html.Article:
    head: list[Any] = [html.B(at(one.at_ms)), html.Span(who(visit, one.by))]
    if one.corrected_by:
        head.append(badge("corrected by a later note", "todo"))
    if one.corrects in by_key:
        head.append(badge(f"corrects the note of {at(by_key[one.corrects].at_ms)}"))
    if one.visit in of:
        held = of[one.visit]
        moment = "" if one.moment_s is None else f" at {times.clock(one.moment_s)}"
        head.append(
            dcc.Link(f"session of {times.day(held.began)}{moment}", href=of_session(held.device, held.session))
        )
    correct = html.Button("Correct", id={"type": "correct-note", "key": one.key}, n_clicks=0, className="quiet")
    css = "note old" if one.corrected_by else "note"
    return html.Article(
        [html.Header(head), texts(one.text), *([] if one.corrected_by else [correct])], className=css, id=one.key
    )


def document(visit: Visit, text: str | None, place: str, moment: str | None, corrects: str) -> Json:
    """A new note. Raises `DataError`."""
    written: Json = changes.signed(visit) | {"text": notes.checked(text)}
    if place:
        written["visit"] = place
    if (moment or "").strip():
        if not place:
            raise DataError("Choose the session that the moment is in.")
        written["moment"] = round(times.from_clock(str(moment)), 1)
    return written | ({"corrects": corrects} if corrects else {})


def callbacks(app: Dash, work: Work) -> None:
    """Writing, and choosing which note to correct."""
    base = work.means.base

    async def add(clicks: int, text: str, place: str, moment: str, corrects: str, patient: str) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        try:
            written = document(visit, text, place or "", moment, corrects)
        except DataError as error:
            return no_update, str(error), False
        path = note.key(patient, new_key(base.now_ms()))
        await changes.write(base, visit, "noted", patient, {path: written}, of=place or "")
        told = html.P("The note was added.", className="done", role="status")
        return await shown(work, visit, patient, told), no_update, no_update

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Output("note-trouble", "children"),
        Output("note-trouble", "hidden"),
        Input("add-note", "n_clicks"),
        State("note-text", "value"),
        State("note-session", "value"),
        State("note-moment", "value"),
        State("notes-corrects", "data"),
        State("notes-patient", "data"),
        prevent_initial_call=True,
    )(add)

    async def correct(clicks: list[int]) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update, no_update
        return (
            ctx.triggered_id["key"],
            "You are correcting an earlier note: write it as it should read. Both stay.",
            False,
        )

    app.callback(
        Output("notes-corrects", "data"),
        Output("notes-which", "children"),
        Output("notes-which", "hidden"),
        Input({"type": "correct-note", "key": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(correct)
