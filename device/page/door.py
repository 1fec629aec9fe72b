"""The door for whoever comes over the network: the pass-phrase, checked for one at a time, and who came in."""

import asyncio
import math
from collections.abc import Callable

from device.clock import Clock
from device.contract import passphrase
from device.page.access import RefusedRequest, cookie_header
from device.page.attempts import Attempts
from device.page.visitors import Visitors

_QUEUE = 4  # who may wait at once while another's pass-phrase is checked


class Door:
    """On one event loop.

    Attributes:
        visitors: who came in.
    """

    def __init__(self, kept: Callable[[], str], clock: Clock) -> None:
        """`kept` gives the hash of the pass-phrase, "" if there is none; see `device.contract.passphrase`."""
        self.visitors = Visitors(clock)
        self._kept = kept
        self._attempts = Attempts(clock)
        self._one = asyncio.Lock()
        self._waiting = 0

    async def open(self, address: str, phrase: str, secure: bool) -> str:
        """`Set-Cookie` for who knows the pass-phrase. Raises `RefusedRequest` for others, or who comes too soon."""
        if self._waiting >= _QUEUE:
            raise _too_soon(1)
        self._waiting += 1
        try:
            async with self._one:
                await self._check(address, phrase)
        finally:
            self._waiting -= 1
        return cookie_header(self.visitors.welcome(), secure)

    def close(self, cookie: str) -> str:
        """Somebody signs out; `Set-Cookie`."""
        self.visitors.goodbye(cookie)
        return cookie_header("", False)

    async def _check(self, address: str, phrase: str) -> None:
        if (wait_s := self._attempts.wait_s(address)) > 0:
            raise _too_soon(math.ceil(wait_s))
        kept = self._kept()
        if not kept:
            raise RefusedRequest(
                403, "unset", "This box has no pass-phrase yet: run `sudo affectbox enrol --passphrase`."
            )
        if not await asyncio.to_thread(passphrase.matches, phrase, kept):
            self._attempts.failed(address)
            raise RefusedRequest(403, "wrong", "That is not the pass-phrase.")
        self._attempts.succeeded(address)


def _too_soon(seconds: int) -> RefusedRequest:
    return RefusedRequest(429, "wait", f"Too many tries: wait {seconds} s.", {"seconds": seconds})
