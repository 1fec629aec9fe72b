"""What an engineer is asked before boxes are told anything: whom it reaches, who will refuse, who goes first.

Scripts write wishes into stores: `fleet-ask` opens a dialog ({do, devices}), `fleet-steer` is about a rollout.
"""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.dashboard.fleet.asking import Asked, asked, lines, names_of
from cloud.dashboard.fleet.feed import Feed, Feeds, ordered
from cloud.dashboard.fleet.naming import name_changes
from cloud.dashboard.fleet.news import ROLES
from cloud.dashboard.means import Means
from cloud.dashboard.person import Visit, current_visit
from device.contract.errors import ConfigError, IdentityError
from device.contract.fields import Json

_HOURS = {"1": "an hour", "8": "8 hours", "24": "a day", "168": "a week"}
_MOST_AT_ONCE = 50


def places(device: str = "") -> Any:
    """Where scripts write wishes, and the dialog itself."""
    return html.Div(
        [
            dcc.Store(id="fleet-ask"),
            dcc.Store(id="fleet-steer"),
            dcc.Store(id="fleet-device", data=device),
            dmc.Modal(id="fleet-dialog", title="", children=[], size="lg", closeButtonProps={"aria-label": "Close"}),
        ]
    )


class Dialogs:
    """The callbacks of the engineer's pages."""

    def __init__(self, means: Means, feeds: Feeds) -> None:
        self._means, self._feeds = means, feeds

    def add(self, app: Dash) -> None:
        """Add them to the app."""
        out = [Output("fleet-dialog", "opened"), Output("fleet-dialog", "title"), Output("fleet-dialog", "children")]
        app.callback(*out, Input("fleet-ask", "data"), prevent_initial_call=True)(self.ask)
        shut = Output("fleet-dialog", "opened", allow_duplicate=True)
        chosen = [State("fleet-ask", "data"), State("fleet-staged", "checked"), State("fleet-first", "value")]
        app.callback(
            shut,
            Input("fleet-go", "n_clicks"),
            *chosen,
            State("fleet-at-once", "value"),
            prevent_initial_call=True,
        )(self.order)
        app.callback(
            shut,
            Input("fleet-silence", "n_clicks"),
            State("fleet-ask", "data"),
            State("fleet-hours", "value"),
            State("fleet-why", "value"),
            prevent_initial_call=True,
        )(self.silence)
        app.callback(
            shut,
            Input("fleet-regroup", "n_clicks"),
            State("fleet-ask", "data"),
            State("fleet-group", "value"),
            prevent_initial_call=True,
        )(self.regroup)
        app.callback(shut, Input("fleet-not", "n_clicks"), prevent_initial_call=True)(_shut)
        app.callback(Output("fleet-steer", "clear_data"), Input("fleet-steer", "data"), prevent_initial_call=True)(
            self.steer
        )
        app.callback(
            Output("box-saved", "children"),
            Input("box-save", "n_clicks"),
            State("fleet-device", "data"),
            State("box-name", "value"),
            State("box-group", "value"),
            prevent_initial_call=True,
        )(self.rename)

    async def ask(self, wish: Json | None) -> Any:
        """Open the dialog for a wish."""
        what = asked(wish)
        if what is None:
            return no_update, no_update, no_update
        feed = await self._feeds.ready(engineer())
        if what.do == "silence":
            return True, "Tell nobody of its alerts", _silence_form(what, feed)
        if what.do == "unsilence":
            await self._unsilence(what)
            return False, "", []
        if what.do == "group":
            return True, f"Put {names_of(what.devices, feed)} into a group", _group_form(feed)
        return True, *_order_form(what, feed)

    async def order(self, clicks: int | None, wish: Json, staged: bool, first: str | None, at_once: Any) -> Any:
        """Begin what was asked for."""
        what = asked(wish)
        if not clicks or what is None:
            return no_update
        visit = engineer()
        feed = await self._feeds.ready(visit)
        devices = ordered(what.devices, feed)
        if staged and first in devices:
            devices = [str(first), *(device for device in devices if device != first)]
        count = at_once if isinstance(at_once, int) and 1 <= at_once <= _MOST_AT_ONCE else 1
        await self._feeds.orders.begin(visit, what.do, devices, bool(staged), count, self._means.base.now_ms())
        return False

    async def steer(self, wish: Json | None) -> Any:
        """Stop a rollout, go on with it, or put it away."""
        visit = engineer()
        orders, name = self._feeds.orders, str((wish or {}).get("order", ""))
        match (wish or {}).get("what"):
            case "stop":
                await orders.stop(visit, name, self._means.base.now_ms())
            case "go on":
                self._feeds.of(visit)
                await orders.go_on(visit, name)
            case "forget":
                await orders.forget(name)
        return no_update

    async def silence(self, clicks: int | None, wish: Json, hours: str | None, why: str | None) -> Any:
        """Tell nobody of a box for some hours."""
        what = asked(wish)
        if not clicks or what is None:
            return no_update
        visit = engineer()
        now_ms = self._means.base.now_ms()
        until_ms = now_ms + int(float(hours or 1) * 3_600_000)
        person = visit.person
        for device in what.devices:
            await self._feeds.standings.silence(
                device, what.rule, until_ms, person.name or person.email, why or "", now_ms
            )
        return False

    async def regroup(self, clicks: int | None, wish: Json, group: str | None) -> Any:
        """Put boxes into a group."""
        what = asked(wish)
        if not clicks or what is None:
            return no_update
        visit = engineer()
        feed = await self._feeds.ready(visit)
        changes: Json = {}
        for device in what.devices:
            changes |= name_changes(device, feed.fleet.name(device) or device, group or "", visit.person.uid)
        await self._means.base.patch(visit, changes)
        return False

    async def rename(self, clicks: int | None, device: str, name: str | None, group: str | None) -> Any:
        """Save what people call a box."""
        if not clicks:
            return no_update
        visit = engineer()
        await self._means.base.patch(visit, name_changes(device, name or "", group or "", visit.person.uid))
        feed = await self._feeds.ready(visit)
        others = [
            one for one in feed.fleet.devices() if one != device and feed.fleet.name(one) == (name or "").strip()
        ]
        return f"Saved. {', '.join(others)} is called the same." if others else "Saved."

    async def _unsilence(self, what: Asked) -> None:
        await self._feeds.standings.unsilence(what.number)


async def _shut(clicks: int | None) -> Any:
    return False if clicks else no_update


def engineer() -> Visit:
    """The visit of the request. Raises `IdentityError`: it is no engineer's."""
    visit = current_visit()
    if visit.person.role not in ROLES:
        raise IdentityError("Your role does not command boxes.")
    return visit


def _buttons(name: str, text: str, colour: str | None = None) -> Any:
    return dmc.Group(
        [dmc.Button("Cancel", id="fleet-not", variant="default"), dmc.Button(text, id=name, color=colour)],
        justify="flex-end",
        mt="lg",
    )


def _order_form(what: Asked, feed: Feed) -> tuple[str, list[Any]]:
    """The title, and what is asked before a command is sent."""
    if not what.devices:
        raise ConfigError("Choose the boxes first.")
    devices = ordered(what.devices, feed)
    several = len(devices) > 1
    title = f"{'Update' if what.do == 'update' else 'Doctor run of'} {names_of(devices, feed)}?"
    options = [{"value": device, "label": names_of([device], feed)} for device in devices]
    hidden = {} if several else {"display": "none"}
    staged = several and what.do == "update"
    parts: list[Any] = [
        html.Ul(
            [html.Li(text, className=tone) for text, tone in lines(what.do, devices, feed)], className="dialog-lines"
        ),
        html.Div(
            [
                dmc.Switch(
                    id="fleet-staged",
                    checked=staged,
                    label="One box first; the others only when it has proved itself",
                ),
                dmc.Select(
                    id="fleet-first",
                    label="Which one",
                    data=options,
                    value=devices[0],
                    allowDeselect=False,
                    searchable=True,
                ),
                dmc.NumberInput(
                    id="fleet-at-once",
                    label="At once, at most",
                    value=5 if several else 1,
                    min=1,
                    max=_MOST_AT_ONCE,
                    allowDecimal=False,
                ),
            ],
            className="dialog-plan",
            style=hidden,
        ),
        _buttons("fleet-go", "Update" if what.do == "update" else "Examine"),
    ]
    return title, parts


def _silence_form(what: Asked, feed: Feed) -> list[Any]:
    of = f"the alert '{what.rule}'" if what.rule else "every alert"
    return [
        html.P(f"Nobody is told of {of} of {names_of(what.devices, feed)}. The page goes on showing it."),
        dmc.Select(
            id="fleet-hours",
            label="For",
            value="8",
            allowDeselect=False,
            data=[{"value": hours, "label": text} for hours, text in _HOURS.items()],
        ),
        dmc.TextInput(id="fleet-why", label="Why", placeholder="The room is being painted", mt="sm"),
        _buttons("fleet-silence", "Silence"),
    ]


def _group_form(feed: Feed) -> list[Any]:
    groups: Sequence[str] = sorted({feed.fleet.group(device) for device in feed.fleet.devices()} - {""})
    return [
        dmc.Autocomplete(
            id="fleet-group",
            label="Group",
            description="Letters, digits and hyphens; empty for none.",
            data=list(groups),
        ),
        _buttons("fleet-regroup", "Save"),
    ]
