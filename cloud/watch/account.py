"""Who the watch is: an account of its own, with the role engineer. It reads telemetry, and nothing clinical."""

import time
from collections.abc import Awaitable, Callable

LASTS_S = 50 * 60.0
"""An ID token holds for an hour."""


class Account:
    """Has a token that holds, and makes another one in time."""

    def __init__(self, make: Callable[[], Awaitable[str]], lasts_s: float = LASTS_S) -> None:
        """`make` signs in, and returns an ID token; it may raise `IdentityError`."""
        self._make = make
        self._lasts_s = lasts_s
        self._token = ""
        self._until_s = 0.0

    async def token(self) -> str:
        """An ID token that holds. Raises `IdentityError`."""
        if not self._token or time.monotonic() >= self._until_s:
            self._token = await self._make()
            self._until_s = time.monotonic() + self._lasts_s
        return self._token

    def forget(self) -> None:
        """The token was not accepted: the next one is another."""
        self._token = ""
