"""What was read is kept for the visit that read it, and for no other: it goes when the visit is over."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from cloud.dashboard.person import Visit

Found = TypeVar("Found")
_MOST = 4  # tables: a session of 50 minutes at ten records a second takes some 20 MB


class Kept:
    """Answers of a visit, the last few that were asked for."""

    def __init__(self) -> None:
        self._of: dict[str, OrderedDict[Any, Any]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def get(self, visit: Visit, key: Any, make: Callable[[], Awaitable[Found]]) -> Found:
        """What `make` gave for this key in this visit, or gives now."""
        held = self._held(visit)
        if key not in held:
            made = await make()
            held = self._held(visit)
            held[key] = made
            if len(held) > _MOST:
                held.popitem(last=False)
        held.move_to_end(key)
        found: Found = held[key]
        return found

    def forget(self, visit: Visit) -> None:
        """Drop everything of a visit."""
        self._of.pop(visit.id, None)

    def __contains__(self, visit: Visit) -> bool:
        return visit.id in self._of

    def _held(self, visit: Visit) -> OrderedDict[Any, Any]:
        if visit.id not in self._of:
            self._of[visit.id] = OrderedDict()
            ending = asyncio.create_task(self._end(visit))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        return self._of[visit.id]

    async def _end(self, visit: Visit) -> None:
        await visit.closed.wait()
        self.forget(visit)
