"""From functions of the desk to endpoints: values become JSON, expected failures a sentence with a status."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from device.contract.errors import AffectboxError, SourceError, StorageError
from training.annotation.coders import SeatTakenError
from training.annotation.page.desk import Desk

#: What one request may send; a queue of acts is far smaller.
MOST_BYTES = 8_000_000
_STATUSES = ((SeatTakenError, 409), (StorageError, 503), (SourceError, 404))
_OTHERS = 422
_UNSEEN = "This cannot be read where it was: tell who made the project, or mark the frame not codable."
Body = TypeVar("Body")
Endpoint = Callable[[Request], Awaitable[Response]]


def desk_of(request: Request) -> Desk:
    """The desk at which the page codes."""
    desk: Desk = request.app.state.desk
    return desk


def asked(answer: Callable[[Request], Any]) -> Endpoint:
    """An endpoint that answers with the value of a function of the request, which runs in a thread; a `Response`
    stays what it is."""

    async def endpoint(request: Request) -> Response:
        return _answered(await run_in_threadpool(answer, request))

    return endpoint


def posted(kind: type[Body], answer: Callable[[Request, Body], Any]) -> Endpoint:
    """As `asked`, of a function that is given what was sent, too."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request, kind)
        return _answered(await run_in_threadpool(answer, request, body))

    return endpoint


def refused(request: Request, error: Exception) -> Response:
    """The answer for an expected failure. Coders who read no names of folders read none here either."""
    if isinstance(error, SourceError) and desk_of(request).project.blind:
        error = SourceError(_UNSEEN)
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), _OTHERS)
    return JSONResponse({"error": str(error)}, status)


def not_there(_: Request, error: Exception) -> Response:
    """The answer for an address that is none, and for bodies of another form."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return JSONResponse({"error": detail or "That did not work, and we do not know why: reload the page."}, status)


HANDLERS = {AffectboxError: refused, HTTPException: not_there, Exception: not_there}


def _answered(value: Any) -> Response:
    if isinstance(value, Response):
        return value
    return Response(msgspec.json.encode(value), media_type="application/json")


async def _body(request: Request, kind: type[Body]) -> Body:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "This is no JSON.")
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > MOST_BYTES:
            raise HTTPException(413, "This is too long for one request.")
    try:
        return msgspec.json.decode(bytes(text), type=kind)
    except msgspec.MsgspecError as error:
        raise HTTPException(400, f"The page sent what the program does not know ({error}): reload it.") from None
