"""The seam to where records go, and the simplest implementation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from device.closing import Closing
from device.contract.fields import Json


@dataclass(frozen=True)
class Line:
    """A record ready to be written: its database path and its canonical JSON."""

    path: str
    body: bytes


class Sink(Protocol):
    """Takes records in groups; when `write` returns, a `kill -9` no longer loses them."""

    def write(self, lines: Sequence[Line]) -> None:
        """Keep the records. Raises `SinkError` or `OutboxError`."""

    def tell(self, event: Json) -> None:
        """Keep an event of a session; see `device.contract.session`. Raises `SinkError` or `OutboxError`."""

    def close(self) -> None:
        """Let go of files and connections. May be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class MemorySink(Closing):
    """Keeps the records in a list; for tests and measurements."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.events: list[Json] = []

    def write(self, lines: Sequence[Line]) -> None:
        self.lines += lines

    def tell(self, event: Json) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass
