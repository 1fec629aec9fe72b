"""Who may see the page: the browser of the person who started it, and nobody else on the machine or in the web.

The link that the program prints holds a secret, which becomes a cookie. The link by which it opens the browser itself
holds a ticket instead, which lets in once: others on the machine read command lines, and histories keep links. A page
of the web cannot ask for anything here: its Origin is another, and a name that it lets point to this machine is no
Host of ours.
"""

import hmac
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENTRY = "/enter"
#: With every answer. Nothing is kept by the browser beyond the page, for faces are on it.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_YEAR_S = 366 * 86_400
_LINK = "Open the link that the program printed when it was started: it lets this browser in."


class Guard:
    """ASGI middleware: answers who may not see the page, and closes every answer to others."""

    def __init__(self, app: ASGIApp, secret: str, port: int, home: str = "/", tickets: set[str] | None = None) -> None:
        """`port` is that of the listening socket; `home` is where the link leads to; `tickets` let in once each."""
        self._tickets = set() if tickets is None else tickets
        self._app = app
        self._home = home
        self._secret = secret
        self._cookie = f"affectbox-coding-{port}"  # cookies are shared by all ports of a host
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        answer = self._own_answer(request)
        await (answer or self._app)(scope, receive, _closed(send))

    def _own_answer(self, request: Request) -> Response | None:
        headers = request.headers
        if headers.get("host", "") not in self._hosts or not _is_ours(headers):
            return JSONResponse({"error": "Only this page's own address is answered."}, 403)
        if request.url.path == ENTRY and request.method == "GET":
            return self._entry(request)
        return None if self._is_in(request) else JSONResponse({"error": _LINK}, 403)

    def _is_in(self, request: Request) -> bool:
        return self._is_secret(request.cookies.get(self._cookie, ""))

    def _is_secret(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._secret.encode())

    def _entry(self, request: Request) -> Response:
        key = request.query_params.get("key", "")
        if not (self._is_secret(key) or key in self._tickets or self._is_in(request)):
            return JSONResponse({"error": _LINK}, 403)
        self._tickets.discard(key)
        answer = RedirectResponse(self._home, 303)
        answer.set_cookie(self._cookie, self._secret, max_age=_YEAR_S, httponly=True, samesite="strict")
        return answer


def _is_ours(headers: Mapping[str, str]) -> bool:
    """Whether it was no other site that asked. Programs that are no browsers say nothing of it."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers['host']}":
        return False
    site = headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") or headers.get("sec-fetch-mode") == "navigate"


def _closed(send: Send) -> Send:
    added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in added}
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in names]
            message = {**message, "headers": kept + added}
        await send(message)

    return sending
