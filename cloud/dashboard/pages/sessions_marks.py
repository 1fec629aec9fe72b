"""Marking a session afterwards, and notes at its moments."""

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from cloud.analysis.measures import lasted_s
from cloud.dashboard.pages.patients_notes import document
from cloud.dashboard.pages.patients_parts import Work, at, badge, lead, table, texts
from cloud.dashboard.person import Visit, current_visit
from cloud.dashboard.records import changes, times
from cloud.dashboard.records.marks import Mark, checked
from device.contract import mark, note
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.keys import new_key

if TYPE_CHECKING:
    from cloud.dashboard.pages.sessions_view import Opened


def dragging() -> dmc.SegmentedControl:
    """What dragging over the diagram does."""
    data = [{"value": "zoom", "label": "Drag to look closer"}, {"value": "select", "label": "Drag to mark a part"}]
    return dmc.SegmentedControl(id="session-drag", data=data, value="zoom", className="drag")


def form(found: "Opened") -> Any:
    """What marks a part, and writes a note at a moment."""
    if not found.held.listed.patient:
        return lead("Notes and marks belong to a patient, and nobody was named in this session.")
    kinds = [{"value": mark.PHASE, "label": "Phase"}, {"value": mark.STIMULUS, "label": "Stimulus"}]
    return html.Details(
        [
            html.Summary("Mark a part, or write a note at a moment"),
            html.Div(
                [
                    dmc.TextInput(id="mark-from", label="From", placeholder="12:05", className="narrow"),
                    dmc.TextInput(id="mark-to", label="To", placeholder="18:30", className="narrow"),
                    dmc.Select(
                        id="mark-kind",
                        label="What",
                        data=kinds,
                        value=mark.PHASE,
                        allowDeselect=False,
                        className="narrow",
                    ),
                    dmc.TextInput(id="mark-name", label="Name", placeholder="imagery", className="narrow"),
                    dmc.Button("Mark it", id="add-mark", n_clicks=0),
                ],
                className="side-by-side",
            ),
            dmc.Textarea(
                id="moment-text",
                label="Note at the moment 'From', or on the whole session where that is empty",
                autosize=True,
                minRows=2,
            ),
            html.P("", id="mark-trouble", className="warn", hidden=True, role="alert"),
            html.Div(dmc.Button("Add the note", id="add-moment", n_clicks=0, variant="default"), className="actions"),
        ],
        className="form",
        id="mark-form",
    )


def written(found: "Opened") -> html.Div:
    """What was marked, and the notes."""
    return html.Div(
        [html.H2("Phases, stimuli and marks"), _marks(found), html.H2("Notes on this session"), *_notes(found)]
    )


def _marks(found: "Opened") -> Any:
    if not found.told:
        return lead("None.")
    return table(
        ("What", "Name", "From", "To", "By", ""), [_mark(one) for one in found.told], "Phases, stimuli and marks"
    )


def _mark(one: Mark) -> list[Any]:
    to = "" if one.to_s is None else times.clock(one.to_s)
    remove: Any = (
        html.Button("Remove", id={"type": "remove-mark", "key": one.key}, n_clicks=0, className="quiet")
        if one.key
        else ""
    )
    return [
        one.kind,
        one.name or "without a name",
        times.clock(one.from_s),
        to,
        badge("afterwards") if one.key else "the box",
        remove,
    ]


def _notes(found: "Opened") -> list[Any]:
    items = []
    for one in found.noted:
        when = "on the whole session" if one.moment_s is None else f"at {times.clock(one.moment_s)}"
        old = [badge("corrected by a later note", "todo")] if one.corrected_by else []
        head = html.Header([html.B(when), html.Span(f"written {at(one.at_ms)}"), *old])
        items.append(html.Article([head, texts(one.text)], className="note old" if old else "note"))
    return items or [lead("None yet.")]


def callbacks(app: Dash, work: Work) -> None:
    """Drawing a range, marking, removing, and notes."""
    _drawing(app)
    _marking(app, work)
    _noting(app, work)
    _removing(app, work)


def _drawing(app: Dash) -> None:
    async def select(selected: Any) -> Any:
        try:
            begin_s, end_s = sorted(float(one) for one in selected["range"]["x"])
        except (TypeError, KeyError, ValueError):
            return no_update, no_update, no_update
        return times.clock(max(begin_s, 0.0)), times.clock(end_s), True

    app.callback(
        Output("mark-from", "value"),
        Output("mark-to", "value"),
        Output("mark-form", "open"),
        Input("session-chart", "selectedData"),
        prevent_initial_call=True,
    )(select)


async def _written(work: Work, visit: Visit, found: "Opened", did: str, content: dict[str, Json], said: str) -> Any:
    """Write what belongs to a session, with its entry in the audit; the session's page anew, and above it what was
    done."""
    from cloud.dashboard.pages import sessions_one  # noqa: PLC0415  it shows this module's parts

    listed = found.held.listed
    place = f"{listed.device}~{listed.session}"
    await changes.write(work.means.base, visit, did, listed.patient, content, of=place)
    done = html.P(said, className="done", role="status")
    return sessions_one.shown(await sessions_one.opened(work, visit, listed), done)


def _marking(app: Dash, work: Work) -> None:
    async def add(clicks: int, begin: str, end: str, kind: str, name: str, place: str) -> Any:
        from cloud.dashboard.pages import sessions_one  # noqa: PLC0415  it shows this module's parts

        if not clicks:
            return no_update, no_update, no_update
        visit = current_visit()
        found = await sessions_one.again(work, visit, place)
        if found is None:
            return no_update, no_update, no_update
        try:
            to_s = times.from_clock(end) if (end or "").strip() else None
            content = checked(kind, name, times.from_clock(begin or ""), to_s, lasted_s(found.held.table))
        except DataError as error:
            return no_update, str(error), False
        path = mark.key(found.held.listed.patient, place, new_key(work.means.base.now_ms()))
        said = f"'{content['name']}' was marked."
        page = await _written(work, visit, found, "marked", {path: changes.signed(visit) | content}, said)
        return page, no_update, no_update

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Output("mark-trouble", "children", allow_duplicate=True),
        Output("mark-trouble", "hidden", allow_duplicate=True),
        Input("add-mark", "n_clicks"),
        State("mark-from", "value"),
        State("mark-to", "value"),
        State("mark-kind", "value"),
        State("mark-name", "value"),
        State("session-place", "data"),
        prevent_initial_call=True,
    )(add)


def _noting(app: Dash, work: Work) -> None:
    async def add(clicks: int, text: str, begin: str, place: str) -> Any:
        from cloud.dashboard.pages import sessions_one  # noqa: PLC0415  it shows this module's parts

        if not clicks:
            return no_update, no_update, no_update
        visit = current_visit()
        found = await sessions_one.again(work, visit, place)
        if found is None:
            return no_update, no_update, no_update
        try:
            content = document(visit, text, place, begin, "")
        except DataError as error:
            return no_update, str(error), False
        path = note.key(found.held.listed.patient, new_key(work.means.base.now_ms()))
        page = await _written(work, visit, found, "noted", {path: content}, "The note was added.")
        return page, no_update, no_update

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Output("mark-trouble", "children", allow_duplicate=True),
        Output("mark-trouble", "hidden", allow_duplicate=True),
        Input("add-moment", "n_clicks"),
        State("moment-text", "value"),
        State("mark-from", "value"),
        State("session-place", "data"),
        prevent_initial_call=True,
    )(add)


def _removing(app: Dash, work: Work) -> None:
    async def remove(clicks: list[int], place: str) -> Any:
        from cloud.dashboard.pages import sessions_one  # noqa: PLC0415  it shows this module's parts

        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        visit = current_visit()
        found = await sessions_one.again(work, visit, place)
        if found is None:
            return no_update
        content = changes.signed(visit) | {"of": mark.REMOVED, "removes": ctx.triggered_id["key"]}
        path = mark.key(found.held.listed.patient, place, new_key(work.means.base.now_ms()))
        return await _written(work, visit, found, "marked", {path: content}, "It was removed.")

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Input({"type": "remove-mark", "key": ALL}, "n_clicks"),
        State("session-place", "data", allow_optional=True),
        prevent_initial_call=True,
    )(remove)
