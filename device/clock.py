"""Time on a box without a clock battery: monotonic for durations, wall time with a statement of trust.

The wall clock is trusted when the kernel says that it is being disciplined (`adjtimex` does not answer TIME_ERROR),
which holds for any NTP client. Source: adjtimex(2). On other systems than Linux, where commands run and no box, the
wall clock is not trusted, for nobody was asked, and each start counts as one of the machine.
"""

import ctypes
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

_TIME_ERROR = 5
_TIMEX_BYTES = 256  # struct timex is 208 bytes on 64-bit Linux
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the daemon asks about time."""

    def monotonic(self) -> float:
        """Seconds since the machine started, never backwards."""

    def wall(self) -> float:
        """Seconds since 1970, as far as the machine knows."""

    def trusted(self) -> bool:
        """Whether the wall clock is synchronized."""

    def boot(self) -> str:
        """This start of the daemon: eight hexadecimal digits of the kernel's boot id, `-`, milliseconds at start."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._kernel_boot = _kernel_boot()
        self._started_ms = time.monotonic_ns() // 1_000_000
        self._adjtimex = _adjtimex()

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def trusted(self) -> bool:
        if self._adjtimex is None:
            return False
        state: int = self._adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return 0 <= state < _TIME_ERROR

    def boot(self) -> str:
        return f"{self._kernel_boot}-{self._started_ms:010x}"


class FakeClock:
    """A clock that stands still until it is told to move; for tests and for trying what a jump does."""

    def __init__(self, monotonic: float = 1.0, wall: float = 1_000_000_000.0, trusted: bool = True) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._trusted = trusted
        self._boot = f"fa4eb007-{int(monotonic * 1000):010x}"

    def monotonic(self) -> float:
        return self._monotonic

    def wall(self) -> float:
        return self._wall

    def trusted(self) -> bool:
        return self._trusted

    def boot(self) -> str:
        return self._boot

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self._monotonic += seconds
        self._wall += seconds

    def set_wall(self, wall: float, trusted: bool) -> None:
        """Make the wall clock jump, as when the network comes back."""
        self._wall, self._trusted = wall, trusted


def _kernel_boot() -> str:
    """Eight hexadecimal digits of this start of the machine."""
    try:
        return _BOOT_ID.read_text().strip()[:8]
    except OSError:  # no Linux
        return secrets.token_hex(4)


def _adjtimex() -> Callable[[Any], int] | None:
    """The kernel's own word on the clock; None where there is no such call."""
    return getattr(ctypes.CDLL(None), "adjtimex", None) if sys.platform == "linux" else None
