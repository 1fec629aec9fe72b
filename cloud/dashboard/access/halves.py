"""Half sign-ins: who gave a right password and owes a code. Named by a cookie of their own, for five minutes."""

import time
from collections import OrderedDict
from collections.abc import Callable
from secrets import token_urlsafe

from cloud.dashboard.access.identities import Pending
from cloud.dashboard.access.visit import Cookie, hashed

LASTS_S = 300.0
_MOST = 256


class Halves:
    """See the module."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._of: OrderedDict[Cookie, tuple[Pending, str, float]] = OrderedDict()

    def keep(self, pending: Pending, following: str) -> str:
        """The cookie of a half; `following` is the path to go on to."""
        cookie = token_urlsafe(32)
        self._of[hashed(cookie)] = (pending, following, self._now_s() + LASTS_S)
        while len(self._of) > _MOST:
            self._of.popitem(last=False)
        return cookie

    def get(self, cookie: str) -> tuple[Pending, str] | None:
        """The half that a cookie names, and where it goes on to."""
        half = self._of.get(hashed(cookie))
        if half is None or self._now_s() >= half[2]:
            self.drop(cookie)
            return None
        return half[0], half[1]

    def drop(self, cookie: str) -> None:
        """It became whole."""
        self._of.pop(hashed(cookie), None)
