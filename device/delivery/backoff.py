"""How long to wait after a failure: exponential, with full jitter, capped; or as long as the server asks.

One backoff for the uploader as a whole, not one for each record: while the database is away, a box asks it once per
delay, however many records wait. Source: M. Brooker, 'Exponential Backoff And Jitter', AWS, 2015.
"""

import random

#: What a server may ask for at most, seconds: a wrong `Retry-After` must not silence a box for days.
LONGEST_ASKED_S = 3600.0


class Backoff:
    """Counts failures in a row, and knows until when to wait. Times are monotonic seconds."""

    def __init__(self, base_s: float, cap_s: float) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._failures = 0
        self._until_s = 0.0

    def failed(self, now_s: float, at_least_s: float | None = None) -> None:
        """Wait from now on: `at_least_s` when the server or the matter asks for it, else by the number of failures."""
        self._failures += 1
        if at_least_s is None:
            delay_s = random.uniform(0.0, min(self._cap_s, self._base_s * 2.0 ** min(self._failures, 30)))
        else:
            delay_s = min(at_least_s, LONGEST_ASKED_S) + random.uniform(0.0, self._base_s)
        self._until_s = now_s + delay_s

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures, self._until_s = 0, 0.0

    def left_s(self, now_s: float) -> float:
        """Seconds still to wait, 0 when it is time."""
        return max(0.0, self._until_s - now_s)
