"""The application: routes of all views behind the guard.

GET  /enter?key=…                the link that is printed; makes the cookie without which nothing else is answered
GET  /, and the path of each view          its document; /static/… what it consists of
GET  /api/project, /api/progress, /api/codebook, /api/keys (PUT: the coder's own)
GET  /api/sequences/N, /api/sequences/N/frames?places=…     what is coded, of the coder alone
GET  /pictures/N/PLACE?side=…, /neutral/N, /api/face/N/PLACE
POST /api/acts                   what the coder did, on the disk when it is answered; see `annotation.acts`
POST /api/opinion                what the network thinks, after it is noted that it was asked
POST /api/enter, /api/alive, /api/leave, /api/position
"""

import mimetypes

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from training.annotation.page import acting, reading
from training.annotation.page.access import Guard
from training.annotation.page.answers import HANDLERS
from training.annotation.page.desk import Desk
from training.annotation.page.review import AGREEMENT, REVIEW
from training.annotation.page.sheets import SHEETS
from training.annotation.page.views import FRAMES, STATIC, View

#: All views, in the order of the navigation.
VIEWS = (FRAMES, SHEETS, REVIEW, AGREEMENT)


def application(desk: Desk, port: int, views: tuple[View, ...] = VIEWS) -> ASGIApp:
    """The page of a desk, for a server that listens on `port`."""
    mimetypes.add_type("text/javascript", ".js")  # on Windows the registry may say something else
    mimetypes.add_type("text/css", ".css")
    there = [view for view in views if view.shown(desk)]
    routes = [*reading.ROUTES, *acting.ROUTES, *(route for view in there for route in view.routes)]
    documents: list[Route] = [view.route(tuple(there)) for view in there]
    static = Mount("/static", StaticFiles(directory=STATIC))
    app = Starlette(routes=[*routes, *documents, static], exception_handlers=HANDLERS)
    app.state.desk = desk
    return Guard(app, desk.secret, port, home=REVIEW.path if desk.review else FRAMES.path, tickets=desk.tickets)
