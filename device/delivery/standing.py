"""How delivery stands, in a small file for the box's own page: what waits, what is in the way, what was last sent.

It is in the state folder, for the processes that deliver take turns and the page belongs to another. It is not synced:
after a power cut there is an old one, or none, until the next process tells.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from device.clock import Clock
from device.contract.fields import LONGEST
from device.contract.typed import typed
from device.state import state_folder

_TELL_S = 60.0
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Standing:
    """How delivery stands.

    Attributes:
        wall: when that was, seconds since 1970.
        waiting: documents that wait to be sent.
        trouble: why they are not sent; "" if nothing is in the way.
        sent: when the database last took something, seconds since 1970; 0: not since the process began.
    """

    wall: float
    waiting: int
    trouble: str
    sent: float


def standing_file() -> Path:
    """Where it is."""
    return state_folder() / "delivery.json"


def read_standing() -> Standing | None:
    """What was told last; None if nothing was, or it cannot be read."""
    try:
        with standing_file().open("rb") as file:
            standing: Standing = typed(Standing, json.loads(file.read(_MOST_BYTES)))
    except (OSError, ValueError, RecursionError):
        return None
    return standing


class Teller:
    """Tells it: once a minute, and at once when something else is in the way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told_s: float | None = None
        self._trouble = ""
        self._taken = 0
        self._sent_wall = 0.0

    def is_due(self, trouble: str, taken: int) -> bool:
        """Whether to tell now; `taken`: documents that the database took since the process began."""
        if taken > self._taken:
            self._taken, self._sent_wall = taken, self._clock.wall()
        late = self._told_s is None or self._clock.monotonic() - self._told_s >= _TELL_S
        return late or trouble != self._trouble

    def tell(self, trouble: str, waiting: int) -> None:
        """Write the file; a disk that does not take it is no trouble here."""
        self._told_s, self._trouble = self._clock.monotonic(), trouble
        standing = Standing(self._clock.wall(), waiting, _plain(trouble), self._sent_wall)
        path = standing_file()
        part = path.with_suffix(".part")
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(json.dumps(asdict(standing)).encode())
            part.replace(path)


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:LONGEST]
