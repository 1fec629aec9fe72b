"""One SQLite file that survives a power cut, a full disk and its own corruption; what it holds is its user's affair.

*Power cut.* The journal is a write-ahead log and `synchronous` is FULL: every commit ends with a sync of the log, so
what was committed is there after the cut. With NORMAL the log is synced at checkpoints only: the file stays sound, but
the newest commits (hundreds of records in our trials) are gone, and they had been shown as kept. EXTRA adds a sync of
the folder when a rollback journal is deleted, and a log is not deleted. The price is one sync a commit, four a second.

*Full disk.* `StoreFullError`; the transaction is undone, the next one tries again. Space inside the file and inside
its log is used again (the log is first moved into the file), so removing documents mostly goes on when the disk has no
room for new ones.

*Corruption.* A file that is no database, is malformed or is of another format is set aside under the name
`FILE.damaged-N`, with its log, and a new one is begun; the transaction that met the damage is run again on that.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from device.closing import Closing
from device.contract.errors import OutboxError

Connection = sqlite3.Connection
_T = TypeVar("_T")
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY = 0xFF  # the low byte of an extended result code is its primary code; https://sqlite.org/rescode.html


class StoreFullError(OutboxError):
    """The disk has no room, or does not take the write; nothing was changed."""


class Store(Closing):
    """Transactions on one file, which no second process can open; its user lets one thread in at a time."""

    def __init__(self, path: Path, schema: str, version: int) -> None:
        """Open the file, or make it with `schema`, which must bear being run again.

        Args:
            version: the number of the schema; a file with another one is set aside.

        Raises:
            OutboxError: the folder cannot be written, or another daemon has the file open.
        """
        self._path = path
        self._schema = schema
        self._version = version
        self.generation = 0  # grows when a new file is begun
        self._guard = _lock_file(path)
        self._closed = False
        self._db: Connection | None = None
        try:
            self._db = self._open_or_begin_anew()
        except sqlite3.Error as error:
            os.close(self._guard)
            raise OutboxError(f"The outbox {path} cannot be used ({error}): free the disk.") from error

    def commit(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` in a transaction and return what it returns. May run it twice: see 'Corruption'.

        Raises:
            StoreFullError: there is no room; nothing was changed.
            OutboxError: any other failure; nothing was changed.
        """
        try:
            return self._run_with_room(work)
        except sqlite3.Error as error:
            code = _code(error)
            if code in _FULL:
                raise StoreFullError(f"The outbox {self._path} has no room ({error}): free the disk.") from error
            if code not in _DAMAGED:
                raise OutboxError(f"The outbox {self._path} fails ({error}).") from error
        try:
            self._begin_anew()
            return self._run(work)
        except sqlite3.Error as error:
            raise StoreFullError(f"No new outbox can be begun at {self._path} ({error}).") from error

    def damaged(self) -> int:
        """How many files were set aside, ever."""
        return sum(not name.endswith(("-wal", "-shm")) for name in self._aside())

    def close(self) -> None:
        """Close the file; what is in it stays. May be called twice."""
        if not self._closed:
            self._closed = True
            self._let_go()
            os.close(self._guard)

    def _run_with_room(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work`; when the log cannot grow, move it into the file, where its room can be used again, and retry."""
        try:
            return self._run(work)
        except sqlite3.Error as error:
            if _code(error) not in _FULL or self._db is None:
                raise
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(RESTART)")
        return self._run(work)

    def _run(self, work: Callable[[Connection], _T]) -> _T:
        if self._closed:
            raise OutboxError(f"The outbox {self._path} is closed.")
        if self._db is None:
            self._db = self._open()
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            result = work(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return result

    def _open_or_begin_anew(self) -> Connection:
        try:
            return self._open()
        except sqlite3.Error as error:
            if _code(error) not in (*_DAMAGED, sqlite3.SQLITE_ERROR):
                raise
        self._set_aside()
        return self._open()

    def _open(self) -> Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and version != self._version:
                raise sqlite3.OperationalError(f"format {version}, not {self._version}")
            db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + self._schema)
            db.execute(f"PRAGMA user_version = {self._version}")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _begin_anew(self) -> None:
        self._let_go()
        self._set_aside()
        self.generation += 1
        self._db = self._open()

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _set_aside(self) -> None:
        number = 1
        while any(name.startswith(f"{self._path.name}.damaged-{number}") for name in self._aside()):
            number += 1
        for ending in ("-wal", "-shm", ""):
            part = Path(f"{self._path}{ending}")
            try:
                if part.exists():
                    part.rename(f"{self._path}.damaged-{number}{ending}")
            except OSError as error:
                raise OutboxError(
                    f"{part} is damaged and cannot be set aside ({error.strerror}): replace the disk or card."
                ) from error

    def _aside(self) -> list[str]:
        return [path.name for path in self._path.parent.glob(f"{self._path.name}.damaged-*")]


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; errors of the Python layer have none and count as SQLITE_ERROR."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY


def _lock_file(path: Path) -> int:
    """Take the lock that keeps a second daemon off this file; it ends with the process. Raises `OutboxError`."""
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
