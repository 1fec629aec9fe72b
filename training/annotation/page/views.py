"""The views of the page: each has an address, a document and routes of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from training.annotation.page.answers import desk_of
from training.annotation.page.desk import Desk

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class View:
    """One view.

    Attributes:
        name: of its document `static/NAME.html`, its script `static/js/NAME.js` and style `static/css/NAME.css`.
        title: in the navigation.
        path: where it is.
        routes: further addresses that only it uses.
        shown: whether it is there at all, at this desk.
    """

    name: str
    title: str
    path: str
    routes: tuple[BaseRoute, ...] = ()
    shown: Callable[[Desk], bool] = lambda _: True

    def route(self, views: tuple["View", ...]) -> Route:
        """The address of its document."""

        async def document(request: Request) -> Response:
            there = [view for view in views if view.shown(desk_of(request))]
            return HTMLResponse(_document(self, there))

        return Route(self.path, document)


FRAMES = View("frames", "Frames", "/")


def _document(view: View, views: list[View]) -> str:
    parts = {
        "title": escape(view.title),
        "name": view.name,
        "navigation": "".join(_link(other, other is view) for other in views) + '<kbd data-key="view"></kbd>',
        "main": (STATIC / f"{view.name}.html").read_text("utf-8"),
    }
    text = (STATIC / "shell.html").read_text("utf-8")
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    return text


def _link(view: View, is_here: bool) -> str:
    here = ' aria-current="page"' if is_here else ""
    return f'<a href="{view.path}"{here}>{escape(view.title)}</a>'
