"""What a command shows while it works: nobody reading it, or a disk that does not take it, stops no work."""

import select
import time
from typing import TextIO

from device.contract.command import to_nowhere, warn

_EVERY_S = 0.25


class Display:
    """Text for whoever looks on. `live`: a terminal, on which one line is rewritten."""

    def __init__(self, out: TextIO) -> None:
        self._out: TextIO | None = out
        self.live = out.isatty()
        self._begun = False

    def say(self, text: str) -> None:
        """Lines that stay."""
        self._write(("\n" if self._begun else "") + text + "\n")
        self._begun = False

    def status(self, line: str) -> None:
        """On a terminal the line that is rewritten, elsewhere a line; left out while nobody takes it."""
        if self._ready():
            self._write(f"\r\x1b[K{line}" if self.live else f"{line}\n")
            self._begun = self.live

    def end(self) -> None:
        """What comes next begins a new line."""
        if self._begun:
            self._write("\n")
            self._begun = False

    def _ready(self) -> bool:
        try:
            return self._out is not None and bool(select.select([], [self._out], [], 0)[1])
        except (OSError, ValueError):  # no file of the system
            return True

    def _write(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            self._give_up()
        except (OSError, ValueError) as error:
            self._give_up()
            warn(f"Nothing can be shown ({error}); the work goes on.")

    def _give_up(self) -> None:
        to_nowhere(self._out)
        self._out = None


class Ticker:
    """How far a command has come, on a terminal; elsewhere nothing."""

    def __init__(self, count: int, out: TextIO, done: str = "") -> None:
        """`count` is how many pictures there are; 0 where that is not known. `done`: what is done with them, in a
        word."""
        self._what = f"pictures {done}".rstrip()
        self._display, self._count = Display(out), count
        self._began_s = self._shown_s = time.monotonic()
        self._done = 0

    def tick(self) -> None:
        """One picture more."""
        self._done += 1
        now = time.monotonic()
        if self._display.live and now - self._shown_s >= _EVERY_S:
            self._shown_s = now
            self._display.status(self._line(now - self._began_s))

    def end(self) -> None:
        """What comes next begins a new line."""
        self._display.end()

    def _line(self, took_s: float) -> str:
        rate = self._done / took_s
        if not self._count:
            return f"{self._done} {self._what}  {rate:.1f} a second"
        left_s = max(self._count - self._done, 0) / rate
        share = self._done / self._count
        return f"{self._done} of {self._count} {self._what}  {share:.0%}  {rate:.1f} a second  {_clock(left_s)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
