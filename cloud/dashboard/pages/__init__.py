"""The pages: a module each, which says where it is, who may see it, and what is on it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from dash import Dash
from starlette.routing import Route

from cloud.dashboard.means import Means
from cloud.dashboard.topics import Topic

#: What a page shows, for a visit and the parts of its address: `layout(visit, **parts)`.
Layout = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        path: its address; `{name}` stands for a part that the layout is given.
        title: as the tab and the navigation show it.
        roles: who may see it. The database's rules decide what they get.
        layout: makes it.
        nav: whether the navigation lists it.
    """

    path: str
    title: str
    roles: tuple[str, ...]
    layout: Layout
    nav: bool = True

    def match(self, address: str) -> dict[str, str] | None:
        """The parts of an address of this page; None for another's."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, address.rstrip("/") or "/")
        return found.groupdict() if found else None


@dataclass(frozen=True)
class Section:
    """What a module of pages brings: pages, topics, callbacks, which it adds to the app, and routes for what is no
    page."""

    pages: tuple[Page, ...]
    topics: tuple[Topic, ...] = ()
    callbacks: Callable[[Dash], None] = lambda app: None
    routes: tuple[Route, ...] = ()


def sections(means: Means) -> list[Section]:
    """All of them, in the navigation's order."""
    from cloud.dashboard.pages import audit, fleet, live, patients, staff, start  # noqa: PLC0415  they import this module

    return [
        start.section(),
        live.section(means),
        patients.section(means),
        fleet.section(means),
        staff.section(means),
        audit.section(means),
    ]
