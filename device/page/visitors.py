"""Who is signed in to the page from the local network: a cookie of 256 random bits each, of which a hash is kept here.

At most 32, the latest ones; each ends twelve hours after it was last used, or when the host process ends.
"""

import hashlib
import secrets
from collections import OrderedDict

from device.clock import Clock

LASTS_S = 12 * 3600
_MOST = 32


class Visitors:
    """See the module; for one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used_s: OrderedDict[str, float] = OrderedDict()

    def welcome(self) -> str:
        """The cookie of a new visitor."""
        cookie = secrets.token_urlsafe(32)
        self._used_s[_hash(cookie)] = self._clock.monotonic()
        while len(self._used_s) > _MOST:
            self._used_s.popitem(last=False)
        return cookie

    def knows(self, cookie: str) -> bool:
        """Whether this is the cookie of somebody who is signed in."""
        name, now = _hash(cookie), self._clock.monotonic()
        used_s = self._used_s.get(name)
        if used_s is None or now - used_s > LASTS_S:
            self._used_s.pop(name, None)
            return False
        self._used_s[name] = now
        self._used_s.move_to_end(name)
        return True

    def goodbye(self, cookie: str) -> None:
        """Whose cookie this is signs out."""
        self._used_s.pop(_hash(cookie), None)


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode(errors="replace")).hexdigest()
