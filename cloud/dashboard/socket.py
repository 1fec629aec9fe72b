"""The one WebSocket of a tab: what the tab wants to hear, and the news of it.

    tab → server    {"want": TOPIC, "of": …}, {"drop": TOPIC, "of": …}, {"active": true}: a person did something
    server → tab    {"now": MS, "visit": ID}: once; a tab that showed another visit's pages leaves them
                    {"topic": TOPIC, "of": …, "data": {…}}, {"topic", "of", "trouble": "…"}

A tab that reads slowly slows its own topics down, and nobody else's. A visit has 64 of them at most. All of it ends
with the tab, and with the visit.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from cloud.dashboard.means import Means
from cloud.dashboard.person import Visit, current_visit
from cloud.dashboard.topics import Topic
from device.contract.errors import AffectboxError
from device.contract.fields import Json

_WAITING = 32  # messages; then topics wait for the tab
_MOST_TOPICS = 16
#: Bytes of what a tab says.
LONGEST = 1000
_MOST_TABS = 64  # of one visit
_OVER = 4401  # the close code that tells the page that the visit is over
_ODD = 1008

Wanted = tuple[str, str]


class Sockets:
    """Serves the sockets of all tabs."""

    def __init__(self, means: Means, topics: Mapping[str, Topic]) -> None:
        self._means, self._topics = means, topics
        self._open: Counter[str] = Counter()

    async def serve(self, socket: WebSocket) -> None:
        """Serve one tab. The guard has let it in."""
        visit = current_visit()
        if self._open[visit.id] >= _MOST_TABS:
            await socket.close(_ODD)
            return
        self._open[visit.id] += 1
        try:
            await self._serve(socket, visit)
        finally:
            self._open[visit.id] -= 1
            if not self._open[visit.id]:
                del self._open[visit.id]

    async def _serve(self, socket: WebSocket, visit: Visit) -> None:
        await socket.accept()
        tab = _Tab(socket, visit, self._means, self._topics)
        jobs = {asyncio.create_task(job) for job in (tab.hear(), tab.tell(), visit.closed.wait())}
        try:
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in (*jobs, *tab.heard.values()):
                job.cancel()
            await asyncio.gather(*jobs, *tab.heard.values(), return_exceptions=True)
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(_OVER if visit.closed.is_set() else _ODD)


class _Tab:
    def __init__(self, socket: WebSocket, visit: Visit, means: Means, topics: Mapping[str, Topic]) -> None:
        self.heard: dict[Wanted, asyncio.Task[None]] = {}
        self._socket, self._visit, self._means, self._topics = socket, visit, means, topics
        self._news: asyncio.Queue[Json] = asyncio.Queue(_WAITING)
        self._news.put_nowait({"now": means.base.now_ms(), "visit": visit.id})

    async def hear(self) -> None:
        """What the tab says, until it goes or says what no page of ours does."""
        with suppress(WebSocketDisconnect):
            while self._do(await self._socket.receive_text()):
                pass

    async def tell(self) -> None:
        """Send the news."""
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._socket.send_text(json.dumps(await self._news.get(), separators=(",", ":")))

    def _do(self, text: str) -> bool:
        said = _said(text)
        if said is None:
            return False
        if "active" in said:
            self._visit.touch()
            return True
        wanted = str(said.get("want") or said.get("drop")), str(said.get("of", ""))
        if "drop" in said:
            if task := self.heard.pop(wanted, None):
                task.cancel()
            return True
        topic = self._topics.get(wanted[0])
        if topic is None or len(self.heard) >= _MOST_TOPICS or self._visit.person.role not in topic.roles:
            return False
        if wanted not in self.heard:
            self.heard[wanted] = asyncio.create_task(self._follow(topic, wanted))
        return True

    async def _follow(self, topic: Topic, wanted: Wanted) -> None:
        about = dict(zip(("topic", "of"), wanted, strict=True))
        try:
            async for data in topic.source(self._means, self._visit, wanted[1]):
                await self._news.put(about | {"data": data})
        except AffectboxError as error:
            await self._news.put(about | {"trouble": str(error)})


def _said(text: str) -> Json | None:
    if len(text) > LONGEST:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
