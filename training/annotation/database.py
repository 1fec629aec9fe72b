"""The file of a project: SQLite, its tables, and what its errors mean in words.

Write-ahead logging lets the page read while it saves. `synchronous=FULL`: a keystroke is acknowledged when it is on
the disk, so that neither a killed server nor a power cut loses it; a coder's keystroke can wait the milliseconds.
Rows of `acts` are never changed. A sequence takes with it, when it is erased, all that was ever coded of it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.contract.errors import DataError, StorageError
from training.annotation.acts import ActError

FILE = "project.db"
FORMAT = 1
_APPLICATION = 0x41466378  # SQLite's application_id: a project of coding, and no other database
_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sequences (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, participant TEXT NOT NULL, kind TEXT NOT NULL,
    path TEXT NOT NULL, ordered INTEGER NOT NULL, count INTEGER, neutral TEXT NOT NULL
);
CREATE TABLE contents (
    sequence INTEGER NOT NULL REFERENCES sequences ON DELETE CASCADE, name TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (sequence, name)
) WITHOUT ROWID;
CREATE TABLE coders (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, client TEXT NOT NULL DEFAULT '',
    alive REAL NOT NULL DEFAULT 0, sequence INTEGER REFERENCES sequences ON DELETE SET NULL,
    place INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE memos (
    coder INTEGER NOT NULL REFERENCES coders, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (coder, name)
) WITHOUT ROWID;
CREATE TABLE acts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, coder INTEGER NOT NULL REFERENCES coders, client TEXT NOT NULL,
    number INTEGER NOT NULL, at REAL NOT NULL, sequence INTEGER REFERENCES sequences ON DELETE CASCADE,
    act BLOB NOT NULL, way INTEGER NOT NULL, of INTEGER, UNIQUE (client, number)
);
CREATE INDEX acts_of_coders ON acts (coder, id);
CREATE INDEX acts_of_sequences ON acts (sequence);
CREATE TRIGGER acts_stay BEFORE UPDATE ON acts BEGIN SELECT RAISE(ABORT, 'what was done stays'); END;
CREATE TABLE befores (
    act INTEGER NOT NULL REFERENCES acts ON DELETE CASCADE, kind TEXT NOT NULL, name NOT NULL, value TEXT,
    PRIMARY KEY (act, kind, name)
) WITHOUT ROWID;
CREATE TABLE states (
    coder INTEGER NOT NULL REFERENCES coders, sequence INTEGER NOT NULL REFERENCES sequences ON DELETE CASCADE,
    kind TEXT NOT NULL, name NOT NULL, value TEXT NOT NULL, submitted INTEGER NOT NULL, judged TEXT NOT NULL,
    PRIMARY KEY (coder, sequence, kind, name)
) WITHOUT ROWID;
CREATE INDEX states_of_sequences ON states (sequence);
CREATE INDEX states_done ON states (coder, sequence, kind, submitted, judged);
"""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY_S = 10.0


class Database:
    """One connection that threads share, each transaction for itself."""

    def __init__(self, path: Path) -> None:
        """Open a project's file.

        Raises:
            StorageError: it cannot be opened or written.
            DataError: it is damaged, none of ours, or made by a later version.
        """
        self.path = path
        self._lock = threading.RLock()
        with sentences(path):
            self._db = _connect(path)
            try:
                self._require_ours()
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.execute("UPDATE settings SET value = value WHERE name = ''")  # whether it can be written
            except BaseException:
                self._db.close()
                raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on the disk when this ends; undone when it raises. Raises as `sentences` says."""
        with self._lock, sentences(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The database, while nobody else in this process uses it. Raises as `sentences` says."""
        with self._lock, sentences(self.path):
            yield self._db

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _require_ours(self) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION:
            raise DataError(f"{self.path} is not a project of `annotate`: name the folder of one.")
        if version > FORMAT:
            raise DataError(f"{self.path} was made by a later version of this program: install that one.")
        if self._db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise _damaged(self.path)


@contextmanager
def made_anew(path: Path) -> Iterator[sqlite3.Connection]:
    """A database to be filled, with its tables; at `path` and for its owner alone when this ends, or not there.

    Raises as `sentences` says.
    """
    part = path.with_name(f".{path.name}.part")
    with sentences(path):
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            db = _connect(part)
            try:
                db.executescript(f"PRAGMA application_id={_APPLICATION}; PRAGMA user_version={FORMAT}; {_SCHEMA}")
                db.execute("BEGIN")
                yield db
                db.execute("COMMIT")
            finally:
                db.close()
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
            part.with_name(f"{part.name}-journal").unlink(missing_ok=True)


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Say what is wrong with a project's file.

    Raises:
        StorageError: it cannot be opened or written, or the disk is full; what was saved before stays.
        DataError: it is damaged, also in what stands there, or not a database.
        ActError: what is written belongs to a participant who was erased meanwhile.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _told(path, error) from error
    except (ValueError, KeyError) as error:  # of what stands there; also of what SQLite says of a damaged schema
        raise _damaged(path) from error
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror or error}): check its folder, and who owns it."
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    db.text_factory = lambda raw: raw.decode(errors="replace")  # damage is found where a text is read
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA secure_delete=ON")
    return db


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} is damaged, or no project: put back a copy of it; nothing in it was changed.")


def _told(path: Path, error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _DAMAGED:
        return _damaged(path)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StorageError(
            f"{path} cannot be saved, for the disk is full or fails: free some space; what was saved stays."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StorageError(
            f"{path} cannot be written: allow it to be, with its folder, or copy the folder elsewhere."
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        return ActError(f"What this is about was erased from {path} meanwhile: open the project anew.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(f"{path} is held by another program: end it, and try again.")
    return StorageError(f"{path} cannot be used ({error}): put back a copy of it.")
