"""The outermost of the dashboard: every request and every socket passes here, and reaches a page only with a visit.

    its host and origin      names of ours only (DNS rebinding); what another page makes a browser send is refused
    its body                 so large and so slow as it may be
    its visit                by the cookie; without one it goes to the door
    its answer               headers that bind the browser; errors as a sentence, never a traceback

Source: OWASP Application Security Verification Standard 4.0.3, chapters 3, 4, 13, 14; OWASP cheat sheets 'Cross-Site
Request Forgery Prevention' and 'WebSocket Security'.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.dashboard.access.body import Bounded, RefusedBodyError
from cloud.dashboard.access.documents import again
from cloud.dashboard.access.door import Door
from cloud.dashboard.access.headers import SHARED, headers_of
from cloud.dashboard.access.place import DOOR, Asked, Place, own_path
from cloud.dashboard.access.visit import Locked, OpenVisit
from cloud.dashboard.access.visits import Visits
from cloud.dashboard.person import nonce, visiting

_SAFE = ("GET", "HEAD")
_METHODS = (*_SAFE, "POST")
_OURS = ("same-origin", "none")
_POLICY_CLOSE = 1008
_log = logging.getLogger(__name__)


class Guard:
    """The ASGI application around the dashboard's own."""

    def __init__(self, app: ASGIApp, door: Door, visits: Visits, place: Place) -> None:
        self._app = app
        self._door = door
        self._visits = visits
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, keep one socket, or live as long as the server."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._visits.watch())
        try:
            await self._app(scope, receive, send)
        finally:
            watching.cancel()
            self._visits.close()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._place.asked(scope)
        mark = nonce.set(secrets.token_urlsafe(16))
        answer = _Answer(scope, send, nonce.get(), asked)
        try:
            if refusal := self._refused(scope, asked):
                await refusal(scope, receive, answer)
            else:
                answer.body = Bounded(scope, receive)
                await self._admit(scope, answer.body, answer, asked)
        except RefusedBodyError as refused:
            await answer.instead(refused.status, str(refused))
        except Exception:
            if answer.body and (told := answer.body.refused):
                await answer.instead(told.status, str(told))
                return
            _log.exception("a request could not be answered")
            await answer.instead(
                500, "Something went wrong here: load the page again, or ask whoever runs this server."
            )
        finally:
            nonce.reset(mark)

    def _refused(self, scope: Scope, asked: Asked) -> Response | None:
        """The answer to what is no request of our own pages."""
        if not self._is_here(asked):
            return PlainTextResponse("Open the dashboard by the address that it was started with.", 421)
        if scope["method"] not in _METHODS:
            return PlainTextResponse("There is no such method here.", 405, {"Allow": ", ".join(_METHODS)})
        if not _is_own(scope, asked):
            return PlainTextResponse("Another page asked for this: open the dashboard itself.", 403)
        return None

    def _is_here(self, asked: Asked) -> bool:
        """Whether it asks by a name of ours, and over TLS where everything does."""
        return asked.host in self._place.hosts and (asked.secure or not self._place.secure)

    async def _admit(self, scope: Scope, receive: Receive, answer: "_Answer", asked: Asked) -> None:
        cookie = cookie_of(Headers(scope=scope), self._place.cookie)
        found = self._visits.find(cookie)
        visit = found if isinstance(found, OpenVisit) else None
        mark = visiting.set(visit)
        try:
            if scope["path"] in DOOR:
                await (await self._door.answer(scope, receive, asked, cookie, found))(scope, receive, answer)
            elif scope["path"].startswith(SHARED) and (found is not None or self._visits.why(cookie)):
                await self._app(scope, receive, answer)  # of a page whose visit ended while it was loaded
            elif visit is None or visit.must_change:
                await self._to_the_door(scope, found)(scope, receive, answer)
            else:
                if scope["method"] in _SAFE and _is_opened_by_a_person(scope):
                    visit.touch()
                await self._app(scope, receive, answer)
        finally:
            visiting.reset(mark)

    def _to_the_door(self, scope: Scope, found: OpenVisit | Locked | None) -> Response:
        to = "/locked" if isinstance(found, Locked) else "/sign-in" if found is None else "/password"
        query = scope["query_string"].decode("latin-1")
        headers = Headers(scope=scope)
        if scope["method"] in _SAFE and _is_page(headers):
            place = quote(scope["path"]) + (f"?{query}" if query else "")
            if found is None and headers.get("sec-fetch-site") == "cross-site":
                return HTMLResponse(again(own_path(place)))  # a link elsewhere: browsers bring the cookie when we ask
            following = f"?next={quote(place, safe='')}" if place != "/" else ""
            return RedirectResponse(f"{to}{following}", 303)
        sentence = (
            "The dashboard is locked: type your password." if to == "/locked" else "Nobody is signed in here: sign in."
        )
        return JSONResponse({"error": sentence, "to": to}, 401)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._place.asked(scope)
        found = self._visits.find(cookie_of(Headers(scope=scope), self._place.cookie))
        own = Headers(scope=scope).get("origin") == asked.origin and self._is_here(asked)
        if not own or not isinstance(found, OpenVisit) or found.must_change:
            await receive()  # its `connect`; refused before it is accepted, the answer is 403
            await send({"type": "websocket.close", "code": _POLICY_CLOSE})
            return
        mark = visiting.set(found)
        try:
            await self._app(scope, receive, send)
        finally:
            visiting.reset(mark)


class _Answer:
    """Sends, and adds the headers of every answer. Where the `body` was refused, nothing else is answered."""

    def __init__(self, scope: Scope, send: Send, nonce: str, asked: Asked) -> None:
        self._path = scope["path"]
        self._scope = scope
        self._send = send
        self._nonce = nonce
        self._asked = asked
        self._begun = False
        self.body: Bounded | None = None

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and not self._begun and self.body and self.body.refused:
            raise self.body.refused
        if message["type"] == "http.response.start":
            self._begun = True
            message = {**message, "headers": self._headers(message.get("headers", []), message["status"])}
        await self._send(message)

    async def instead(self, status: int, sentence: str) -> None:
        """The answer where there is none yet; else the connection is cut."""
        if self._begun:
            raise ConnectionError("an answer broke off")
        self.body = None

        async def nothing() -> Message:
            return {"type": "http.disconnect"}

        await PlainTextResponse(sentence, status, {"Connection": "close"})(self._scope, nothing, self)

    def _headers(self, own: list[tuple[bytes, bytes]], status: int) -> list[tuple[bytes, bytes]]:
        cacheable = status == 200 and any(name.lower() == b"cache-control" for name, _ in own)
        ours = headers_of(self._nonce, self._asked.secure, self._asked.host, self._path, cacheable)
        names = {name for name, _ in ours} | {b"server"}
        return [(name, value) for name, value in own if name.lower() not in names] + ours


def _is_own(scope: Scope, asked: Asked) -> bool:
    """Whether a page of ours, or a person by the address bar or a link, makes the browser ask."""
    headers = Headers(scope=scope)
    site, method = headers.get("sec-fetch-site", "none"), scope["method"]
    if method not in _SAFE:
        return site in _OURS and headers.get("origin") == asked.origin
    is_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return site in _OURS or is_link


def _is_page(headers: Headers) -> bool:
    """Whether the answer is to be shown by itself; old browsers do not say so."""
    page = "text/html" in headers.get("accept", "")
    return headers.get("sec-fetch-dest", "document" if page else "") == "document"


def _is_opened_by_a_person(scope: Scope) -> bool:
    return Headers(scope=scope).get("sec-fetch-user") == "?1"


def cookie_of(headers: Headers, name: str) -> str:
    """The value of a cookie, "" without."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
