"""The parts of the live page beside its strips: buttons, marks, notes, and the dialogs over it."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from cloud.dashboard.person import Visit
from device.contract.choices import COVERS, GIVERS

COVERED = {
    "expressions": "Facial expressions",
    "units": "Movements of the face (action units)",
    "live": "Being watched live from elsewhere: without it this page shows nothing",
    "personal": "Models made for this person",
    "diagnosis": "Use for diagnosis support",
    "atypicality": "Comparison with other people",
}
AGED = {
    "under-6": "under 6 years",
    "6-12": "6 to 12 years",
    "13-17": "13 to 17 years",
    "18-64": "18 to 64 years",
    "65-up": "65 years and older",
}
GIVEN_BY = {"patient": "The person", "guardian": "A guardian"}
_USUAL_COVERS = ["expressions", "units", "live"]


def panel() -> list[Any]:
    """Buttons, marks and notes beside the strips."""
    return [_buttons(), _marks(), _notes()]


def _button(text: str, do: str, kind: str = "") -> Any:
    return html.Button(text, className=f"do {kind}".strip(), type="button", hidden=True, **named(do=do))


def _buttons() -> Any:
    return html.Div(
        [
            html.Div(
                [
                    _button("Start", "begin", "main"),
                    _button("Go on", "resume", "main"),
                    _button("Pause", "pause", "main"),
                    _button("End", "end"),
                    _button("Withdraw consent", "revoke", "danger far"),
                ],
                className="buttons",
            ),
            html.P("", id="live-command", role="status"),
        ],
        className="live-control",
    )


def _marks() -> Any:
    return html.Div(
        [
            html.Label("Name of a phase, stimulus or mark", htmlFor="live-name", className="small"),
            html.Div(
                [
                    dcc.Input(id="live-name", type="text", maxLength=40, placeholder="imagery", autoComplete="off"),
                    _button("Mark", "mark"),
                    _button("Phase", "phase"),
                    _button("Stimulus", "stimulus"),
                ],
                className="row",
            ),
            html.Div(id="live-recent", className="recent"),
            html.P([html.Kbd("m"), " marks this moment, ", html.Kbd("n"), " begins a note"], className="small"),
        ],
        className="live-marks",
        id="live-marks",
        hidden=True,
    )


def _notes() -> Any:
    return html.Div(
        [
            html.Label(["Note ", html.Span("", id="live-note-time")], htmlFor="live-note-text", className="small"),
            dcc.Textarea(id="live-note-text", maxLength=4000, rows=2),
            html.Div(
                [
                    html.Button("Keep note", id="live-note-keep", type="button", className="do", n_clicks=0),
                    html.Span("", id="live-note-said", className="small", role="status"),
                ],
                className="row",
            ),
            html.Ul(id="live-note-list"),
        ],
        className="live-note",
        id="live-note",
        hidden=True,
    )


def dialogs(device: str, visit: Visit) -> list[Any]:
    """What opens over the page, and what its script hands to the callbacks."""
    return [
        dcc.Store(id="live-device", data=device),
        dcc.Store(id="live-order"),
        dcc.Store(id="live-moment"),
        dcc.Store(id="live-now"),
        html.Dialog(
            [
                html.H2("", id="live-ask-head"),
                html.P("", id="live-ask-text"),
                html.Div(
                    [
                        html.Button("No, go back", type="button", className="do", **named(answer="no")),
                        html.Button("Yes", type="button", className="do danger", **named(answer="yes")),
                    ],
                    className="row",
                ),
            ],
            id="live-ask",
        ),
        _start(visit),
    ]


def _start(visit: Visit) -> Any:
    consent = html.Div(
        [
            dmc.CheckboxGroup(
                id="start-covers",
                label="What the consent covers",
                value=_USUAL_COVERS,
                children=dmc.Stack([dmc.Checkbox(label=COVERED[name], value=name) for name in COVERS], gap="xs"),
            ),
            html.Div(
                dmc.Select(
                    id="start-age",
                    label="How old the person is (empty: not told, and not compared)",
                    data=[{"value": name, "label": text} for name, text in AGED.items()],
                    clearable=True,
                ),
                id="start-aged",
                hidden=True,
            ),
            dmc.RadioGroup(
                id="start-giver",
                label="Given by",
                value=GIVERS[0],
                children=dmc.Group([dmc.Radio(label=GIVEN_BY[name], value=name) for name in GIVERS]),
            ),
            dmc.DateInput(
                id="start-until", label="Until (empty: no end)", clearable=True, valueFormat="YYYY-MM-DD", value=None
            ),
        ],
        id="start-consent",
        className="start-consent",
        hidden=True,
    )
    return dmc.Modal(
        [
            dmc.Stack(
                [
                    html.Div(
                        [
                            dmc.Select(
                                id="start-patient",
                                label="Whom it watches (a pseudonym)",
                                data=sorted(visit.person.patients),
                                searchable=True,
                                nothingFoundMessage="None of your patients. Draw a pseudonym for somebody new.",
                                className="grow",
                            ),
                            html.Button("Draw a new pseudonym", id="start-draw", type="button", className="do"),
                        ],
                        className="row end",
                    ),
                    html.P("Choose somebody first.", id="start-holds"),
                    dmc.Checkbox(
                        id="start-anew",
                        label="They were asked: record this consent now",
                        checked=False,
                    ),
                    consent,
                    html.P("", id="start-said", role="alert", className="said"),
                    html.Div(
                        html.Button(
                            "Start the session", id="start-go", type="button", className="do main", n_clicks=0
                        ),
                        className="row end",
                    ),
                ]
            )
        ],
        id="start",
        title="Start a session",
        opened=False,
        size="lg",
        closeButtonProps={"aria-label": "Close"},
    )


def named(**names: str) -> dict[str, Any]:
    """Attributes `data-NAME` of an element."""
    return {f"data-{name}": value for name, value in names.items()}
