"""The changes of the page's JSON as Server-Sent Events, made once for all who look, and only while somebody does.

message     what the page shows now
beat        nothing changed in three seconds
full        so many look already; the stream ends
leave       who looks is not signed in any more; the stream ends
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from device.page.access import is_here

MOST, MOST_OF_ONE = 12, 4
_BEAT_S = 3.0
_TAKE_S = 20.0  # for a browser to take what it is sent
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
_log = logging.getLogger(__name__)


class Stream:
    """On one event loop. `look`, called in a thread, gives what is shown and for how long it is fresh, seconds."""

    def __init__(self, look: Callable[[], tuple[bytes, float]]) -> None:
        self._look = look
        self._lookers: Counter[str] = Counter()
        self._newest = b""
        self._changed = asyncio.Condition()
        self._hurry = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    def hurry(self) -> None:
        """Something was done: look now."""
        self._hurry.set()

    async def close(self) -> None:
        """Every stream ends."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()

    async def events(self, address: str, may_look: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """What is sent to one who looks, from `address`."""
        taken = sum(number for name, number in self._lookers.items() if not is_here(name))
        if (taken >= MOST and not is_here(address)) or self._lookers[address] >= MOST_OF_ONE:
            yield b"retry: 5000\nevent: full\ndata: {}\n\n"
            return
        self._lookers[address] += 1
        try:
            if self._looking is None:
                self._newest = b""
                self._looking = asyncio.create_task(self._watch())
            async for event in self._changes(may_look):
                yield event
        finally:
            self._lookers -= Counter({address: 1})
            if not self._lookers and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _changes(self, may_look: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        sent = b""
        while may_look() and not self._closed:
            if self._newest == sent:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_BEAT_S):
                        await self._other_than(sent)
            if self._closed:
                return
            if self._newest == sent:
                yield b"event: beat\ndata: {}\n\n"
            else:
                sent = self._newest
                yield b"retry: 2000\ndata: " + sent + b"\n\n"
        yield b"event: leave\ndata: {}\n\n"

    async def _other_than(self, sent: bytes) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._newest != sent or self._closed)

    async def _watch(self) -> None:
        while True:
            try:
                newest, fresh_s = await asyncio.to_thread(self._look)
            except Exception:
                _log.exception("the page cannot be shown")  # a defect; who looks sees that nothing changes
                newest, fresh_s = self._newest, _BEAT_S
            if newest != self._newest:
                async with self._changed:
                    self._newest = newest
                    self._changed.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(fresh_s):
                    await self._hurry.wait()
            self._hurry.clear()


class EventsResponse(Response):
    """Sends events until there are no more, the browser is gone, or it does not take them."""

    def __init__(self, events: AsyncGenerator[bytes, None], headers: dict[str, str]) -> None:
        super().__init__(headers=headers | _HEADERS)
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pushing, leaving = asyncio.create_task(self._push(send)), asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({pushing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pushing, leaving):
                task.cancel()
            await asyncio.gather(pushing, leaving, return_exceptions=True)

    async def _push(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with contextlib.aclosing(self._events) as events:
            async for event in events:
                async with asyncio.timeout(_TAKE_S):
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
