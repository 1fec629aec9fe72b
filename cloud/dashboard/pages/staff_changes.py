"""What an administrator changes on the page of people."""

from collections.abc import Callable, Sequence
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from cloud.dashboard.person import Visit, current_visit
from cloud.dashboard.staff.roster import Member, Roster

Rows = Callable[[list[Member], Visit], list[Any]]


class Changes:
    """Callbacks of `staff.py`, with what makes its table."""

    def __init__(self, roster: Roster, rows: Rows) -> None:
        self._roster, self._rows = roster, rows

    def add_to(self, app: Dash) -> None:
        """Add them to the application."""
        app.callback(
            Output("staff-made", "children"),
            Output("staff-new-account", "value"),
            Output("staff-new-name", "value"),
            Input("staff-new", "n_clicks"),
            State("staff-new-account", "value"),
            State("staff-new-name", "value"),
            State("staff-new-role", "value"),
            prevent_initial_call=True,
        )(self.let_in)
        app.callback(
            Output("staff-saved", "children"),
            Input("staff-save", "n_clicks"),
            State("staff-uid", "data"),
            *(State(f"staff-{name}", "value") for name in ("role", "name", "patients", "devices")),
            prevent_initial_call=True,
        )(self.save)
        app.callback(
            Output("staff-account", "children"),
            Input({"staff": ALL}, "n_clicks"),
            State("staff-uid", "data"),
            prevent_initial_call=True,
        )(self.change_account)

    async def let_in(self, clicks: int, account: str | None, name: str | None, role: str) -> Any:
        """Make an account, or give one its role."""
        if not clicks:
            return no_update, no_update, no_update
        visit, account = current_visit(), (account or "").strip()
        if not self._roster.keeps_accounts:
            await self._roster.save(visit, account, role, name or "", (), ())
            await self._show(visit)
            return f"{name or account} has a role now.", "", ""
        uid, password = await self._roster.add(visit, account, name or "", role)
        await self._show(visit)
        told = _secret(f"{name or account} signs in as {account}, once, with", password)
        return [*told, dcc.Link(f"What {name or account} may do", href=f"/staff/{uid}")], "", ""

    async def _show(self, visit: Visit) -> None:
        set_props("staff-rows", {"children": self._rows(await self._roster.members(visit), visit)})

    async def save(
        self,
        clicks: int,
        uid: str,
        role: str | None,
        name: str | None,
        patients: Sequence[str] | None,
        devices: Sequence[str] | None,
    ) -> Any:
        """Write what somebody may do."""
        if not clicks:
            return no_update
        await self._roster.save(current_visit(), uid, role or "", name or "", patients or (), devices or ())
        return "Saved. It holds at once; who is signed in sees it within half a minute."

    async def change_account(self, clicks: Sequence[int], uid: str) -> Any:
        """Set a password, end the visits, disable or let in again."""
        asked = ctx.triggered_id
        if not asked or not any(clicks):
            return no_update
        visit, roster = current_visit(), self._roster
        if asked["staff"] == "reset":
            return _secret("Their visits have ended. They sign in, once, with", await roster.reset(visit, uid))
        if asked["staff"] == "out":
            await roster.sign_out(visit, uid)
            return "They are signed out everywhere."
        disabled = asked["staff"] == "disable"
        await roster.disable(visit, uid, disabled)
        for does in ("disable", "enable"):
            set_props({"staff": does}, {"display": shown(does, disabled)})
        return "Disabled: signed out, and let in no more." if disabled else "Let in again."


def shown(does: str, disabled: bool) -> str:
    """How a button that disables an account, or lets it in again, is displayed."""
    return "none" if (does == "disable") == disabled else "inline-block"


def _secret(told: str, password: str) -> list[Any]:
    return [
        html.P(told),
        html.P(html.Code(password), className="staff-secret"),
        html.P("It is not shown again: hand it over in person.", className="second"),
    ]
