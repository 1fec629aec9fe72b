"""The watch itself: reads what the boxes tell, keeps a day of it, judges alerts and tells people. It goes on whatever
becomes of the database, the network, the disk or an outlet, and says so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from cloud.watch.account import Account
from cloud.watch.alone import Alone
from cloud.watch.board import Board, Key
from cloud.watch.evaluation import Changed, Evaluation
from cloud.watch.fleet import Fleet
from cloud.watch.history import KEPT_S, History
from cloud.watch.once import Once
from cloud.watch.outlets import Outlet, open_outlets
from cloud.watch.pacing import pause
from cloud.watch.posting import Posting
from cloud.watch.rules import Rules
from device.contract import telemetry
from device.contract.errors import DataError, IdentityError, StorageError
from device.contract.fields import Json

BOXES = "boxes"
LOOK_S = 1.0
#: So many boxes are looked at in one look, so that no look takes long: each of 500 once in eleven seconds.
AT_ONCE = 50
WRITE_S = 60.0
PAUSE_S = 1.0
_LONGEST_PAUSES, _LONGEST_REFUSED = 15, 60  # times the first pause
_GAP_S = 30.0
"""A shorter pause of the stream, such as when its token ends, is none for the boxes."""


class Change(Protocol):
    """One event of a stream; see `cloud.dashboard.base.Change`."""

    @property
    def path(self) -> str: ...
    @property
    def data(self) -> Any: ...
    @property
    def patch(self) -> bool: ...


class Source(Protocol):
    """A database; see `cloud.dashboard.base.Base`."""

    def stream(self, who: Account, path: str) -> AsyncIterator[Change]:
        """What stands at a path and its changes, until the connection ends. Raises `DataError`, `IdentityError`."""

    def now_ms(self) -> int:
        """The database's time."""


class Watch:
    """One fleet. `run` until it is cancelled."""

    def __init__(
        self,
        rules: Rules,
        folder: Path,
        source: Source,
        account: Account,
        tell: Callable[[str], None],
        outlets: list[Outlet] | None = None,
        kept_s: float = KEPT_S,
        look_s: float = LOOK_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        """`folder` holds its files; `tell` takes sentences for whoever runs it; `outlets` in place of those that the
        rules name; `look_s` is between two looks, `pause_s` before a stream that broke is opened anew, at first.

        Raises:
            ConfigError: an outlet's secret cannot be read.
            StorageError: the folder's files cannot be opened, or another watch has them.
        """
        self._alone = Alone(folder)
        self.fleet = Fleet()
        self._source = source
        self._account = account
        self._tell = Once(tell)
        self.history = History(folder, kept_s, tell)
        self.board = Board(folder, tell, is_own=True)
        self._posting = Posting(self.board, open_outlets(rules) if outlets is None else outlets, tell)
        self._evaluation = Evaluation(rules, self.fleet, self.board.recall(rules.rule))
        self._look_s, self._pause_s = look_s, pause_s
        self._told_s = self.board.told_s()
        self._unkept: dict[Key, Changed] = {}
        self._since_s = time.monotonic()
        self._opened = 0.0, 0
        self._is_reading = self._has_asked_names = False
        self._heard_since_ms: int | None = None
        self._why = "it has not been read yet"

    def status(self) -> Json:
        """Whether the database is read now, for how long it is not, and why."""
        return {"reading": self._is_reading, "away_s": self._away_s(), "why": "" if self._is_reading else self._why}

    @property
    def outlets(self) -> list[str]:
        """Who is told."""
        return self._posting.names

    async def run(self) -> None:
        """Watch until it is cancelled. A fault of its own ends it, and is told first."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(telemetry.ROOT, self._telemetry))
                group.create_task(self._follow(BOXES, self._boxes))
                group.create_task(self._every(self._look_s, self._look))
                group.create_task(self._every(WRITE_S, self._write_history))
                group.create_task(self._posting.run())
        except BaseExceptionGroup as errors:
            self._tell.always(f"The watch ended by a fault of its own, and nobody watches: {errors.exceptions[0]!r}")
            raise
        finally:
            await self._kept(asyncio.to_thread(self.history.write))
            self.history.close()
            self.board.close()
            self._alone.close()

    def now_ms(self) -> int:
        """The database's time, as well as it is known: as it was when the stream was opened, and since then by a clock
        that nobody sets."""
        opened_s, then_ms = self._opened
        now_ms = then_ms + int((time.monotonic() - opened_s) * 1000) if then_ms else self._source.now_ms()
        return max(now_ms, self.fleet.newest_ms())

    async def _follow(self, path: str, take: Callable[[Change], None]) -> None:
        """Read a node for good; where the stream breaks, it is opened anew."""
        pause_s = self._pause_s
        while True:
            try:
                async for change in self._source.stream(self._account, path):
                    pause_s = self._pause_s
                    take(change)
            except IdentityError as error:
                if path == telemetry.ROOT:  # who may not read the names may still read this
                    self._account.forget()
                self._lost(path, str(error))
                pause_s = min(2 * pause_s, _LONGEST_REFUSED * self._pause_s)
            except (DataError, ValueError, LookupError, TypeError) as error:  # somebody else may answer in its place
                told = str(error) if isinstance(error, DataError) else "What answers is no database."
                self._lost(path, told)
                pause_s = min(2 * pause_s, _LONGEST_PAUSES * self._pause_s)
            await pause(pause_s)

    def _telemetry(self, change: Change) -> None:
        for device in self.fleet.telemetry(change.path, change.data, change.patch):
            try:
                self.history.add(device, self.fleet.document(device))
            except StorageError as error:
                self._tell(str(error))
        if not self._is_reading:
            self._opened = time.monotonic(), self._source.now_ms()
            if self._heard_since_ms is None or self._away_s() > _GAP_S:
                self._heard_since_ms = self.now_ms()
            self._is_reading = True
            self._tell.again()

    def _boxes(self, change: Change) -> None:
        self.fleet.boxes(change.path, change.data, change.patch)
        self._has_asked_names = True

    def _lost(self, path: str, why: str) -> None:
        self._tell(why, path)
        if path != telemetry.ROOT:
            self._has_asked_names = True
            return
        self._why = why
        if self._is_reading:
            self._is_reading, self._since_s = False, time.monotonic()

    def _away_s(self) -> float:
        return 0.0 if self._is_reading else time.monotonic() - self._since_s

    async def _look(self, number: int) -> None:
        now_ms = self.now_ms()
        changed = self._evaluation.look_at_watch(self._away_s(), now_ms)
        if self._is_reading and self._has_asked_names and self._heard_since_ms is not None:
            devices = self.fleet.devices()
            slices = 1 + len(devices) // AT_ONCE
            changed += self._evaluation.look(devices[number % slices :: slices], now_ms, self._heard_since_ms)
            changed += self._evaluation.forget_all_but(set(devices))
        self._unkept |= {(one[0].name, one[1]): one for one in changed}
        subject, unkept = await asyncio.to_thread(self._keep_and_tell, now_ms)
        if subject:
            self._posting.wake()
            self._tell.always(subject)
        if unkept is not None:
            await self._posting.at_once(unkept)

    def _keep_and_tell(self, now_ms: int) -> tuple[str, Json | None]:
        """Keep what changed, and with it the message that is due. Returns the message's subject, and all of it if the
        disk took nothing. In a thread, while nobody changes the standings."""
        message, told = self._evaluation.due(now_ms, self._told_s, self._silenced(now_ms))
        self._unkept |= {(one[0].name, one[1]): one for one in told}
        said = message.to_json(f"{now_ms}-{len(told)}") if message else None
        letters = [(name, time.time(), said) for name in self._posting.names] if said else []
        if message:
            self._evaluation.told(told)
            self._told_s = now_ms / 1000
        is_kept = self._keep(letters)
        return message.subject() if message else "", None if is_kept else said

    def _keep(self, letters: list[tuple[str, float, Any]]) -> bool:
        try:
            if self._unkept or letters:
                self.board.keep(self._unkept.values(), letters, self._told_s)
        except StorageError as error:
            self._tell(str(error))
            return False
        self._unkept = {}
        return True

    def _silenced(self, now_ms: int) -> set[Key]:
        try:
            return {(silence.rule, silence.device) for silence in self.board.silences(now_ms)}
        except StorageError as error:
            self._tell(str(error))
            return set()

    async def _write_history(self, number: int) -> None:
        if number:
            await self._kept(asyncio.to_thread(self.history.write))

    async def _kept(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what writes; a full disk is told, and tried again."""
        try:
            await work
        except StorageError as error:
            self._tell(str(error))

    async def _every(self, seconds: float, work: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        number = 0
        while True:
            await work(number)
            number += 1
            await pause(seconds)
