"""Bodies of requests: as large as they may be, and whole in time."""

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from cloud.dashboard.access.place import DOOR

_DOOR_BYTES, _PAGE_BYTES = 8_192, 1_000_000
_BODY_S = 20.0


class RefusedBodyError(Exception):
    """A body that is not read to its end; `status` is the answer's."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def bounded(scope: Scope, receive: Receive, within_s: float = _BODY_S) -> Receive:
    """`receive`, which raises `RefusedBodyError` for a body that is too large, or is not whole in time."""
    most = _DOOR_BYTES if scope["path"] in DOOR else _PAGE_BYTES
    announced = Headers(scope=scope).get("content-length", "0")
    until_s, had, whole = time.monotonic() + within_s, 0, False

    async def bounded_receive() -> Message:
        nonlocal had, whole
        if not announced.isdecimal() or int(announced) > most:
            raise _too_long(most)
        if whole:
            return await receive()  # for the end of the connection, whenever that is
        try:
            async with asyncio.timeout(max(0.0, until_s - time.monotonic())):
                message = await receive()
        except TimeoutError:
            raise RefusedBodyError(408, "The request did not arrive in time: try again.") from None
        had += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if had > most:
            raise _too_long(most)
        return message

    return bounded_receive


def _too_long(most: int) -> RefusedBodyError:
    return RefusedBodyError(413, f"That is too much at once: {most} bytes are taken.")
