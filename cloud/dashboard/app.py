"""The pages and the tabs' socket, with the guard around them."""

from collections.abc import Callable

from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from cloud.dashboard.means import Means
from cloud.dashboard.pages import sections, start
from cloud.dashboard.shell import Shell
from cloud.dashboard.socket import Sockets


def application(means: Means, guard: Callable[[ASGIApp], ASGIApp]) -> ASGIApp:
    """The application; `guard` is asked first, and decides who gets in."""
    found = sections(means)
    topics = {topic.name: topic for section in found for topic in section.topics}
    server = Shell(found).server
    routes = [route for section in found for route in section.routes]
    socket = WebSocketRoute("/socket", Sockets(means, topics).serve)
    server.router.routes[:0] = [Route("/", start.begin), socket, *routes]
    return guard(server)
