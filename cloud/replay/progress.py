"""How far a film is: one line that is rewritten in a terminal, a line every ten seconds elsewhere."""

import time
from typing import TextIO

_LIVE_EVERY_S, _PLAIN_EVERY_S = 0.25, 10.0
_ERASE = "\r\x1b[K"


class Progress:
    """Counts pictures."""

    def __init__(self, total: int, out: TextIO) -> None:
        self._total, self._out, self._live = total, out, out.isatty()
        self._began_s = self._shown_s = time.monotonic()
        self._done = 0

    def step(self) -> None:
        """One picture more."""
        self._done += 1
        now = time.monotonic()
        if now - self._shown_s < (_LIVE_EVERY_S if self._live else _PLAIN_EVERY_S):
            return
        self._shown_s = now
        left_s = (now - self._began_s) / self._done * (self._total - self._done)
        line = f"{self._done} of {self._total} pictures  {self._done / self._total:.0%}  {duration(left_s)} left"
        self._out.write(f"{_ERASE}{line}" if self._live else f"{line}\n")
        self._out.flush()

    def end(self) -> None:
        """Leave no line behind."""
        if self._live:
            self._out.write(_ERASE)
            self._out.flush()


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `1 h 05 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
