"""Consents of a patient: what boxes recorded, what is on paper; one noted, one withdrawn."""

import asyncio
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from cloud.dashboard.pages import Page
from cloud.dashboard.pages.live_parts import AGED
from cloud.dashboard.pages.patients_parts import Work, badge, heading, lead, table, tabs, unread, who, zone
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, papers, times
from cloud.dashboard.records.papers import COVERED, Consent
from cloud.reading.databases import visits_of
from device.contract import paper
from device.contract.choices import COVERS, GIVERS
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.keys import new_key


def pages(work: Work) -> tuple[Page, ...]:
    """The page."""

    async def layout(visit: Visit, patient: str) -> Any:
        await work.reading.check_patient(visit, patient)
        await changes.write(work.means.base, visit, "opened", patient, {})
        return await shown(work, visit, patient)

    return (Page("/patients/{patient}/consents", "Patient", (CLINICIAN,), layout, nav=False),)


async def shown(work: Work, visit: Visit, patient: str, told: Any = None) -> html.Div:
    """The page."""
    noted, visits = await asyncio.gather(
        work.reading.person(visit, patient, "consents"), work.reading.visits(visit, patient)
    )
    now_s = work.means.base.now_ms() / 1000
    on_paper, odd = papers.of_paper(noted)
    of_box = papers.of_boxes(visits, visits_of(patient, visits))
    return html.Div(
        [
            heading(patient),
            tabs(patient, "consents"),
            *([told] if told else []),
            *unread(odd, "consents on paper"),
            dcc.Store(id="consents-patient", data=patient),
            html.H2("Recorded on boxes"),
            lead("What sessions were held under. A box begins none without a consent that is recorded on the box."),
            _of_boxes(of_box, now_s),
            html.H2("On paper"),
            lead(
                "What was signed on paper and noted here. It lets no session begin, and withdrawing it here stops "
                "none: withdraw it at the box, too."
            ),
            _of_papers(visit, on_paper, now_s),
            _noting(),
            zone(),
        ],
        className="records",
    )


def _standing(one: Consent, now_s: float) -> html.Span:
    state, words = one.standing(now_s)
    return badge(words, {"holds": "good", "soon": "todo", "over": "bad"}[state])


def _of_boxes(found: list[Consent], now_s: float) -> Any:
    if not found:
        return lead("None: no box has told of one.")
    rows = [
        [one.covered, one.giver or "not said", one.given, _standing(one, now_s), one.sessions, one.by] for one in found
    ]
    return table(("Covers", "Given by", "Given", "Stands", "Sessions", "Box"), rows, "Consents recorded on boxes")


def _of_papers(visit: Visit, found: list[Consent], now_s: float) -> Any:
    if not found:
        return lead("None is noted.")
    rows = []
    for one in found:
        withdraw: Any = html.Button("Withdraw", id={"type": "withdraw", "key": one.key}, n_clicks=0, className="quiet")
        rows.append(
            [
                one.covered,
                one.giver,
                one.given,
                _standing(one, now_s),
                who(visit, one.by),
                "" if one.withdrawn else withdraw,
            ]
        )
    return table(("Covers", "Given by", "Given", "Stands", "Noted by", ""), rows, "Consents on paper")


def _noting() -> html.Div:
    today = date.today().isoformat()
    covers = dmc.CheckboxGroup(
        [dmc.Checkbox(value=name, label=COVERED[name], my=6) for name in COVERS],
        id="paper-covers",
        label="Covers",
        value=["expressions", "units"],
    )
    return html.Div(
        [
            html.H2("Note a consent on paper"),
            covers,
            html.Div(
                [
                    dmc.Select(
                        id="paper-giver", label="Given by", data=list(GIVERS), value=GIVERS[0], allowDeselect=False
                    ),
                    dmc.TextInput(id="paper-given", label="On", value=today, placeholder="YYYY-MM-DD"),
                    dmc.TextInput(
                        id="paper-until", label="Holds to (empty: until withdrawn)", placeholder="YYYY-MM-DD"
                    ),
                ],
                className="side-by-side",
            ),
            dmc.Select(
                id="paper-age",
                label="How old the person is (for comparison with others; empty: not told, and not compared)",
                data=[{"value": name, "label": text} for name, text in AGED.items()],
                clearable=True,
            ),
            html.P("", id="paper-trouble", className="warn", hidden=True, role="alert"),
            html.Div(dmc.Button("Note it", id="note-paper", n_clicks=0), className="actions"),
        ],
        className="form",
    )


def document(covers: list[str] | None, giver: str, given: str, until: str | None, age: str | None = None) -> Json:
    """A consent on paper, without who notes it. Raises `DataError`: in words of the form."""
    if not covers:
        raise DataError("Say what it covers.")
    times.end_of(given.strip())
    content: Json = {"covers": [name for name in COVERS if name in covers], "giver": giver, "given": given.strip()}
    if (until or "").strip():
        content["until"] = str(until).strip()
        if times.end_of(content["until"]) < times.end_of(content["given"]):
            raise DataError("It cannot end before it was given.")
    return content | ({"age": age} if age and "atypicality" in covers else {})


def callbacks(app: Dash, work: Work) -> None:
    """Noting and withdrawing."""
    base = work.means.base

    async def store(visit: Visit, patient: str, content: Json, done: str) -> Any:
        path = paper.key(patient, new_key(base.now_ms()))
        await changes.write(base, visit, "consented", patient, {path: changes.signed(visit) | content})
        return await shown(work, visit, patient, html.P(done, className="done", role="status"))

    async def add(
        clicks: int, covers: list[str], giver: str, given: str, until: str, age: str | None, patient: str
    ) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        try:
            content = document(covers, giver, given or "", until, age)
        except DataError as error:
            return no_update, str(error), False
        return await store(visit, patient, content, "The consent was noted."), no_update, no_update

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Output("paper-trouble", "children"),
        Output("paper-trouble", "hidden"),
        Input("note-paper", "n_clicks"),
        State("paper-covers", "value"),
        State("paper-giver", "value"),
        State("paper-given", "value"),
        State("paper-until", "value"),
        State("paper-age", "value"),
        State("consents-patient", "data"),
        prevent_initial_call=True,
    )(add)

    async def withdraw(clicks: list[int], patient: str) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        found, _ = papers.of_paper(await work.reading.person(visit, patient, "consents"))
        giver = next((one.giver for one in found if one.key == ctx.triggered_id["key"]), GIVERS[0])
        today = date.today().isoformat()
        content = {"withdrawn": ctx.triggered_id["key"], "giver": giver, "given": today}
        return await store(
            visit, patient, content, "It was noted that this consent is withdrawn. Withdraw it at the box, too."
        )

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Input({"type": "withdraw", "key": ALL}, "n_clicks"),
        State("consents-patient", "data", allow_optional=True),
        prevent_initial_call=True,
    )(withdraw)
