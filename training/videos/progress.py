"""Progress over videos: one line that is rewritten in a terminal, a line every few seconds elsewhere."""

import time
from typing import TextIO

_WIDTH = 30
_PLAIN_EVERY_S = 10.0


class Bar:
    """Counts finished videos and their faces."""

    def __init__(self, total: int, out: TextIO) -> None:
        self._total, self._out = total, out
        self._live = out.isatty()
        self._began_s = self._shown_s = time.monotonic()
        self._done = self._faces = 0
        if self._live and total:
            self._write(self._began_s)

    def step(self, faces: int) -> None:
        """One more video is finished."""
        self._done, self._faces = self._done + 1, self._faces + faces
        now = time.monotonic()
        if self._live or self._done == self._total or now - self._shown_s >= _PLAIN_EVERY_S:
            self._write(now)

    def end(self) -> None:
        """Leave the line."""
        if self._live and self._total:
            self._out.write("\n")
            self._out.flush()

    def _write(self, now_s: float) -> None:
        self._shown_s = now_s
        full = "█" * (_WIDTH * self._done // max(self._total, 1))
        left_s = (now_s - self._began_s) / self._done * (self._total - self._done) if self._done else 0.0
        wait = f", {left_s / 60:.0f} min left" if self._done < self._total and self._done else ""
        line = f"{full:░<{_WIDTH}} {self._done} of {self._total} videos, {self._faces} faces{wait}"
        self._out.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        self._out.flush()
