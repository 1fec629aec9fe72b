"""A day of each box's numbers, in buckets of five minutes: what sparklines are drawn of. Nothing clinical is among
them.

Buckets are gathered in memory and written once a minute, so a crash costs a minute. A bucket that is begun when the
watch starts is gone on with. Times are the database's, in whole seconds since 1970.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Self

from cloud.watch.fields import number, queue, seen_ms
from cloud.watch.sqlite import File
from device.contract.errors import StorageError

FILE = "history.db"
BUCKET_S = 300
_MOST_UNWRITTEN = 50_000  # buckets, while the disk is full
KEPT_S = 24 * 3600
#: Name → the dotted path in telemetry, and its unit.
FIELDS = {
    "rate": ("frames.rate", "frames a second"),
    "ms": ("ms.total", "milliseconds a frame"),
    "cpu": ("host.cpu", "per cent of a core"),
    "memory": ("host.memory", "per cent"),
    "temperature": ("host.temperature", "degrees Celsius"),
    "queue": ("", "documents"),
    "lag": ("lag", "seconds"),
    "disk": ("disk.free", "MB"),
}
_COLUMNS = [f"{name}_{part}" for name in FIELDS for part in ("n", "low", "sum", "high")]
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS buckets (
    device TEXT NOT NULL, at INTEGER NOT NULL, {", ".join(f"{name} REAL" for name in _COLUMNS)},
    PRIMARY KEY (device, at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_time ON buckets (at);
"""
_WRITE = f"INSERT OR REPLACE INTO buckets VALUES (?, ?{', ?' * len(_COLUMNS)})"


@dataclass(frozen=True)
class Bucket:
    """Five minutes of one number, from `at_s` on, seconds since 1970."""

    at_s: int
    low: float
    mean: float
    high: float


class _Open:
    """The bucket of one box that is being filled: of each field count, least, sum and most."""

    __slots__ = ("at_s", "is_new", "parts")

    def __init__(self, at_s: int, parts: list[Any] | None = None) -> None:
        self.at_s = at_s
        self.parts: list[Any] = parts or [None] * len(_COLUMNS)
        self.is_new = False

    def add(self, values: list[float | None]) -> None:
        for index, value in enumerate(values):
            if value is None:
                continue
            at = 4 * index
            count, low, total, high = self.parts[at : at + 4]
            self.parts[at : at + 4] = (
                (count + 1, min(low, value), total + value, max(high, value)) if count else (1, value, value, value)
            )
            self.is_new = True


class History:
    """The buckets of all boxes. `add` is cheap; the rest reads and writes a file, and blocks."""

    def __init__(
        self,
        folder: Path,
        kept_s: float = KEPT_S,
        tell: Callable[[str], None] = lambda sentence: None,
        is_own: bool = True,
    ) -> None:
        """Raises `StorageError`."""
        self._file = File(folder / FILE, _SCHEMA, tell, is_own)
        self._kept_s = kept_s
        self._open: dict[str, _Open] = {}
        self._full: list[tuple[str, _Open]] = []
        self._lock = Lock()

    @classmethod
    def reading(cls, folder: Path) -> Self:
        """For pages, which write nothing; the watch may write meanwhile. Raises `StorageError`."""
        return cls(folder, is_own=False)

    def add(self, device: str, document: Any) -> None:
        """One document of telemetry. Raises `StorageError`."""
        with self._lock:
            self._add(device, document)

    def _add(self, device: str, document: Any) -> None:
        at_s = seen_ms(document) // 1000 // BUCKET_S * BUCKET_S
        found = self._open.get(device)
        if not at_s or (found is not None and at_s < found.at_s):
            return
        if found is None or at_s > found.at_s:
            if found is not None and found.is_new:
                self._full.append((device, found))
            found = self._open[device] = self._begun(device, at_s) if found is None else _Open(at_s)
        found.add([queue(document) if not path else number(document, path) for path, _ in FIELDS.values()])

    def write(self) -> None:
        """Write what was added, and let go of what is too old. Raises `StorageError`: it is kept for the next time."""
        with self._lock:
            full, self._full = self._full, []
            begun = [(device, one) for device, one in self._open.items() if one.is_new]
            rows = [(device, one.at_s, *one.parts) for device, one in (*full, *begun)]
            for _, one in begun:
                one.is_new = False
        if not rows:
            return
        try:
            with self._file() as db:
                db.executemany(_WRITE, rows)
                db.execute("DELETE FROM buckets WHERE at < ?", (max(row[1] for row in rows) - self._kept_s,))
        except StorageError:
            with self._lock:
                self._full = [*full, *self._full][-_MOST_UNWRITTEN:]
                for _, one in begun:
                    one.is_new = True
            raise

    def series(self, device: str, field: str) -> list[Bucket]:
        """What is kept of a number of one box, the oldest first; what was not measured is missing.

        Raises `StorageError`, and `KeyError` for a field that is none of `FIELDS`.
        """
        low, high, total, count = _parts(field)
        with self._file() as db:
            found = db.execute(
                f"SELECT at, {low}, {total} / {count}, {high} FROM buckets WHERE device = ? AND {count} > 0 "
                "ORDER BY at",
                (device,),
            ).fetchall()
        return [Bucket(*row) for row in found]

    def sparks(self, field: str, since_s: float = 0.0) -> dict[str, list[tuple[int, float]]]:
        """Box → (seconds since 1970, mean) of a number, the oldest first. Raises as `series`."""
        _, _, total, count = _parts(field)
        with self._file() as db:
            rows = db.execute(
                f"SELECT device, at, {total} / {count} FROM buckets WHERE at >= ? AND {count} > 0 ORDER BY device, at",
                (since_s,),
            )
            found: dict[str, list[tuple[int, float]]] = {}
            for device, at, mean in rows:
                found.setdefault(device, []).append((at, mean))
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _begun(self, device: str, at_s: int) -> _Open:
        with self._file() as db:
            row = db.execute("SELECT * FROM buckets WHERE device = ? AND at = ?", (device, at_s)).fetchone()
        return _Open(at_s, list(row[2:]) if row else None)


def _parts(field: str) -> tuple[str, str, str, str]:
    FIELDS[field]  # whoever asks names no column of their own
    return f"{field}_low", f"{field}_high", f"{field}_sum", f"{field}_n"
