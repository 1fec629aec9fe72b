"""SQLite as the outbox uses it: one owner, formats with numbers, and what its errors mean."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Connection = sqlite3.Connection
DatabaseError = sqlite3.Error
_T = TypeVar("_T")
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BAD_SECTOR = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS)
_PRIMARY = 0xFF  # the low byte of an extended result code is its primary code; https://sqlite.org/rescode.html


class NewerFormatError(Exception):
    """A file is of format `version`, which is later than ours."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True)
class Format:
    """What a file holds: `schema` makes it anew, and `migrations[n]` makes format n + 1 of format n, from 1 on; every
    statement of both ends with its line."""

    version: int
    schema: str
    migrations: Mapping[int, Callable[[Connection], None]]


def connect(path: Path) -> Connection:
    """Open a file for us alone, readable by its owner alone; make it if it is not there.

    Who is alone needs no shared memory beside the file, which could not be made on a full disk.
    """
    with suppress(OSError):  # SQLite says it better
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.text_factory = lambda raw: raw.decode(errors="replace")  # damaged text is the checksums' affair, not an error
    db.execute("PRAGMA locking_mode=EXCLUSIVE")
    return db


def open_as(path: Path, layout: Format) -> Connection:
    """Open a file and bring it to a format in one transaction; what is of that format already is not written to.

    Raises:
        NewerFormatError: it is of a later one.
        DatabaseError: see `is_full`, `is_damage`.
    """
    db = connect(path)
    try:
        version = version_of(db)
        if version > layout.version:
            raise NewerFormatError(version)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        if version < layout.version:
            transact(db, lambda db: _bring_up(db, version, layout))
    except BaseException:
        db.close()
        raise
    return db


def version_of(db: Connection) -> int:
    """The number of a file's format, 0 for an empty file; the first format had no number. Raises `DatabaseError`."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(version) or int(tables > 0)


def transact(db: Connection, work: Callable[[Connection], _T]) -> _T:
    """Run `work` in a transaction: all of it, or none."""
    try:
        db.execute("BEGIN IMMEDIATE")
        result = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def execute_all(db: Connection, script: str) -> None:
    """Run statements, each of which ends with its line, inside the caller's transaction."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk has no room, or does not take a write."""
    return _code(error) in _FULL


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not sound, or the disk cannot read it."""
    return _code(error) in _DAMAGED


def is_strange(error: sqlite3.Error) -> bool:
    """Whether the file is a database, but none of ours."""
    return _code(error) == sqlite3.SQLITE_ERROR


def _bring_up(db: Connection, version: int, layout: Format) -> None:
    if version == 0:
        execute_all(db, layout.schema)
    else:
        for number in range(version, layout.version):
            layout.migrations[number](db)
    db.execute(f"PRAGMA user_version = {layout.version}")


def _code(error: sqlite3.Error) -> int:
    """The primary result code; errors of the Python layer have none and count as SQLITE_ERROR."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return sqlite3.SQLITE_CORRUPT if code in _BAD_SECTOR else code & _PRIMARY
