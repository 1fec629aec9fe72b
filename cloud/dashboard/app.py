"""The whole application, from the outside in: guard, door, socket, pages."""

from collections.abc import Callable, Sequence

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp

from cloud.dashboard.means import Means
from cloud.dashboard.pages import sections
from cloud.dashboard.person import Visit
from cloud.dashboard.shell import Shell
from cloud.dashboard.socket import Sockets

Guard = Callable[[ASGIApp], ASGIApp]


def application(means: Means, guard: Guard, door: Sequence[BaseRoute], active: Callable[[Visit], None]) -> ASGIApp:
    """The application.

    Args:
        guard: is asked first, and decides who gets in.
        door: what answers to whoever is not signed in yet.
        active: is told that the person of a visit did something.
    """
    found = sections(means)
    topics = {topic.name: topic for section in found for topic in section.topics}
    server = Shell(found).server
    server.router.routes[:0] = [*door, WebSocketRoute("/socket", Sockets(means, topics, active).serve)]
    return guard(server)
