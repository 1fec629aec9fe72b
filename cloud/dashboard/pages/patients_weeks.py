"""A patient's sessions over weeks: charts, the list, and two of them to compare."""

from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html

from cloud.analysis.measures import AUS, EMOTION, MEASURES, USUAL
from cloud.dashboard.pages import Page, patients_personal
from cloud.dashboard.pages.patients_charts import charts
from cloud.dashboard.pages.patients_parts import (
    Work,
    badge,
    heading,
    lead,
    of_session,
    percent,
    table,
    tabs,
    why,
    zone,
)
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, times, weeks
from cloud.dashboard.records.weeks import Point
from cloud.reading.databases import Listed
from device.contract.session import Why

_GROUPS = {AUS: "Facial actions (FACS)", EMOTION: "Expressions, as annotators would name them"}
_MOST = 12


def pages(work: Work) -> tuple[Page, ...]:
    """The page."""

    async def layout(visit: Visit, patient: str) -> Any:
        await work.reading.check_patient(visit, patient)
        await changes.write(work.means.base, visit, "opened", patient, {})
        listed = await work.reading.sessions(visit, patient)
        if not listed:
            return html.Div([heading(patient), tabs(patient, "weeks"), lead("No session yet.")], className="records")
        found = await _points(work, visit, listed, list(USUAL))
        return html.Div(
            [
                heading(patient),
                tabs(patient, "weeks"),
                dcc.Store(id="weeks-patient", data=patient),
                html.H2("Over weeks"),
                choice("weeks-measures", list(USUAL), (AUS, EMOTION)),
                html.Div(charts(found, [MEASURES[name] for name in USUAL]), id="weeks-charts", className="charts"),
                html.P(weeks.ENOUGH, className="hint"),
                html.P(weeks.INTERVALS, className="hint"),
                *patients_personal.shown(found),
                html.H2("All sessions"),
                _list(found),
                _comparing(found),
                zone(),
            ],
            className="records",
        )

    return (Page("/patients/{patient}/weeks", "Patient", (CLINICIAN,), layout, nav=False),)


def choice(
    identity: str, chosen: list[str], kinds: tuple[str, ...], names: dict[str, str] | None = None
) -> dmc.MultiSelect:
    """A choice of measures."""
    groups = [
        {
            "group": (names or _GROUPS)[kind],
            "items": [{"value": m.id, "label": m.name} for m in MEASURES.values() if m.kind == kind],
        }
        for kind in kinds
    ]
    return dmc.MultiSelect(
        id=identity,
        label="Shown",
        value=chosen,
        data=groups,
        searchable=True,
        maxValues=_MOST,
        className="choice",
        hidePickedOptions=True,
    )


async def _points(work: Work, visit: Visit, listed: list[Listed], chosen: list[str]) -> list[Point]:
    used = [one for one in listed if one.why != Why.REVOKED]
    minutes = await work.reading.minutes(visit, used)
    return weeks.points(listed, minutes, [MEASURES[name] for name in chosen])


def _list(found: list[Point]) -> Any:
    rows = []
    for point in reversed(found):
        one = point.listed
        link = dcc.Link(times.moment(one.began), href=of_session(one.device, one.session))
        seen: Any = (
            ""
            if point.seen is None
            else [percent(point.seen), *([] if point.enough else [" ", badge("too little seen", "todo")])]
        )
        ended = badge(why(one), "bad") if one.why in (Why.REVOKED, Why.INTERRUPTED, Why.FAILED) else why(one)
        lasted = times.length(point.seconds) if point.seconds else "nothing came" if one.why != Why.REVOKED else ""
        rows.append([link, lasted, seen, ended, ", ".join(one.phases), one.device])
    return table(("Began", "Lasted", "Seen", "How it ended", "Phases", "Box"), rows, "Sessions")


def _comparing(found: list[Point]) -> Any:
    usable = [point.listed for point in found if point.seen is not None]
    if len(usable) < 2:
        return lead("Two sessions with something to see can be compared here.")
    data = [{"value": f"{one.device}~{one.session}", "label": times.moment(one.began)} for one in usable]
    return html.Div(
        [
            html.H2("Compare two"),
            html.Div(
                [
                    dmc.Select(
                        id="compare-a", label="One session", data=data, value=data[0]["value"], allowDeselect=False
                    ),
                    dmc.Select(
                        id="compare-b", label="with another", data=data, value=data[-1]["value"], allowDeselect=False
                    ),
                    dcc.Link(
                        "Compare", id="compare-go", href=_both(data[0]["value"], data[-1]["value"]), className="go"
                    ),
                ],
                className="side-by-side",
            ),
        ],
    )


def callbacks(app: Dash, work: Work) -> None:
    """Other measures, and going to the comparison."""

    async def show(chosen: list[str], patient: str) -> Any:
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        await changes.look(work.means.base, visit, "opened", patient)
        known = [name for name in chosen or [] if name in MEASURES][:_MOST]
        found = await _points(work, visit, await work.reading.sessions(visit, patient), known)
        return charts(found, [MEASURES[name] for name in known])

    app.callback(
        Output("weeks-charts", "children"),
        Input("weeks-measures", "value"),
        State("weeks-patient", "data"),
        prevent_initial_call=True,
    )(show)

    async def aim(a: str, b: str) -> Any:
        return _both(a, b)

    app.callback(
        Output("compare-go", "href"),
        Input("compare-a", "value"),
        Input("compare-b", "value"),
        prevent_initial_call=True,
    )(aim)


def _both(a: str, b: str) -> str:
    """The address of the comparison of two sessions, each DEVICE~SESSION."""
    return f"/compare?a={quote(a)}&b={quote(b)}"
