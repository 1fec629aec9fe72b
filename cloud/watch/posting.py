"""Carrying messages to the outlets: each outlet has its own queue in the board's file, so that one that fails stops no
other, and what it has not taken is tried again after a restart too."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from cloud.watch.board import Board, Letter
from cloud.watch.messages import Message
from cloud.watch.outlets import NotTakenError, Outlet
from cloud.watch.pacing import pause
from device.contract.errors import StorageError
from device.contract.fields import Json

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 900.0
_LAST_S = 5.0
KEPT_S = 24 * 3600.0
TRIES_BEFORE_TOLD = 4
T = TypeVar("T")
_CALLED = {"webhook": "The webhook", "email": "The mail server"}


class Posting:
    """`run` carries until it is cancelled; `wake` when there is something new."""

    def __init__(
        self,
        board: Board,
        outlets: list[Outlet],
        tell: Callable[[str], None],
        pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """`tell` takes what nobody but this machine can be told; `pause_s` is the first of the doubling pauses."""
        self._board = board
        self._outlets = outlets
        self._tell = tell
        self._pause_s = pause_s
        self._news = {outlet.name: asyncio.Event() for outlet in outlets}

    @property
    def names(self) -> list[str]:
        """The outlets."""
        return list(self._news)

    def wake(self) -> None:
        """There is a new letter."""
        for news in self._news.values():
            news.set()

    async def at_once(self, message: Json) -> None:
        """Tell what no disk takes: to every outlet, once."""
        for outlet in self._outlets:
            try:
                await outlet.send(message)
            except NotTakenError as error:
                self._tell(f"{_CALLED[outlet.name]} {error}, and the message could not be kept.")

    async def run(self) -> None:
        """Carry, to every outlet on its own."""
        async with asyncio.TaskGroup() as group:
            for outlet in self._outlets:
                group.create_task(self._carry(outlet))

    async def _carry(self, outlet: Outlet) -> None:
        news = self._news[outlet.name]
        while True:
            news.clear()
            try:
                wait_s = await _to_its_end(self._one(outlet))
            except StorageError as error:
                self._tell(str(error))
                wait_s = LONGEST_PAUSE_S
            if wait_s is None:
                await news.wait()
            else:  # a new letter waits behind the one that is not taken
                await pause(wait_s)

    async def _one(self, outlet: Outlet) -> float | None:
        """Try the oldest letter; returns for how long to wait, None for news."""
        letter = await asyncio.to_thread(self._board.next_letter, outlet.name)
        if letter is None:
            return None
        now_s = time.time()
        if 0 < letter.due_s - now_s <= LONGEST_PAUSE_S:
            return letter.due_s - now_s
        if now_s - letter.at_s > KEPT_S:
            self._tell(f"{_CALLED[outlet.name]} took no message for a day: one was given up.")
            await asyncio.to_thread(self._board.taken, letter)
            return 0.0
        try:
            await outlet.send(letter.message)
        except NotTakenError as error:
            return await self._failed(letter, str(error))
        await asyncio.to_thread(self._board.taken, letter)
        return 0.0

    async def _failed(self, letter: Letter, why: str) -> float:
        pause_s = min(self._pause_s * 2.0 ** min(letter.tries, 20), LONGEST_PAUSE_S) * random.uniform(0.75, 1.0)
        now_s = time.time()
        sentence = f"{_CALLED[letter.outlet]} {why}"
        await asyncio.to_thread(self._board.not_taken, letter, sentence, now_s + pause_s, now_s)
        if letter.tries + 1 == TRIES_BEFORE_TOLD and not letter.message.get("of_outlet"):
            self._tell(f"{sentence}; messages wait for it.")
            await self._tell_others(letter.outlet, sentence, now_s)
        return pause_s

    async def _tell_others(self, outlet: str, sentence: str, now_s: float) -> None:
        message = Message(now_s, note=f"{sentence}; messages wait for it")
        told = message.to_json(f"outlet-{outlet}-{int(now_s)}") | {"of_outlet": outlet}
        others = [(name, now_s, told) for name in self._news if name != outlet]
        await asyncio.to_thread(self._board.keep, (), others)
        self.wake()


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do what must not be left half done: who ends the watch waits for it a little."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_LAST_S)
        task.cancel()
        raise
