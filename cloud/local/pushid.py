"""Push ids: 20-character child names that sort in the order of their creation.

Eight characters of time (milliseconds, base 64) and twelve of randomness; within one millisecond the random part is
counted up, so that ids of one generator are strictly increasing. Source: Firebase blog, "The 2^120 Ways to Ensure
Unique Identifiers", 2015.
"""

import secrets

ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"  # in ASCII order
_RANDOM_BITS = 72


class PushIds:
    """A generator of push ids. A clock that runs backwards is held at its highest reading."""

    def __init__(self) -> None:
        self._time_ms = 0
        self._random = 0

    def next(self, now_ms: int) -> str:
        """The id for a child that is created at `now_ms` (milliseconds since 1970)."""
        if now_ms > self._time_ms:
            self._time_ms = now_ms
            self._random = secrets.randbits(_RANDOM_BITS - 1)  # the upper half is left for counting
        else:
            self._random += 1
        return _base64(self._time_ms, 8) + _base64(self._random, 12)


def _base64(number: int, digits: int) -> str:
    return "".join(ALPHABET[number >> 6 * place & 63] for place in reversed(range(digits)))
