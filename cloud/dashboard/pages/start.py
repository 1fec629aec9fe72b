"""Where everybody begins: on to where their work is; for an account without a role, what to do."""

from typing import Any

from dash import html
from starlette.requests import Request
from starlette.responses import RedirectResponse

from cloud.dashboard.pages import Page, Section
from cloud.dashboard.person import ADMIN, CLINICIAN, ENGINEER, Visit, current_visit

_FIRST = {CLINICIAN: "/live", ENGINEER: "/fleet", ADMIN: "/staff"}


def first(visit: Visit) -> str:
    """The address of the page that somebody begins with."""
    return _FIRST.get(visit.person.role, "/welcome")


async def begin(request: Request) -> RedirectResponse:
    """The answer at `/`."""
    return RedirectResponse(first(current_visit()), 303)


def section() -> Section:
    """See `cloud.dashboard.pages`."""

    async def layout(visit: Visit) -> Any:
        told = f"You are signed in as {visit.person.email}, and nobody has given this account a role yet."
        asked = "Ask an administrator to give it one; your account's id is "
        return html.Div(
            [html.H1("Almost there"), html.P(told), html.P([asked, html.Code(visit.person.uid), "."])],
            className="message",
        )

    return Section((Page("/welcome", "", ("",), layout, nav=False),))
