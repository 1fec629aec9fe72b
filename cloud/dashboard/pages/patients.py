"""The clinician's patients: who there is, and how each stands."""

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.dashboard.means import Means
from cloud.dashboard.pages import (
    Page,
    Section,
    compare,
    patients_consents,
    patients_notes,
    patients_record,
    patients_weeks,
    sessions,
    sessions_face,
    sessions_marks,
    sessions_one,
    sessions_report,
)
from cloud.dashboard.pages.patients_parts import (
    Work,
    badge,
    heading,
    lead,
    meter,
    of_patient,
    of_session,
    percent,
    table,
    zone,
)
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, times
from cloud.dashboard.records.overview import Row, overview
from cloud.dashboard.records.reading import Reading
from device.contract import person
from device.contract.errors import DataError
from device.contract.keys import draw_pseudonym

_STATUS = {"active": ("in treatment", "good"), "waiting": ("waiting", "todo"), "closed": ("closed", "")}
_HEAD = ("Pseudonym", "Status", "Last session", "How much was seen", "Sessions", "Consent")


def section(means: Means) -> Section:
    """Patients, sessions and comparison; see `cloud.dashboard.pages`."""
    work = Work(means, Reading(means))
    parts = (patients_record, patients_weeks, patients_notes, patients_consents, sessions, sessions_one, compare)

    async def layout(visit: Visit) -> Any:
        await changes.write(means.base, visit, "listed", "", {})
        rows = await overview(means.base, work.reading, visit)
        return shown(rows, means.base.now_ms() / 1000)

    def callbacks(app: Dash) -> None:
        _callbacks(app, work)
        for part in (*parts, sessions_marks, sessions_report):
            part.callbacks(app, work)

    pages = (
        Page("/patients", "Patients", (CLINICIAN,), layout),
        *(page for part in parts for page in part.pages(work)),
    )
    return Section(pages, callbacks=callbacks, routes=sessions_face.routes(work))


def shown(rows: list[Row], now_s: float) -> html.Div:
    """The list."""
    new = dmc.Button("New patient", id="new-patient", n_clicks=0)
    if not rows:
        nobody = lead("You have no patients yet. Begin a record with 'New patient', or ask whoever administers this.")
        return html.Div([heading("Patients", new), nobody, _dialogue([])], className="records")
    find = dcc.Input(
        id="find-patient", type="search", placeholder="Find a pseudonym", className="finder", debounce=False
    )
    unopened = [row.pseudonym for row in rows if not row.status]
    listed = table(_HEAD, [_row(row, now_s) for row in rows], "Patients", "findable")
    nothing = html.P("No pseudonym of yours has this in it.", className="lead none-found", hidden=True)
    return html.Div(
        [
            heading("Patients", html.Label("Find a pseudonym", htmlFor="find-patient", className="away"), find, new),
            listed,
            nothing,
            zone(),
            _dialogue(unopened),
        ],
        className="records",
    )


def _row(row: Row, now_s: float) -> list[Any]:
    words, kind = _STATUS.get(row.status, ("no record yet", "todo"))
    last = html.Span("none yet", className="quietly")
    if row.last:
        link = dcc.Link(times.moment(row.last.began), href=of_session(row.last.device, row.last.session))
        last = html.Span([link, html.Small(times.ago(row.last.began, now_s))], className="two")
    name = dcc.Link(row.pseudonym, href=of_patient(row.pseudonym), className="strong")
    return [
        {"data-find": row.pseudonym},
        name,
        badge(words, kind),
        last,
        _seen(row),
        row.sessions,
        _consent(row, now_s),
    ]


def _seen(row: Row) -> Any:
    if row.last is None:
        return ""
    if row.seen is None:
        return html.Span(
            "consent withdrawn: not used" if row.last.why == "revoked" else "nothing came", className="quietly"
        )
    return html.Span(
        [
            meter(row.seen),
            f" {percent(row.seen)}",
        ]
    )


def _consent(row: Row, now_s: float) -> Any:
    if row.consent is None:
        return badge("none recorded", "todo")
    state, words = row.consent.standing(now_s)
    return badge(words, {"soon": "todo", "over": "bad"}.get(state, ""))


def _dialogue(unopened: list[str]) -> dmc.Modal:
    given = dmc.Select(
        id="given-pseudonym",
        label="A pseudonym that was given to you",
        description="Those that an administrator put down for you and that have no record yet.",
        data=unopened,
        placeholder="Choose" if unopened else "There is none",
        disabled=not unopened,
        clearable=True,
    )
    drawn = html.Div(
        [
            html.P("Drawn for you", className="label"),
            html.Output("", id="drawn-pseudonym", className="drawn"),
            html.P(
                "Write it down with the person's name on your own list on paper. Nobody can guess it, and nothing "
                "in it says who it is.",
                className="hint",
            ),
        ]
    )
    return dmc.Modal(
        [
            drawn,
            given,
            html.P("", id="new-trouble", className="warn", hidden=True, role="alert"),
            html.Div([dmc.Button("Begin the record", id="begin-record", n_clicks=0)], className="actions"),
        ],
        id="new-dialogue",
        title="New patient",
        opened=False,
        closeButtonProps={"aria-label": "Close"},
    )


def _callbacks(app: Dash, work: Work) -> None:
    base = work.means.base

    async def draw(clicks: int) -> Any:
        return (True, draw_pseudonym(), True) if clicks else (no_update, no_update, no_update)

    app.callback(
        Output("new-dialogue", "opened"),
        Output("drawn-pseudonym", "children"),
        Output("new-trouble", "hidden"),
        Input("new-patient", "n_clicks"),
        prevent_initial_call=True,
    )(draw)

    async def begin(clicks: int, given: str | None, drawn: str) -> Any:
        if not clicks:
            return no_update
        visit = current_visit()
        pseudonym = given or drawn
        first = changes.signed(visit) | {"number": 1, "status": "active"}
        written: dict[str, Any] = {person.key(pseudonym, 1): first}
        if not given:
            if not drawn:
                raise DataError("No pseudonym was drawn: close this and choose 'New patient' again.")
            written[f"staff/{visit.person.uid}/patients/{pseudonym}"] = True
        await changes.write(base, visit, "edited", pseudonym, written)
        return of_patient(pseudonym)

    app.callback(
        Output("url", "pathname", allow_duplicate=True),
        Input("begin-record", "n_clicks"),
        State("given-pseudonym", "value"),
        State("drawn-pseudonym", "children"),
        prevent_initial_call=True,
    )(begin)
