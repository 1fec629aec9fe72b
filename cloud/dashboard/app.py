"""The pages and the tabs' socket, with the guard around them."""

from collections.abc import Callable

from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from cloud.dashboard.means import Means
from cloud.dashboard.pages import sections
from cloud.dashboard.shell import Shell
from cloud.dashboard.socket import Sockets


def application(means: Means, guard: Callable[[ASGIApp], ASGIApp]) -> ASGIApp:
    """The application; `guard` is asked first, and decides who gets in."""
    found = sections(means)
    topics = {topic.name: topic for section in found for topic in section.topics}
    server = Shell(found).server
    server.router.routes.insert(0, WebSocketRoute("/socket", Sockets(means, topics).serve))
    return guard(server)
