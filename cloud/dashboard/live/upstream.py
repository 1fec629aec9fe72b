"""What a visit hears of one box, however many of its tabs show it: one upstream, handed to all of them.

    telemetry, command ─► standing, what became of the command ─┐
    watch: renewed while a tab shows it                         ├─► every tab
    live second ─► samples; where none comes, newest packs ─────┘

It lives from the first tab to some seconds after the last one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from cloud.dashboard.base import Base, Lost, apply
from cloud.dashboard.live.session import OpenSession
from cloud.dashboard.live.standing import Whose, session_of, standing
from cloud.dashboard.person import Visit
from cloud.operations import orders
from device.contract import patient, remote, telemetry
from device.contract.errors import AffectboxError, DataError, IdentityError
from device.contract.fields import Json
from device.contract.session import UNNAMED

_WATCH_FOR_MS = 60_000
_LOOK_S = 1.0
_LINGER_S = 30.0
#: Messages that wait for a tab that does not read; then it is given everything anew.
_WAITING = 200


class Upstream:
    """One box, for one visit."""

    def __init__(self, base: Base, visit: Visit, device: str, watches: bool) -> None:
        """`watches`: whether its samples are shown, and not only how the box stands."""
        self._base, self._visit, self._device, self._watches = base, visit, device, watches
        self._tabs: set[asyncio.Queue[Json]] = set()
        self._told: Any = None
        self._order: Any = None
        self._away = ""
        self._heard = False
        self._whose = Whose()
        self._session: OpenSession | None = None
        self._noticed = ""
        self._said: dict[str, Any] = {}
        self._news = asyncio.Event()
        self._changed = asyncio.Event()
        self.trouble: AffectboxError | None = None

    async def run(self) -> None:
        """Until it is cancelled, or the visit may not see the box."""
        parts = [self._hear_telemetry(), self._look()]
        if self._watches:
            parts += [self._hear_command(), self._watch()]
        try:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(part)
        except* AffectboxError as errors:
            found = errors.exceptions[0]
            self.trouble = found if isinstance(found, AffectboxError) else DataError(str(found))
        finally:
            await self._leave_session()
            for tab in self._tabs:
                self._put(tab, {"over": True})

    def join(self) -> "asyncio.Queue[Json]":
        """A tab that hears everything from here on, and first what there is."""
        tab: asyncio.Queue[Json] = asyncio.Queue(_WAITING)
        if self.idle:
            self._news.set()
            self._changed.set()
        self._tabs.add(tab)
        self._bring(tab)
        return tab

    def leave(self, tab: "asyncio.Queue[Json]") -> bool:
        """A tab goes; whether it was the last one."""
        self._tabs.discard(tab)
        return not self._tabs

    @property
    def idle(self) -> bool:
        """Whether no tab shows it."""
        return not self._tabs

    def _bring(self, tab: "asyncio.Queue[Json]") -> None:
        for name, value in self._said.items():
            self._put(tab, {name: value})
        if self._session is not None and (there := self._session.everything()):
            self._put(tab, {"samples": there})

    def _put(self, tab: "asyncio.Queue[Json]", message: Json) -> None:
        if tab.full():
            while not tab.empty():
                tab.get_nowait()
            self._bring(tab)
        with suppress(asyncio.QueueFull):
            tab.put_nowait(message)

    def _tell(self, name: str, value: Any) -> None:
        """Tell all tabs, where it is news."""
        if self._said.get(name) != value:
            self._said[name] = value
            self._give({name: value})

    def _give(self, message: Json) -> None:
        for tab in list(self._tabs):
            self._put(tab, message)

    async def _hear_telemetry(self) -> None:
        async for change in self._base.follow(self._visit, telemetry.key(self._device)):
            if isinstance(change, Lost):
                self._away = change.why
            else:
                self._away, self._heard = "", True
                self._told = apply(self._told, change)
            self._news.set()

    async def _hear_command(self) -> None:
        async for change in self._base.follow(self._visit, remote.key(self._device)):
            if not isinstance(change, Lost):
                self._order = apply(self._order, change)
                self._news.set()

    async def _look(self) -> None:
        """Tell what is new, and what becomes otherwise by time alone: silence, the end of a command."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._news.wait()
            self._news.clear()
            if self._heard:
                await self._notice_session()
            self._say()

    async def _watch(self) -> None:
        """Say that somebody watches, while a session may be watched."""
        while True:
            until = self._base.now_ms() + _WATCH_FOR_MS
            watch = {"v": remote.VERSION, "until": until, "by": self._visit.person.uid}
            if not self.idle and (self._whose.shown or not self._whose.patient):
                try:
                    await self._base.patch(self._visit, {remote.watch_key(self._device): watch})
                    self._tell("unwatched", "")
                except (DataError, IdentityError) as error:
                    self._tell("unwatched", str(error))
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(remote.RENEW_MS / 1000):
                    await self._changed.wait()

    def _say(self) -> None:
        now_ms = self._base.now_ms()
        self._tell("away", self._away)
        if self._heard:
            self._tell("box", standing(self._told, now_ms, self._whose, self._noticed))
        if self._watches:
            heard = self._told.get("control") if isinstance(self._told, dict) else None
            self._tell("command", orders.told(self._order, heard, now_ms, self._visit.person.uid))

    async def _notice_session(self) -> None:
        """Open, or leave, the session that the box tells of."""
        session = session_of(self._told, self._noticed)
        if session != self._noticed:
            await self._leave_session()
            self._noticed = session
        if session and not self._whose.patient:
            self._whose = await self._asked_whose(session)
            self._changed.set()
        if self._session is None and session and self._watches and self._whose.shown and not self.idle:
            self._session = OpenSession(self._base, self._visit, self._device, session, self._whose, self._give)
        if self._session is not None and isinstance(self._told, dict):
            self._session.hear(self._told)

    async def _leave_session(self) -> None:
        self._whose, self._noticed = Whose(), ""
        if self._session is not None:
            left, self._session = self._session, None
            await left.close()
            self._give({"left": left.session})

    async def _asked_whose(self, session: str) -> Whose:
        uid = self._visit.person.uid
        whom = await self._asked(patient.key(self._device, session))
        if not isinstance(whom, str) or whom == UNNAMED:
            return Whose(UNNAMED if whom == UNNAMED else "")
        return Whose(whom, await self._asked(f"staff/{uid}/patients/{whom}") is True)

    async def _asked(self, path: str) -> Any:
        with suppress(AffectboxError):
            return await self._base.get(self._visit, path)
        return None


class Upstreams:
    """All of them, by visit and box."""

    def __init__(self, watches: bool) -> None:
        self._watches = watches
        self._running: dict[tuple[str, str], tuple[Upstream, asyncio.Task[None]]] = {}

    async def listen(self, base: Base, visit: Visit, device: str) -> AsyncIterator[Json]:
        """What a tab is told of a box. Raises `IdentityError`: it is none of the visit's."""
        if device not in visit.person.devices:
            raise IdentityError("This box is not one of yours: ask whoever administers the accounts.")
        upstream = self._of(base, visit, device)
        tab = upstream.join()
        try:
            while not (message := await tab.get()).get("over"):
                yield message
            if upstream.trouble is not None:
                raise upstream.trouble
        finally:
            if upstream.leave(tab):
                asyncio.get_running_loop().call_later(_LINGER_S, self._end_if_idle, (visit.id, device))

    def _of(self, base: Base, visit: Visit, device: str) -> Upstream:
        key = (visit.id, device)
        if key not in self._running:
            upstream = Upstream(base, visit, device, self._watches)
            task = asyncio.create_task(upstream.run())
            self._running[key] = upstream, task
            task.add_done_callback(self._forgetting(key))
        return self._running[key][0]

    def _forgetting(self, key: tuple[str, str]) -> Callable[["asyncio.Task[None]"], None]:
        def forget(task: "asyncio.Task[None]") -> None:
            if key in self._running and self._running[key][1] is task:
                del self._running[key]

        return forget

    def _end_if_idle(self, key: tuple[str, str]) -> None:
        if key in self._running:
            upstream, task = self._running[key]
            if upstream.idle:
                task.cancel()
