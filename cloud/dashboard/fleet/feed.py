"""What the boxes say, followed once for each visit, however many tabs it has open.

`Feeds.of(visit)` is the visit's feed. It ends some seconds after its last tab, unless a rollout is still being driven,
and with the visit. While the database is away nothing is judged: what is shown is as old as its last word.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass

from cloud.dashboard.base import Base, Change, Lost
from cloud.dashboard.fleet.delta import Row, kept
from cloud.dashboard.fleet.orders import Orders
from cloud.dashboard.fleet.rows import Seen, row, seen_of
from cloud.dashboard.fleet.standing import Standings
from cloud.dashboard.person import Visit
from cloud.watch.board import Silence, Stood
from cloud.watch.fleet import Fleet
from cloud.watch.health import State
from cloud.watch.pacing import pause
from device.contract import telemetry
from device.contract.errors import AffectboxError, DataError, IdentityError, StorageError

_TURN_S = 1.0
#: Turns without a tab after which a feed ends, and between two looks at boxes whose words say for how long.
_LINGERS, _WORDS = 5, 10
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Away:
    """That the database cannot be read: since when, by its clock, and why."""

    since_ms: int
    why: str


class Feed:
    """The boxes as a visit may see them: `rows`, brought up to date once a second.

    Attributes:
        away: while the database cannot be read.
        trouble: why nothing is heard any more, in a sentence; "" as long as there is.
        is_ready: whether the boxes were heard once.
        silences: those in force.
        tabs: how many listen.
    """

    def __init__(self, base: Base, visit: Visit, standings: Standings, orders: Orders) -> None:
        self.fleet = Fleet()
        self.rows: dict[str, Row] = {}
        self.away: Away | None = None
        self.trouble = ""
        self.is_ready = False
        self.silences: list[Silence] = []
        self.tabs = 0
        self._states: dict[str, tuple[State, int | None]] = {}
        self._called: dict[str, list[str]] = {}
        self._base, self._visit, self._standings, self._orders = base, visit, standings, orders
        self._dirty: set[str] = set()
        self._due_ms: dict[str, float] = {}
        self._stood: dict[str, tuple[Stood, ...]] = {}
        self._turns = self._idle = 0
        self._turn = asyncio.Event()
        self._jobs: list[asyncio.Task[None]] = []

    def stood(self, device: str) -> tuple[Stood, ...]:
        """The alerts of a box."""
        return self._stood.get(device, ())

    def seen(self, device: str, now_ms: int) -> Seen:
        """What is known of a box."""
        state = self.fleet.health(device, now_ms).state
        before, since_ms = self._states.get(device, (None, None))
        if state is not before:
            since_ms = None if before is None else now_ms
            self._states[device] = state, since_ms
        return seen_of(self.fleet, device, now_ms, self.stood(device), self.namesakes(device), since_ms)

    def namesakes(self, device: str) -> list[str]:
        """Other boxes of the same name."""
        name = self.fleet.name(device)
        return [other for other in self._called.get(name, ()) if other != device] if name else []

    async def turns(self) -> AsyncGenerator[None]:
        """Now, and after each turn of the feed. Raises `IdentityError`: nothing may be read any more."""
        self.tabs += 1
        try:
            while True:
                turn = self._turn
                if self.trouble:
                    raise IdentityError(self.trouble)
                if self.is_ready or self.away:
                    yield
                await turn.wait()
        finally:
            self.tabs -= 1

    async def run(self) -> None:
        """Follow the boxes until nobody needs it."""
        self._jobs = [
            asyncio.create_task(job)
            for job in (self._follow(telemetry.ROOT), self._follow("boxes"), self._drive(), self._look())
        ]
        try:
            while not self._visit.closed.is_set() and self._idle < _LINGERS:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TURN_S):
                        await self._visit.closed.wait()
                self._idle = 0 if self.tabs or self._orders.drives(self._visit) else self._idle + 1
                self._go_on()
        finally:
            for job in self._jobs:
                job.cancel()
            await asyncio.gather(*self._jobs, return_exceptions=True)
            self._end_turn()
            await self._orders.let_go(self._visit)

    async def _follow(self, node: str) -> None:
        try:
            async for change in self._base.follow(self._visit, node):
                if isinstance(change, Lost):
                    self.away = self.away or Away(self._base.now_ms(), change.why)
                else:
                    self._heard(node, change)
        except IdentityError as error:
            self.trouble = str(error)
        except Exception:  # a feed that fails must say so, and not stand still
            _log.exception("the feed of %s failed", node)
            self.trouble = "What the boxes say cannot be shown, and we do not know why: reload the page."

    def _heard(self, node: str, change: Change) -> None:
        if node == telemetry.ROOT:
            self._dirty |= set(self.fleet.telemetry(change.path, change.data, change.patch))
            self.away, self.is_ready = None, True
        else:
            self.fleet.boxes(change.path, change.data, change.patch)
            self._name()

    def _name(self) -> None:
        """Who is called what has changed."""
        called: dict[str, list[str]] = defaultdict(list)
        for device in self.fleet.devices():
            called[self.fleet.name(device)].append(device)
        self._called = called
        self._dirty |= set(self.fleet.devices())

    def _go_on(self) -> None:
        """One turn: judge what is new, and what has been silent for too long."""
        self._turns += 1
        now_ms = self._base.now_ms()
        if self.away is None:
            self._dirty |= {device for device, due_ms in self._due_ms.items() if due_ms <= now_ms}
        known = self.fleet.devices()
        for device in self._dirty.intersection(known):
            self._judge(device, now_ms)
        for device in self.rows.keys() - set(known):
            del self.rows[device]
            self._due_ms.pop(device, None)
        self._dirty.clear()
        self._end_turn()

    def _judge(self, device: str, now_ms: int) -> None:
        seen = self.seen(device, now_ms)
        self.rows[device] = kept(self.rows.get(device), row(seen))
        ends = self.fleet.memory(device).seen_ms + seen.silent_after_s * 1000
        talks_of_time = seen.health.state in (State.SILENT, State.TROUBLE)
        self._due_ms[device] = now_ms + _WORDS * 1000 if talks_of_time or ends <= now_ms else ends + 1
        if seen.health.state in (State.ENDED, State.NEVER_SEEN):
            del self._due_ms[device]

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def _look(self) -> None:
        """Which alerts stand changes seldom, and is in a file that the watch writes."""
        while True:
            with suppress(StorageError):  # it is made anew, and looked at again
                stood = await self._standings.by_box()
                both = stood.keys() | self._stood.keys()
                self._dirty |= {device for device in both if stood.get(device) != self._stood.get(device)}
                self._stood = stood
                self.silences = await self._standings.silences(self._base.now_ms())
            await pause(2 * _TURN_S)

    async def _drive(self) -> None:
        while True:
            await pause(_TURN_S / 2)
            if self.is_ready and self.away is None:
                try:
                    await self._orders.step(self._base, self._visit, self.fleet.document)
                except AffectboxError as error:
                    _log.warning("a rollout waits: %s", error)


class Feeds:
    """The feed of each visit that needs one."""

    def __init__(self, base: Base, standings: Standings, orders: Orders) -> None:
        self.base, self.standings, self.orders = base, standings, orders
        self._feeds: dict[str, tuple[Feed, asyncio.Task[None]]] = {}

    def of(self, visit: Visit) -> Feed:
        """The visit's feed; begun, where there is none."""
        feed, task = self._feeds.get(visit.id, (None, None))
        if feed is None or task is None or task.done() or feed.trouble:
            feed = Feed(self.base, visit, self.standings, self.orders)
            self._feeds[visit.id] = feed, asyncio.create_task(feed.run())
            self._feeds[visit.id][1].add_done_callback(lambda ended: self._forget(visit.id, ended))
        return feed

    async def ready(self, visit: Visit) -> Feed:
        """The visit's feed, when it has heard the boxes. Raises `DataError`, `IdentityError`: it does not."""
        feed = self.of(visit)
        async with aclosing(feed.turns()) as turns:
            async for _ in turns:
                if feed.away:
                    raise DataError(f"The boxes cannot be read now: {feed.away.why}")
                return feed
        raise DataError("The boxes cannot be read now: try again.")

    def __len__(self) -> int:
        return len(self._feeds)

    def _forget(self, visit: str, ended: asyncio.Task[None]) -> None:
        if self._feeds.get(visit, (None, None))[1] is ended:
            del self._feeds[visit]
        with suppress(asyncio.CancelledError):
            if error := ended.exception():
                _log.error("a feed failed", exc_info=error)


def ordered(devices: Iterable[str], feed: Feed) -> list[str]:
    """Boxes in the order in which a rollout should reach them: those that can do it at once first."""
    first = {State.IDLE: 0, State.TROUBLE: 1, State.CLOCK_WRONG: 1, State.PAUSED: 2, State.WATCHING: 2}

    def rank(device: str) -> tuple[int, int, str]:
        row = feed.rows.get(device)
        state = State(row["state"][1]) if row else State.NEVER_SEEN
        return first.get(state, 3), row["see"][0] if row else 0, device

    return sorted(devices, key=rank)
