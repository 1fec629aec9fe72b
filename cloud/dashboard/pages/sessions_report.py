"""A session's report as a file, from its page: HTML with the digital face, or PDF."""

import asyncio
import base64
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.analysis.earlier import Summary, summarise
from cloud.analysis.whole import analyse
from cloud.dashboard.pages.patients_parts import Work
from cloud.dashboard.person import Visit, current_visit
from cloud.dashboard.records import changes
from cloud.dashboard.records.reading import Held
from cloud.reading.columns import RECORDS
from cloud.reading.databases import Listed
from cloud.reports import document, writing
from cloud.reports.before import MOST
from cloud.reports.paper import to_pdf
from device.contract.errors import AffectboxError
from device.contract.session import Why

_KINDS = {"html": ("Report (HTML)", "text/html"), "pdf": ("Report (PDF)", "application/pdf")}
_MAKING = "The report is being made; that takes some seconds."
_HINT = "Words first, then diagrams and numbers; the HTML has the digital face. What is downloaded is noted."


def offered(held: Held) -> list[Any]:
    """Its buttons, where every record of a session was sent."""
    if held.table.form is not RECORDS or not len(held.table):
        return []
    buttons = [
        dmc.Button(label, id=f"report-{kind}", variant="default", n_clicks=0) for kind, (label, _) in _KINDS.items()
    ]
    told = html.P(_HINT, id="report-progress", className="hint", role="status")
    return [html.Div(buttons, className="actions"), told, dcc.Download(id="report-file")]


def callbacks(app: Dash, work: Work) -> None:
    """Making and sending them; one at a time, for each takes a processor for some seconds."""
    turn = asyncio.Lock()
    for kind in _KINDS:
        app.callback(
            Output("report-file", "data", allow_duplicate=True),
            Output("report-progress", "children", allow_duplicate=True),
            Input(f"report-{kind}", "n_clicks"),
            State("session-place", "data"),
            running=[
                *((Output(f"report-{one}", "disabled"), True, False) for one in _KINDS),
                (Output("report-progress", "children"), _MAKING, _HINT),
            ],
            prevent_initial_call=True,
        )(_maker(work, kind, turn))


def _maker(work: Work, kind: str, turn: asyncio.Lock) -> Any:
    async def make(clicks: int, place: str) -> Any:
        from cloud.dashboard.pages import sessions_one  # noqa: PLC0415  it shows this module's parts

        if not clicks:
            return no_update, no_update
        visit = current_visit()
        found = await sessions_one.again(work, visit, place)
        if found is None or found.held.table.form is not RECORDS or not len(found.held.table):
            return no_update, "There is no report of this session: no record of it was sent."
        held = found.held
        await changes.write(work.means.base, visit, "exported", held.listed.patient, {}, of=held.visit)
        earlier = await _earlier(work, visit, held.listed)
        async with turn:
            try:
                content = await asyncio.to_thread(_made, kind, held, earlier)
            except AffectboxError as error:
                return no_update, str(error)
        name = f"{writing.name_for(held.table)}.{kind}"
        sent = {"content": base64.b64encode(content).decode(), "filename": name, "type": _KINDS[kind][1]}
        return sent | {"base64": True}, f"{name} was sent to your downloads."

    return make


def _made(kind: str, held: Held, earlier: list[Summary]) -> bytes:
    """The file. Raises `RuntimeMissingError`: WeasyPrint is not installed, for a PDF."""
    table = replace(held.table)  # what it keeps of itself while it is worked with goes with it
    source = document.Source(table, analyse(table), earlier=earlier)
    told = document.compose(source)
    if kind == "pdf":
        return to_pdf(told)
    return document.to_html(told, document.face_of(source)).encode()


async def _earlier(work: Work, visit: Visit, one: Listed) -> list[Summary]:
    """This person's sessions before, summed up from their minutes."""
    if one.patient not in visit.person.patients or one.began is None:
        return []
    listed = await work.reading.sessions(visit, one.patient)
    before = [each for each in listed if each.why != Why.REVOKED and each.began is not None and each.began < one.began]
    read = [(each, await work.reading.minutes_of(visit, each)) for each in before[-MOST:]]
    return [summarise(table.of(0), began=each.began) for each, table in read if len(table)]
