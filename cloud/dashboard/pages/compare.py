"""Two sessions of one patient side by side, on the same scale: `/compare?a=DEVICE~SESSION&b=DEVICE~SESSION`."""

from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.analysis.measures import AUS, EMOTION, MEASURES, USUAL, Measure, lasted_s
from cloud.dashboard.pages import Page
from cloud.dashboard.pages.patients_parts import (
    Work,
    badge,
    graph,
    heading,
    lead,
    of_patient,
    of_session,
    percent,
    table,
    zone,
)
from cloud.dashboard.pages.patients_weeks import choice
from cloud.dashboard.pages.sessions_one import opened
from cloud.dashboard.pages.sessions_view import Opened, drawn
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, pairing, times, weeks, words
from cloud.dashboard.records.marks import phases
from cloud.dashboard.records.pairing import Pair
from cloud.dashboard.records.parts import parts
from device.contract.errors import AffectboxError, DataError
from device.contract.session import Why

_CARE = (
    "Sessions of one person differ anyway: by what was talked about, by the light, by where they sat. A difference "
    "between two of them is not yet a change; sessions over weeks show how much they usually differ."
)
_WORDS = {"more": "good", "less": "good", "none": "", "unknown": "todo"}
_MOST = 12


def pages(work: Work) -> tuple[Page, ...]:
    """The page, whose address says in its query what is compared; a callback reads that."""

    async def layout(visit: Visit) -> Any:
        return html.Div(html.Div(lead("Reading both sessions …"), id="compare-page"), className="records")

    return (Page("/compare", "Comparison", (CLINICIAN,), layout, nav=False),)


async def both(work: Work, visit: Visit, query: str, tell: bool) -> tuple[Opened, Opened]:
    """The sessions of an address, the earlier first. The audit is told before anything is read: with `tell` in any
    case, else where this visit has not told it.

    Raises:
        DataError: the address does not name two sessions of one patient that may be used.
        IdentityError: they may not see them.
    """
    asked = parse_qs(query.removeprefix("?"))
    places = [asked.get(name, [""])[0] for name in ("a", "b")]
    found = [await work.reading.whom(visit, place) for place in places]
    patients = {patient for _, _, patient in found}
    if len(patients) != 1 or not patients.copy().pop() or places[0] == places[1]:
        raise DataError("Two different sessions of one patient can be compared: choose them on the patient's page.")
    patient = patients.pop()
    for place in places:
        if tell:
            await changes.write(work.means.base, visit, "compared", patient, {}, of=place)
        await changes.look(work.means.base, visit, "compared", patient, of=place)
    listed = [await work.reading.listed(visit, device, session, patient) for device, session, _ in found]
    if any(one.why == Why.REVOKED for one in listed):
        raise DataError("The consent to one of them was withdrawn: it is not used.")
    ordered = sorted(listed, key=lambda one: one.began or 0.0)
    first, second = [await opened(work, visit, one) for one in ordered]
    for one in (first, second):
        if not len(one.held.table):
            raise DataError(f"Nothing was measured in the session of {times.moment(one.held.listed.began)}.")
    return first, second


def shown(first: Opened, second: Opened, chosen: list[str]) -> list[Any]:
    """The page's content."""
    patient = first.held.listed.patient
    longest_s = max(lasted_s(one.held.table) for one in (first, second))
    return [
        heading("Two sessions", html.P([dcc.Link(patient, href=of_patient(patient, "weeks"))], className="under")),
        html.Div(
            [_one(first, pairing.ORDER[0], "first"), _one(second, pairing.ORDER[1], "second")], className="two-columns"
        ),
        choice("compare-measures", chosen, (AUS, EMOTION)),
        html.Div(differences(first, second, chosen), id="compare-differences"),
        html.P(_CARE, className="hint"),
        html.H2("Over time, on one scale"),
        html.Div([_diagram(one, chosen, longest_s) for one in (first, second)], id="compare-diagrams"),
        zone(),
    ]


def _one(one: Opened, called: str, css: str) -> html.Section:
    listed = one.held.listed
    link = dcc.Link(times.moment(listed.began), href=of_session(listed.device, listed.session))
    return html.Section(
        [
            html.H2([html.Span(called.capitalize(), className=f"swatch {css}"), link]),
            html.P(words.opening(one.held.table)),
        ]
    )


def differences(first: Opened, second: Opened, chosen: list[str]) -> list[Any]:
    """Part by part."""
    measures = [MEASURES[name] for name in chosen]
    own = [parts(one.held.table, phases(one.told), measures) for one in (first, second)]
    found, alone = pairing.pairs(*own)
    only = [lead(f"Only one of them has: {', '.join(alone)}.")] if alone else []
    return [*(_pair(one, measures) for one in found), *only]


def _pair(pair: Pair, measures: list[Measure]) -> html.Section:
    rows = []
    for measure in measures:
        kind, said = pairing.verdict(pair, measure)
        cells = [
            weeks.told(part.means[measure.id]) if measure.id in part.means else "not told"
            for part in (pair.first, pair.second)
        ]
        rows.append(
            [{"className": "too-little"} if kind == "unknown" else {}, measure.name, *cells, badge(said, _WORDS[kind])]
        )
    little: list[Any] = [] if pair.enough else [" ", badge("too little seen in one of them", "todo")]
    seen = f"seen: {percent(pair.first.seen)} and {percent(pair.second.seen)}"
    drawn_pair = graph(pairing.chart(pair, measures))
    compared = table(
        ("Measure", "The earlier", "The later", "Difference"), rows, f"Differences in {pair.name}", "numbers"
    )
    return html.Section(
        [html.H2([pair.name.capitalize(), *little]), lead(seen), html.Div([compared, drawn_pair], className="pair")]
    )


def _diagram(one: Opened, chosen: list[str], longest_s: float) -> html.Section:
    figure = drawn(one, chosen, 0.0, longest_s, "zoom")
    return html.Section([html.H3(times.moment(one.held.listed.began)), graph(figure)])


def callbacks(app: Dash, work: Work) -> None:
    """Reading the address, and other measures."""

    async def read(query: str, path: str) -> Any:
        if path != "/compare":
            return no_update
        try:
            first, second = await both(work, current_visit(), query or "", tell=True)
        except AffectboxError as error:
            return [heading("Two sessions"), html.P(str(error))]
        return shown(first, second, list(USUAL))

    app.callback(Output("compare-page", "children"), Input("url", "search"), State("url", "pathname"))(read)

    async def other(chosen: list[str], query: str) -> Any:
        first, second = await both(work, current_visit(), query or "", tell=False)
        known = [name for name in chosen or [] if name in MEASURES][:_MOST]
        longest_s = max(lasted_s(one.held.table) for one in (first, second))
        return differences(first, second, known), [_diagram(one, known, longest_s) for one in (first, second)]

    app.callback(
        Output("compare-differences", "children"),
        Output("compare-diagrams", "children"),
        Input("compare-measures", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )(other)
