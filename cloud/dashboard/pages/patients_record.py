"""A patient's record: read, edited with history, exported, erased."""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from cloud.dashboard.pages import Page
from cloud.dashboard.pages.patients_parts import Work, at, badge, heading, lead, tabs, unread, who, zone
from cloud.dashboard.person import CLINICIAN, Visit, current_visit
from cloud.dashboard.records import changes, people
from cloud.dashboard.records.people import FILLED, LABELS, Version
from device.contract import person
from device.contract.errors import DataError, IdentityError
from device.contract.fields import Field, Json

_LONG = {field.path for field in person.TEXTS} | {"referral"}
_HIGH = {"history": 5, "summary": 4, "complaint": 3, "plan": 3}


def pages(work: Work) -> tuple[Page, ...]:
    """The page."""

    async def layout(visit: Visit, patient: str) -> Any:
        await work.reading.check_patient(visit, patient)
        await changes.write(work.means.base, visit, "opened", patient, {})
        return await shown(work, visit, patient)

    return (Page("/patients/{patient}", "Patient", (CLINICIAN,), layout, nav=False),)


async def shown(
    work: Work, visit: Visit, patient: str, told: Any = None, editing: people.Merged | None = None
) -> html.Div:
    """The page; `told` says what was just done, and `editing` is what the form holds instead of the newest version."""
    versions, odd = people.versions(await work.reading.person(visit, patient, "versions"))
    newest = versions[0] if versions else None
    content = newest.content if newest else {"status": "active"}
    fields = form(editing.content, editing.clashes) if editing else form(content)
    return html.Div(
        [
            heading(patient),
            tabs(patient, ""),
            *([told] if told else []),
            *unread(odd, "versions of this record"),
            dcc.Store(id="record-base", data={"number": newest.number if newest else 0, "content": content}),
            dcc.Store(id="record-patient", data=patient),
            html.Div([fields, history(visit, versions)], className="record"),
            _more(patient),
            zone(),
        ],
        className="records",
    )


def form(content: Json, clashes: Json | None = None) -> html.Div:
    """The fields, and beside those that somebody else changed meanwhile, theirs."""
    short = [field for field in FILLED if field.path not in _LONG]
    long = [field for field in FILLED if field.path in _LONG]
    fields = [_field(field, content.get(field.path), (clashes or {}).get(field.path)) for field in (*short, *long)]
    return html.Div(
        [
            html.H2("Record"),
            lead(
                "Pseudonymous: no names, addresses or telephone numbers. Everything is written by people; Affectbox "
                "fills in nothing."
            ),
            html.Div(fields[: len(short)], className="short"),
            *fields[len(short) :],
            html.P("", id="record-trouble", className="warn", hidden=True, role="alert"),
            html.Div(dmc.Button("Save as a new version", id="save-record", n_clicks=0), className="actions"),
        ],
        className="form",
        id="record-form",
    )


def _field(field: Field, value: Any, theirs: str | None = None) -> html.Div:
    identity = {"type": "record-field", "path": field.path}
    label = LABELS[field.path]
    common: dict[str, Any] = {"id": identity, "label": label}
    if field.names:
        shown: Any = dmc.Select(**common, value=value, data=list(field.names), clearable=field.path != "status")
    elif field.path in _LONG:
        rows = _HIGH.get(field.path, 2)
        shown = dmc.Textarea(**common, value=value or "", autosize=True, minRows=rows, maxRows=20)
    elif field.kind == "integer":
        shown = dmc.NumberInput(
            **common,
            value=value if value is not None else "",
            hideControls=True,
            allowDecimal=False,
            thousandSeparator="",
        )
    else:
        example = {"language": "de, en-GB", "began": "YYYY-MM-DD", "ended": "YYYY-MM-DD"}.get(field.path, "")
        shown = dmc.TextInput(**common, value=value or "", placeholder=example)
    also = [] if theirs is None else [_theirs(theirs, str(value or ""))]
    return html.Div([shown, *also], className="field")


def _theirs(theirs: Any, mine: str) -> html.Div:
    return html.Div(
        [html.B("Somebody else wrote here meanwhile; against it, yours: "), *words(str(theirs), mine)],
        className="theirs",
    )


def words(before: str, after: str) -> list[Any]:
    """What changed, word by word."""
    tags = {"same": html.Span, "gone": html.Del, "new": html.Ins}
    return [tags[kind](text) for kind, text in people.difference(before, after)]


def history(visit: Visit, versions: list[Version]) -> html.Aside:
    """Every version: who, when, and what changed."""
    older = [*versions, None][1:]
    items: list[Any] = [_version(visit, one, before) for one, before in zip(versions, older, strict=True)]
    none = lead("Nothing has been written yet.")
    return html.Aside([html.H2("History"), *(items or [none])], className="history")


def _version(visit: Visit, one: Version, before: Version | None) -> html.Details:
    previous = before.content if before else {}
    what = people.changed(previous, one.content)
    named = ", ".join(LABELS[path].split(",")[0].lower() for path in what) or "nothing changed"
    changed = [
        html.Div([html.Dt(LABELS[path]), html.Dd(words(str(previous.get(path, "")), str(one.content.get(path, ""))))])
        for path in what
    ]
    head = html.Summary(
        [html.B(f"Version {one.number}"), html.Span(f"{at(one.at_ms)}, {who(visit, one.by)}"), html.Small(named)]
    )
    return html.Details([head, html.Dl(changed)], className="version")


def _more(patient: str) -> html.Div:
    plainly = (
        "This erases the record with all its versions, the notes, the marks and the consents on paper, and notes that "
        f"{patient} is to be erased. What boxes measured in sessions, what the boxes themselves keep, and files that "
        "were written go when whoever administers the database runs `affectbox-cloud erase --waiting`: tell them. It "
        "cannot be undone."
    )
    erase = dmc.Modal(
        [
            html.P(plainly),
            dmc.TextInput(id="erase-name", label=f"To go on, type the pseudonym: {patient}", autoComplete="off"),
            html.P("", id="erase-trouble", className="warn", hidden=True, role="alert"),
            html.Div(dmc.Button("Erase for good", id="erase-now", color="red", n_clicks=0), className="actions"),
        ],
        id="erase-dialogue",
        title=f"Erase {patient}",
        opened=False,
        closeButtonProps={"aria-label": "Close"},
    )
    buttons = [
        dmc.Button("Download to read (HTML)", id="export-html", variant="default", n_clicks=0),
        dmc.Button("Download for programs (JSON)", id="export-json", variant="default", n_clicks=0),
        dmc.Button("Erase this patient …", id="erase-open", variant="subtle", color="red", n_clicks=0),
    ]
    downloads = [dcc.Download(id="export-file"), erase]
    hint = lead(
        "Everything that clinicians wrote of this person, with the list of sessions. A download leaves the dashboard: "
        "it is yours to keep safe."
    )
    return html.Div(
        [html.H2("Take it along, or erase it"), hint, html.Div(buttons, className="actions"), *downloads],
        className="more",
    )


def callbacks(app: Dash, work: Work) -> None:
    """Saving and erasing; downloads stand in `patients_export`."""
    from cloud.dashboard.pages import patients_export  # noqa: PLC0415  it shows this page's parts

    patients_export.callbacks(app, work)
    base = work.means.base

    async def save(clicks: int, values: list[Any], ids: list[Json], kept: Json, patient: str) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        visit = current_visit()
        await work.reading.check_patient(visit, patient)
        try:
            mine = people.filled({one["path"]: value for one, value in zip(ids, values, strict=True)})
        except DataError as error:
            return no_update, str(error), False
        if kept["number"] and not people.changed(kept["content"], mine):
            return no_update, "Nothing has changed since the last version.", False
        number = kept["number"] + 1
        try:
            document = changes.signed(visit) | {"number": number} | mine
            await changes.write(base, visit, "edited", patient, {person.key(patient, number): document})
        except IdentityError:
            return await _second(work, visit, patient, kept, mine)
        done = html.P(f"Saved as version {number}.", className="done", role="status")
        return await shown(work, visit, patient, done), no_update, no_update

    app.callback(
        Output("page", "children", allow_duplicate=True),
        Output("record-trouble", "children"),
        Output("record-trouble", "hidden"),
        Input("save-record", "n_clicks"),
        State({"type": "record-field", "path": ALL}, "value"),
        State({"type": "record-field", "path": ALL}, "id"),
        State("record-base", "data"),
        State("record-patient", "data"),
        prevent_initial_call=True,
    )(save)


async def _second(work: Work, visit: Visit, patient: str, kept: Json, mine: Json) -> Any:
    """Somebody else saved first: nothing is lost, and both are shown. Raises `IdentityError`: that is not why."""
    versions, _ = people.versions(await work.reading.person(visit, patient, "versions"))
    if not versions or versions[0].number <= kept["number"]:
        raise IdentityError("Your account may not change this record: ask whoever administers the dashboard.")
    theirs = versions[0]
    both = people.merged(kept["content"], mine, theirs.content)
    told = (
        f"While you wrote, {who(visit, theirs.by)} saved version {theirs.number} ({at(theirs.at_ms)}). Nothing of "
        "yours is lost and nothing was saved yet: what they changed is filled in below"
    )
    if both.clashes:
        named = ", ".join(LABELS[path] for path in both.clashes)
        told += f"; where both of you changed the same ({named}) yours stands, and theirs is shown under it"
    said = html.P(
        [badge("two editors", "todo"), f" {told}. Look it over and save again."], className="warn", role="alert"
    )
    return await shown(work, visit, patient, said, both), no_update, no_update
