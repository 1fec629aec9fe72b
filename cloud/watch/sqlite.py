"""SQLite files that the watch writes and pages read: each of one owner, made anew where it is damaged."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from device.contract.errors import StorageError

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY = 0xFF  # the low byte of an extended result code is its primary code; https://sqlite.org/rescode.html
_BUSY_S = 5.0


class File:
    """One file with one schema; may be used from several threads. A damaged one is set aside and begun anew."""

    def __init__(
        self,
        path: Path,
        schema: str,
        tell: Callable[[str], None] = lambda sentence: None,
        is_own: bool = True,
    ) -> None:
        """`schema`: statements that may be repeated; `is_own`: whether a damaged file may be set aside, for there is
        no other process that writes it. Raises `StorageError`."""
        self._is_own = is_own
        self.path = path
        self._schema = schema
        self._tell = tell
        self._lock = RLock()
        self._db = self._opened()

    @contextmanager
    def __call__(self) -> Iterator[sqlite3.Connection]:
        """The open file within a transaction.

        Raises:
            StorageError: it cannot be read or written: a full disk, or it was found damaged and was made anew.
        """
        with self._lock:
            try:
                with self._db:
                    yield self._db
            except sqlite3.Error as error:
                if self._is_own and _is_damage(error):
                    self._db.close()
                    self._db = self._anew()
                raise StorageError(f"{self.path.name} cannot be used ({error}).") from None

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._db.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._connected()
        except sqlite3.Error as error:
            if self._is_own and _is_damage(error):
                return self._anew()
            raise StorageError(f"{self.path} cannot be opened ({error}): check its folder and disk.") from None
        except OSError as error:
            raise StorageError(f"{self.path} cannot be made ({error.strerror}): check its folder.") from None

    def _connected(self) -> sqlite3.Connection:
        with suppress(OSError):  # SQLite says it better
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(self.path, timeout=_BUSY_S, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            if self._is_own and (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(f"damaged: {found}")
            db.executescript(self._schema)
        except BaseException:
            db.close()
            raise
        return db

    def _anew(self) -> sqlite3.Connection:
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.time_ns() // 1_000_000}")
        self.path.replace(aside)
        for end in ("-wal", "-shm"):
            with suppress(OSError):
                self.path.with_name(self.path.name + end).unlink()
        self._tell(f"{self.path.name} was damaged; it is kept as {aside.name}, and a new one was begun.")
        return self._connected()


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return str(error).startswith("damaged: ") or (code is not None and code & _PRIMARY in _DAMAGED)
