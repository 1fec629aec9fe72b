"""The first page: on to where somebody's work is; for an account without a role, what to do."""

from typing import Any

from dash import html, set_props

from cloud.dashboard.pages import Page, Section
from cloud.dashboard.person import ADMIN, CLINICIAN, ENGINEER, ROLES, Visit

_FIRST = {CLINICIAN: "/live", ENGINEER: "/fleet", ADMIN: "/staff"}


def section() -> Section:
    """See `cloud.dashboard.pages`."""

    async def layout(visit: Visit) -> Any:
        first = _FIRST.get(visit.person.role)
        if first:
            set_props("url", {"pathname": first})
            return html.P("One moment…", className="second")
        told = f"You are signed in as {visit.person.email}, and nobody has given this account a role yet."
        asked = "Ask an administrator to give it one; your account's id is "
        return html.Div(
            [html.H1("Almost there"), html.P(told), html.P([asked, html.Code(visit.person.uid), "."])],
            className="message",
        )

    return Section((Page("/", "", ("", *ROLES), layout, nav=False),))
