"""How far a long command is: one line that is rewritten in a terminal, a line every ten seconds elsewhere."""

import time
from typing import TextIO

from device.contract.address import printable

_PLAIN_EVERY_S = 10.0
_ERASE = "\r\x1b[K"


class Progress:
    """Counts what is finished of `total` sessions, or of what else they are `called`."""

    def __init__(self, total: int, out: TextIO, called: str = "sessions") -> None:
        self._total, self._out, self._called = total, out, called
        self._live = out.isatty()
        self._began_s = self._shown_s = time.monotonic()
        self._done = 0

    def step(self, what: str) -> None:
        """One more is done; `what`: to be said of it."""
        self._done += 1
        now = time.monotonic()
        if self._live or now - self._shown_s >= _PLAIN_EVERY_S:
            self._shown_s = now
            left_s = (now - self._began_s) / self._done * (self._total - self._done)
            wait = f", {left_s / 60:.0f} min left" if left_s >= 60 else ""
            line = f"{self._done} of {self._total} {self._called}{wait}: {printable(what)}"
            self._out.write(f"{_ERASE}{line}" if self._live else f"{line}\n")
            self._out.flush()

    def end(self) -> None:
        """Leave no line behind."""
        if self._live:
            self._out.write(_ERASE)
            self._out.flush()
