"""A patient's record as a file, and its erasure."""

import asyncio
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.dashboard.pages.patients_parts import Work, heading
from cloud.dashboard.person import current_visit
from cloud.dashboard.records import changes, exporting
from device.contract import audit

_KINDS = {"html": (exporting.to_html, "text/html"), "json": (exporting.to_json, "application/json")}


def callbacks(app: Dash, work: Work) -> None:
    """Downloads, and erasing."""
    for kind in _KINDS:
        app.callback(
            Output("export-file", "data", allow_duplicate=True),
            Input(f"export-{kind}", "n_clicks"),
            State("record-patient", "data"),
            prevent_initial_call=True,
        )(_exporter(work, kind))
    _erasing(app, work)


def _exporter(work: Work, kind: str) -> Any:
    async def export(clicks: int, patient: str) -> Any:
        if not clicks:
            return no_update
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        await changes.write(work.means.base, visit, "exported", patient, {})
        stored, listed = await asyncio.gather(
            work.means.base.object(visit, f"people/{patient}"), work.reading.sessions(visit, patient)
        )
        make, media = _KINDS[kind]
        content = make(patient, stored, listed, work.means.base.now_ms() / 1000)
        return {"content": content, "filename": f"{patient}.{kind}", "type": media, "base64": False}

    return export


def _erasing(app: Dash, work: Work) -> None:
    async def ask(clicks: int) -> Any:
        return bool(clicks)

    app.callback(Output("erase-dialogue", "opened"), Input("erase-open", "n_clicks"), prevent_initial_call=True)(ask)

    async def erase(clicks: int, typed: str | None, patient: str) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        if (typed or "").strip() != patient:
            return no_update, f"Type {patient} as it stands here; nothing was erased.", False
        await changes.write(work.means.base, visit, audit.ERASED, patient, {f"people/{patient}": None})
        return _erased(patient), "", True

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Output("erase-trouble", "children"),
        Output("erase-trouble", "hidden"),
        Input("erase-now", "n_clicks"),
        State("erase-name", "value"),
        State("record-patient", "data"),
        prevent_initial_call=True,
    )(erase)


def _erased(patient: str) -> html.Div:
    text = (
        "The record, the notes, the marks and the consents on paper are gone. What boxes measured in sessions still "
        "stands, here, on boxes and in files: it goes when whoever administers the database runs "
        "`affectbox-cloud erase --waiting`, for which this pseudonym is noted."
    )
    return html.Div(
        [heading(f"{patient} was erased"), html.P(text), dcc.Link("To your patients", href="/patients")],
        className="records",
    )
