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


class Bounded:
    """The `receive` of a request, which raises `RefusedBodyError` for a body that is too large, or not whole in time.

    Attributes:
        refused: what it raised; whoever reads it may have answered with something else.
    """

    def __init__(self, scope: Scope, receive: Receive, within_s: float = _BODY_S) -> None:
        self.refused: RefusedBodyError | None = None
        self._receive = receive
        self._most = _DOOR_BYTES if scope["path"] in DOOR else _PAGE_BYTES
        self._until_s = time.monotonic() + within_s
        self._had, self._whole = 0, False
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > self._most:
            raise self._refuse(413, f"That is too much at once: {self._most} bytes are taken.")

    async def __call__(self) -> Message:
        """The next part of the body; after the last, the end of the connection, whenever that is."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(max(0.0, self._until_s - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise self._refuse(408, "The request did not arrive in time: try again.") from None
        self._had += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._had > self._most:
            raise self._refuse(413, f"That is too much at once: {self._most} bytes are taken.")
        return message

    def _refuse(self, status: int, sentence: str) -> RefusedBodyError:
        self.refused = RefusedBodyError(status, sentence)
        return self.refused
