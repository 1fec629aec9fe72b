"""The live page: choose a room, and see the session that goes on there, with what a clinician may ask of its box."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from dash import Dash, dcc, html

from cloud.dashboard.live.upstream import Upstreams
from cloud.dashboard.live.words import facts
from cloud.dashboard.means import Means
from cloud.dashboard.pages import Page, Section, live_control, live_parts
from cloud.dashboard.person import CLINICIAN, Visit
from cloud.dashboard.topics import Topic
from device.contract import box
from device.contract.fields import Json

_ROLES = (CLINICIAN,)


def section(means: Means) -> Section:
    """See `cloud.dashboard.pages`."""
    rooms_heard, session_heard = Upstreams(watches=False), Upstreams(watches=True)

    async def rooms(visit: Visit) -> Any:
        devices = sorted(visit.person.devices)
        if len(devices) == 1:
            return await session(visit, devices[0])
        return _rooms(await _names(means, visit, devices))

    async def session(visit: Visit, device: str) -> Any:
        if device not in visit.person.devices:
            return html.Div(
                [html.H1("This box is not one of yours."), html.P("Ask whoever administers the accounts.")],
                className="message",
            )
        names = await _names(means, visit, sorted(visit.person.devices))
        return _session(device, names, visit)

    def of_room(means: Means, visit: Visit, of: str) -> AsyncIterator[Json]:
        return rooms_heard.listen(means.base, visit, of)

    def of_session(means: Means, visit: Visit, of: str) -> AsyncIterator[Json]:
        return session_heard.listen(means.base, visit, of)

    def callbacks(app: Dash) -> None:
        live_control.callbacks(app, means)

    return Section(
        (Page("/live", "Live", _ROLES, rooms), Page("/live/{device}", "Live", _ROLES, session, nav=False)),
        (Topic("room", _ROLES, of_room), Topic("live", _ROLES, of_session)),
        callbacks,
    )


async def _names(means: Means, visit: Visit, devices: list[str]) -> dict[str, str]:
    """Box → its name as staff wrote it, else its id; with the id beside it where another box has the same name."""
    found = await asyncio.gather(
        *(means.base.object(visit, box.key(device)) for device in devices), return_exceptions=True
    )
    names = {
        device: str(one.get("name", "")) for device, one in zip(devices, found, strict=True) if isinstance(one, dict)
    }
    return {device: called(device, names) for device in devices}


def called(device: str, names: dict[str, str]) -> str:
    """What a box is called beside others that may have the same name."""
    name = names.get(device, "")
    twice = sum(other.casefold() == name.casefold() for other in names.values()) > 1
    return f"{name} ({device})" if name and twice else name or device


def _rooms(names: dict[str, str]) -> Any:
    if not names:
        return html.Div(
            [html.H1("No box is yours yet."), html.P("Whoever administers the accounts gives you one.")],
            className="message",
        )
    cards = [
        html.Div(
            dcc.Link(
                [
                    html.Span(name, className="room-name"),
                    html.Span("…", className="room-state"),
                    html.Span("", className="room-with"),
                ],
                href=f"/live/{device}",
                className="room-link",
            ),
            className="room",
            **live_parts.named(device=device),
        )
        for device, name in names.items()
    ]
    return html.Div([html.H1("Which room?"), html.Div(cards, className="rooms")], className="live")


def _session(device: str, names: dict[str, str], visit: Visit) -> Any:
    name = names[device]
    head = html.Div(
        [
            html.Div([_back(names), html.H1(name, className="room-title")], className="live-room"),
            html.Div(
                [
                    html.Span("…", id="live-state", className="pill", role="status"),
                    html.Span("", id="live-with"),
                    html.Span("", id="live-length"),
                ],
                className="live-standing",
            ),
            html.Div("", id="live-delay", role="status"),
        ],
        className="live-head",
    )
    words = html.Div(
        [
            html.Div(
                [
                    html.Div("What annotators would call this picture", className="small"),
                    html.Div("…", id="live-leading", className="huge"),
                    html.Div(
                        [html.Div(html.Div(id="live-bar"), className="bar"), html.Span("", id="live-sure")],
                        className="sure",
                    ),
                ],
                className="live-expression",
            ),
            html.Div(
                [
                    html.Div("The picture", className="small"),
                    html.Div("…", id="live-quality", className="large"),
                    html.Div("", id="live-also"),
                ],
                className="live-picture",
            ),
        ],
        className="live-words",
        id="live-words",
    )
    return html.Div(
        [
            head,
            html.Ul(id="live-notes"),
            words,
            html.Div(
                [
                    html.Div(
                        [_choice(), html.Div(id="live-strips"), html.Div(id="live-axis")],
                        className="live-main",
                    ),
                    html.Div(live_parts.panel(), className="live-side"),
                ],
                className="live-body",
            ),
            *live_parts.dialogs(device, visit),
        ],
        className="live live-session",
        **live_parts.named(device=device, name=name, facts=json.dumps(facts())),
    )


def _back(names: dict[str, str]) -> Any:
    return dcc.Link("All rooms", href="/live", className="back") if len(names) > 1 else None


def _choice() -> Any:
    spans = [
        html.Button(text, className="span", type="button", **live_parts.named(seconds=str(seconds)))
        for text, seconds in (("30 s", 30), ("1 min", 60), ("2 min", 120), ("5 min", 300))
    ]
    return html.Div(
        [
            html.Div(spans, className="spans"),
            html.Details([html.Summary("Choose strips"), html.Div(id="live-choice")], id="live-choose"),
        ],
        className="live-tools",
    )
