"""The outbox: records that are safe on disk and on their way to the database.

                 append              lease                   done
    (recorder) ─────────► pending ─────────► inflight ─────────────► gone
                             ▲  ▲               │  │
                             │  └── retry(due) ─┘  └── bury(reason) ─► dead
                             │
               at start: every inflight, and every delay, is pending again

- *Durable before anyone hears of it.* `append` returns after the commit. The file is in WAL mode with
  `synchronous=FULL`: each commit is synced, so it outlives a power cut and not only a `kill -9`; NORMAL would be
  faster and lose the newest commits. Records are committed in groups (see `device/recorder.py`) to spare the card.
- *Nothing doubled.* A record's path is its identity, and unique here; the database is written by path, so sending an
  inflight record again after a crash changes nothing.
- *Bounded.* Above `max_mb` the oldest pending records are dropped, and counted in `dropped`.
- *Refused records* are kept apart as `dead`, with the reason, and never sent again.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.closing import Closing
from device.contract.errors import OutboxError
from device.state import state_folder

PENDING, INFLIGHT, DEAD = 0, 1, 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    reason TEXT
);
CREATE INDEX IF NOT EXISTS by_state ON records (state, due, id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class OutboxSettings:
    """See `config.toml` for each."""

    path: str = ""
    max_mb: float = 500.0

    def file(self) -> Path:
        """The outbox file: `path`, else in the state folder."""
        return Path(self.path) if self.path else state_folder() / "outbox.db"


@dataclass(frozen=True)
class Entry:
    """One record on its way: row id, database path, canonical JSON."""

    id: int
    path: str
    body: bytes


@dataclass(frozen=True)
class Counts:
    """Records by state, records ever dropped for want of room, and bytes of the records kept."""

    pending: int
    inflight: int
    dead: int
    dropped: int
    bytes: int


class Outbox(Closing):
    """A durable queue in one SQLite file; safe to use from several threads of one process."""

    def __init__(self, path: Path, max_mb: float) -> None:
        """Open or make the file, and return what was inflight to pending.

        Raises:
            OutboxError: the folder cannot be written, the file is damaged, or another daemon has it open.
        """
        self._path = path
        self._max_bytes = int(max_mb * 1e6)
        self._lock = threading.Lock()
        self._last: Counts | None = None
        self._guard = _lock_file(path)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)
            self._db.execute(
                "UPDATE records SET state = ?, due = 0 WHERE state IN (?, ?)", (PENDING, PENDING, INFLIGHT)
            )
            self._bytes: int = self._one("SELECT coalesce(sum(length(body)), 0) FROM records")
        except sqlite3.Error as error:
            os.close(self._guard)
            raise OutboxError(f"The outbox {path} cannot be used ({error}): move it aside and start again.") from error

    def append(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Commit records (path, body). A path that is already here is left as it is. Raises `OutboxError`."""
        with self._transaction():
            for path, body in items:
                done = self._db.execute("INSERT OR IGNORE INTO records (path, body) VALUES (?, ?)", (path, body))
                self._bytes += len(body) * done.rowcount
            self._make_room()

    def lease(self, limit: int, now: float) -> list[Entry]:
        """Take up to `limit` of the oldest pending records that are due, and mark them inflight."""
        with self._transaction():
            rows = self._db.execute(
                "SELECT id, path, body FROM records WHERE state = ? AND due <= ? ORDER BY id LIMIT ?",
                (PENDING, now, limit),
            ).fetchall()
            self._mark(INFLIGHT, [row[0] for row in rows])
        return [Entry(*row) for row in rows]

    def done(self, entries: Iterable[Entry]) -> None:
        """The database has acknowledged these; they leave the outbox."""
        with self._transaction():
            for entry in entries:
                self._db.execute("DELETE FROM records WHERE id = ?", (entry.id,))
                self._bytes -= len(entry.body)

    def retry(self, entries: Iterable[Entry], due: float) -> None:
        """These could not be sent; they are pending again, from `due` (monotonic seconds) on."""
        with self._transaction():
            self._mark(PENDING, [entry.id for entry in entries], due=due)

    def bury(self, entries: Iterable[Entry], reason: str) -> None:
        """The database refuses these for what they are; they are kept apart with the reason."""
        with self._transaction():
            self._mark(DEAD, [entry.id for entry in entries], reason=reason)

    def counts(self) -> Counts:
        """How much is where; after `close`, how much was."""
        with self._lock:
            if self._last is not None:
                return self._last
            return self._count()

    def close(self) -> None:
        """Close the file; what is in it stays. May be called twice."""
        with self._lock:
            if self._last is None:
                self._last = self._count()
                self._db.close()
                os.close(self._guard)

    def _count(self) -> Counts:
        by_state = dict(self._db.execute("SELECT state, count(*) FROM records GROUP BY state").fetchall())
        dropped = self._one("SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'dropped'")
        return Counts(by_state.get(PENDING, 0), by_state.get(INFLIGHT, 0), by_state.get(DEAD, 0), dropped, self._bytes)

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes:
            row = self._db.execute(
                "SELECT id, length(body) FROM records WHERE state = ? ORDER BY id LIMIT 1", (PENDING,)
            ).fetchone()
            if row is None:
                return
            self._db.execute("DELETE FROM records WHERE id = ?", (row[0],))
            self._db.execute(
                "INSERT INTO counters VALUES ('dropped', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
            )
            self._bytes -= row[1]

    def _mark(self, state: int, ids: list[int], due: float = 0.0, reason: str | None = None) -> None:
        rows = [(state, due, reason, row) for row in ids]
        self._db.executemany("UPDATE records SET state = ?, due = ?, reason = ? WHERE id = ?", rows)

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            if self._last is not None:
                raise OutboxError(f"The outbox {self._path} is closed.")
            before = self._bytes
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._bytes = before
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise OutboxError(f"The outbox {self._path} cannot be written ({error}): free the disk.") from error


def _lock_file(path: Path) -> int:
    """Take the lock that keeps a second daemon off this outbox; it ends with the process. Raises `OutboxError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        guard = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutboxError(f"{path.parent} cannot be written ({error.strerror}): set outbox.path elsewhere.") from error
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(guard)
        raise OutboxError(
            f"Another daemon is using the outbox {path}: stop it, or set outbox.path elsewhere."
        ) from error
    return guard
