"""What is around every page: the frame with navigation, the router, and how anything that goes wrong is told."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html, no_update, set_props
from dash.backends._fastapi import FastAPIDashServer
from fastapi import FastAPI

from cloud.dashboard.assets import FOLDER
from cloud.dashboard.pages import Page, Section, start
from cloud.dashboard.person import SignedOutError, Visit, current_visit, nonce
from device.contract.errors import AffectboxError

_log = logging.getLogger(__name__)
#: Okabe and Ito's blue, from its lightest shade to its darkest; see assets/affectbox.css for the other colours.
_BLUES = "#e6f3fb #c9e4f5 #9fcfec #6fb7e2 #47a3d9 #238fcd #0072b2 #00629a #005180 #003f64".split()
_THEME = {
    "fontFamily": "system-ui, sans-serif",
    "colors": {"okabe": _BLUES},
    "primaryColor": "okabe",
    "primaryShade": {"light": 6, "dark": 7},
    "defaultRadius": "md",
}
_NAMES = {"clinician": "Clinician", "engineer": "Engineer", "admin": "Administrator", "": "No role yet"}


class _Backend(FastAPIDashServer):
    """FastAPI without Dash's own WebSocket: that one lives in a worker of the browser, and would go on for whoever
    signs in there next."""

    websocket_capability = False

    @staticmethod
    def create_app(name: str = "", config: dict[str, Any] | None = None) -> FastAPI:
        return FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


class Shell(Dash):
    """The Dash application. Scripts and styles are its own, and bear the nonce of the answer that holds them."""

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__(
            "affectbox",
            backend=_Backend,
            title="Affectbox",
            update_title="",
            assets_folder=str(FOLDER),
            assets_ignore=r"^(first|third-party/).*|.*\.LICENSE$",
            serve_locally=True,
            suppress_callback_exceptions=True,
            on_error=told,
            add_log_handler=False,
        )
        pages = [page for section in sections for page in section.pages]
        self.layout = lambda: frame(pages, current_visit())
        self.callback(
            Output("page", "children"),
            Output("title", "children"),
            Output("trouble", "hidden"),
            Output("burger", "opened"),
            Input("url", "pathname"),
        )(router(pages))
        self.callback(Output("frame", "navbar"), Input("burger", "opened"))(navbar)
        for section in sections:
            section.callbacks(self)

    def index(self, *args: Any, **named: Any) -> Any:
        """The document, whichever address is asked for first: Dash finds its assets at `/` only."""
        self._setup_server()  # type: ignore[no-untyped-call]
        return super().index(*args, **named)  # type: ignore[no-untyped-call]

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The document. See `assets/first.js` for what it is for."""
        bearing = f' nonce="{nonce.get()}"'
        scripts, renderer = (parts[name].replace("<script", f"<script{bearing}") for name in ("scripts", "renderer"))
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{parts['title']}</title>\n"
            '<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">\n'
            f'<script{bearing} src="/assets/first.js"></script>\n{parts["css"]}\n'
            '<link rel="stylesheet" href="/assets/third-party/uPlot.min.css">\n</head>\n<body>\n'
            "<noscript>The dashboard needs JavaScript: allow it for this address.</noscript>\n"
            f"{parts['app_entry']}\n<footer>{parts['config']}{scripts}"
            f'<script{bearing} src="/assets/third-party/uPlot.iife.min.js"></script>{renderer}</footer>\n'
            "</body>\n</html>\n"
        )


def told(error: Exception) -> Any:
    """What a callback could not do, in a sentence until the next click. Returns what leaves the page as it is."""
    if not isinstance(error, AffectboxError):
        _log.error("a callback failed", exc_info=error)
    text = str(error) if isinstance(error, AffectboxError) else "That did not work, and we do not know why: try again."
    set_props("trouble", {"children": text, "hidden": False})
    return no_update


def frame(pages: Sequence[Page], visit: Visit) -> Any:
    """What stays while pages come and go."""
    person = visit.person
    links = [
        dmc.NavLink(label=page.title, href=page.path, active="partial", className="nav-link")
        for page in pages
        if page.nav and person.role in page.roles
    ]
    head = dmc.Group(
        [
            dmc.Group(
                [
                    dmc.Burger(id="burger", size="sm", hiddenFrom="sm", **{"aria-label": "Navigation"}),
                    dcc.Link("Affectbox", href=start.first(visit), className="brand"),
                    dmc.Text("", id="title", className="title", visibleFrom="sm"),
                ],
                gap="sm",
                wrap="nowrap",
            ),
            dmc.Group(
                [
                    html.Span(className="connection", id="connection", role="status"),
                    html.Span(
                        [html.B(person.name or person.email), html.Span(_NAMES.get(person.role, ""))], className="who"
                    ),
                    html.Form(
                        html.Button("Sign out", type="submit", className="quiet"), action="/sign-out", method="post"
                    ),
                ],
                gap="md",
                wrap="nowrap",
            ),
        ],
        justify="space-between",
        wrap="nowrap",
        h="100%",
        px="md",
    )
    shell = dmc.AppShell(
        [
            dmc.AppShellHeader(head),
            dmc.AppShellNavbar(links, p="xs"),
            dmc.AppShellMain(
                [html.P(id="trouble", className="trouble", hidden=True, role="alert"), html.Div(id="page")]
            ),
        ],
        header={"height": 56},
        navbar=_navbar(False),
        padding="md",
        id="frame",
    )
    return dmc.MantineProvider(
        [dcc.Location(id="url"), html.A("To the content", href="#page", className="skip"), shell],
        defaultColorScheme="auto",
        theme=_THEME,
    )


async def navbar(opened: bool | None) -> Any:
    """The navigation; on a narrow screen it is there while the burger is opened."""
    return _navbar(bool(opened))


def _navbar(opened: bool) -> Any:
    return {"width": 190, "breakpoint": "sm", "collapsed": {"mobile": not opened}}


def router(pages: Sequence[Page]) -> Callable[[str | None], Any]:
    """The callback that shows the page of an address."""

    async def show(address: str | None) -> Any:
        content, title = await _shown(pages, current_visit(), address or "/")
        return content, title, True, False

    return show


async def _shown(pages: Sequence[Page], visit: Visit, address: str) -> tuple[Any, str]:
    for page in pages:
        parts = page.match(address)
        if parts is not None:
            if visit.person.role not in page.roles:
                return _message("This page is not for your role.", "Choose another one in the navigation."), page.title
            return await _made(page, visit, parts), page.title
    return _message("There is no such page.", "Choose one in the navigation."), ""


async def _made(page: Page, visit: Visit, parts: dict[str, str]) -> Any:
    try:
        return await page.layout(visit, **parts)
    except SignedOutError:
        raise
    except AffectboxError as error:
        return _message("This cannot be shown now.", str(error))
    except Exception:
        _log.exception("the page %s failed", page.path)
        return _message("This page failed, and we do not know why.", "Reload it; if that does not help, tell us.")


def _message(head: str, text: str) -> Any:
    return html.Div([html.H1(head), html.P(text)], className="message")
