"""What the page answers.

    GET  /            the page, or the door: a form that asks for the pass-phrase; `?language=` remembers a language
    GET  /page.css, /page.js
    GET  /events      what is shown, whenever it changes (see `stream`)
    POST /do          {"do": …}: something for the interlock; 409 with a code and a sentence where it refuses
    POST /sign-in     {"phrase": …}
    POST /sign-out

Bodies are JSON of 4 kB at most, whole within five seconds. Every answer is text: no picture of anybody is ever sent.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from device.contract.errors import AffectboxError
from device.contract.fields import Json
from device.page import documents
from device.page.access import HEADERS, RefusedRequest, address_of, check_origin, cookie_of, may_enter
from device.page.doing import Doing
from device.page.door import Door
from device.page.stream import EventsResponse, Stream
from device.page.words import LANGUAGES, language_of

_BODY_BYTES, _BODY_S = 4096, 5.0
_LANGUAGE = "language"
_YEAR_S = 366 * 86_400
_FILES = {"/page.css": "text/css; charset=utf-8", "/page.js": "text/javascript; charset=utf-8"}


class App:
    """The ASGI application."""

    def __init__(self, door: Door, doing: Doing) -> None:
        self._door = door
        self._doing = doing
        self._stream = Stream(doing.look)
        self._posts: dict[str, Callable[[Request, Json], Awaitable[Response]]] = {
            "/do": self._do,
            "/sign-in": self._sign_in,
            "/sign-out": self._sign_out,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            check_origin(request)
            response = await self._answer(request)
        except RefusedRequest as refused:
            response = _refusal(refused)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def close(self) -> None:
        """The server stops: who looks is let go."""
        await self._stream.close()

    async def _answer(self, request: Request) -> Response:
        path, method = request.url.path, request.method
        if method == "GET" and path in _FILES:
            return Response(documents.file(path[1:]), headers=HEADERS, media_type=_FILES[path])
        if method == "GET" and path == "/favicon.ico":  # browsers ask for it; there is no picture here
            return Response(status_code=204, headers=HEADERS)
        if method == "GET" and path == "/":
            return self._page(request)
        if method == "GET" and path == "/events":
            self._check_entry(request)
            events = self._stream.events(address_of(request), lambda: may_enter(request, self._door.visitors))
            return EventsResponse(events, HEADERS)
        if method == "POST" and path in self._posts:
            if path == "/do":
                self._check_entry(request)
            return await self._posts[path](request, await _body(request))
        raise RefusedRequest(404, "nothing", "There is nothing here.")

    def _page(self, request: Request) -> Response:
        chosen = request.query_params.get(_LANGUAGE)
        if chosen in LANGUAGES:
            back = RedirectResponse("/", 303, headers=HEADERS)
            back.set_cookie(_LANGUAGE, chosen, max_age=_YEAR_S, samesite="strict", httponly=True)
            return back
        language = language_of(request.cookies.get(_LANGUAGE), request.headers.get("accept-language", ""))
        name = "page" if may_enter(request, self._door.visitors) else "signin"
        return Response(documents.page(name, language), headers=HEADERS, media_type="text/html; charset=utf-8")

    def _check_entry(self, request: Request) -> None:
        if not may_enter(request, self._door.visitors):
            raise RefusedRequest(401, "sign_in", "Sign in first.")

    async def _do(self, _: Request, body: Json) -> Response:
        try:
            await asyncio.to_thread(self._doing.do, body)
        except AffectboxError as error:
            code = str(getattr(error, "code", ""))
            return JSONResponse({"code": code, "error": str(error)}, 409, HEADERS)
        finally:
            self._stream.hurry()
        shown, _fresh = await asyncio.to_thread(self._doing.look)
        return JSONResponse({"shown": json.loads(shown)}, headers=HEADERS)

    async def _sign_in(self, request: Request, body: Json) -> Response:
        cookie = await self._door.open(address_of(request), str(body.get("phrase", "")), request.url.scheme == "https")
        return JSONResponse({}, headers=HEADERS | {"Set-Cookie": cookie})

    async def _sign_out(self, request: Request, _: Json) -> Response:
        cookie = self._door.close(cookie_of(request.cookies))
        return JSONResponse({}, headers=HEADERS | {"Set-Cookie": cookie})


async def _body(request: Request) -> Json:
    """Raises `RefusedRequest`: no JSON object, too large, too slow."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise RefusedRequest(415, "form", "This is no JSON.")
    try:
        async with asyncio.timeout(_BODY_S):
            body = json.loads(await _read(request))
    except TimeoutError:
        raise RefusedRequest(408, "slow", "The request did not arrive.") from None
    except (ValueError, RecursionError):
        raise RefusedRequest(400, "form", "This is no JSON.") from None
    if not isinstance(body, dict):
        raise RefusedRequest(400, "form", "This is no JSON object.")
    return body


async def _read(request: Request) -> bytes:
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > _BODY_BYTES:
            raise RefusedRequest(413, "form", "This is too long.")
    return bytes(text)


def _refusal(refused: RefusedRequest) -> Response:
    said = {"code": refused.code, "error": refused.sentence, **refused.more}
    return JSONResponse(said, refused.status, HEADERS)
