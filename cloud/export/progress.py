"""How far an export is: one line that is rewritten in a terminal, a line every ten seconds elsewhere."""

import time
from typing import TextIO

from device.contract.address import printable

_PLAIN_EVERY_S = 10.0
_ERASE = "\r\x1b[K"


class Progress:
    """Counts finished sessions."""

    def __init__(self, total: int, out: TextIO) -> None:
        self._total, self._out = total, out
        self._live = out.isatty()
        self._began_s = self._shown_s = time.monotonic()
        self._done = 0

    def step(self, written: int, what: str) -> None:
        """One more session is done; `written`: bytes so far, `what`: the session."""
        self._done += 1
        now = time.monotonic()
        if self._live or now - self._shown_s >= _PLAIN_EVERY_S:
            self._shown_s = now
            left_s = (now - self._began_s) / self._done * (self._total - self._done)
            wait = f", {left_s / 60:.0f} min left" if left_s >= 60 else ""
            line = f"{self._done} of {self._total} sessions, {written / 1e6:.1f} MB{wait}: {printable(what)}"
            self._out.write(f"{_ERASE}{line}" if self._live else f"{line}\n")
            self._out.flush()

    def end(self) -> None:
        """Leave no line behind."""
        if self._live:
            self._out.write(_ERASE)
            self._out.flush()
