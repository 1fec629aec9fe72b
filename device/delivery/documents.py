"""The table of documents in the outbox file: its schema, and one function per statement.

`totals` is kept by triggers, inside every transaction, so that counting and measuring cost the same whatever waits.
Each function works inside its caller's transaction.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from device.contract import patient
from device.delivery.kinds import Kind, kind_of, number_of
from device.delivery.sqlite import Connection

PENDING, DEAD = 0, 2
SCHEMA_2 = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    number INTEGER NOT NULL,
    records INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    reason TEXT
);
CREATE INDEX IF NOT EXISTS by_state ON documents (state, kind, id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS totals (
    state INTEGER, kind INTEGER, records INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (state, kind)
);
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON documents BEGIN
    UPDATE totals SET records = records + new.records, bytes = bytes + length(new.body)
    WHERE state = new.state AND kind = new.kind;
END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON documents BEGIN
    UPDATE totals SET records = records - old.records, bytes = bytes - length(old.body)
    WHERE state = old.state AND kind = old.kind;
END;
CREATE TRIGGER IF NOT EXISTS moved AFTER UPDATE OF state ON documents BEGIN
    UPDATE totals SET records = records - old.records, bytes = bytes - length(old.body)
    WHERE state = old.state AND kind = old.kind;
    UPDATE totals SET records = records + new.records, bytes = bytes + length(new.body)
    WHERE state = new.state AND kind = new.kind;
END;
""" + "\n".join(
    f"INSERT OR IGNORE INTO totals (state, kind) VALUES ({state}, {kind.value});"
    for state in (PENDING, DEAD)
    for kind in Kind
)
#: What format 3 has beside that: whom a session (`DEVICE/SESSION`) watches, also after the note that says so was sent.
SCHEMA_3 = """
CREATE TABLE people (session TEXT PRIMARY KEY, person TEXT NOT NULL);
"""
_INSERT = "INSERT OR IGNORE INTO documents (path, body, checksum, kind, number, records) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Document:
    """One document as it is kept, without the place where: `records` is how many it stands for."""

    path: str
    body: bytes
    records: int
    state: int = PENDING
    reason: str | None = None


@dataclass(frozen=True)
class Row:
    """One document as it stands in the file; `records` is how many it stands for, 0 for a note."""

    id: int
    path: str
    body: bytes
    checksum: int
    kind: int
    records: int

    def sound(self) -> bool:
        """Whether path and body are what was written."""
        return is_sound(self.path, self.body, self.checksum)


def insert(db: Connection, items: Iterable[tuple[str, bytes]]) -> None:
    """Add documents (path, body); a path that is already there is left as it is."""
    for path, body in items:
        db.execute(_INSERT, _values(path, body, int(kind_of(path) != Kind.NOTE)))
        remember(db, path, body)


def restore(db: Connection, document: Document) -> bool:
    """Add a document of another file in the state that it had, unless its path is there already; whether it is new."""
    added = db.execute(_INSERT, _values(document.path, document.body, document.records))
    if added.rowcount and document.state == DEAD:
        bury(db, [added.lastrowid or 0], document.reason or "")
    return bool(added.rowcount)


def remember(db: Connection, path: str, body: bytes) -> None:
    """Keep in mind whom a session watches, if this is the document that says so."""
    if path.startswith(f"{patient.ROOT}/"):
        with suppress(ValueError, RecursionError):
            session = path.partition("/")[2]
            db.execute("INSERT OR REPLACE INTO people VALUES (?, ?)", (session, str(json.loads(body))))


def keep_notes(db: Connection, notes: Mapping[str, str]) -> None:
    """Keep texts under their names."""
    db.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", notes.items())


def remove(db: Connection, documents: Iterable[tuple[int, str]]) -> None:
    """Remove documents (id, path); both must match, since a new file numbers anew."""
    db.executemany("DELETE FROM documents WHERE id = ? AND path = ?", documents)


def bury(db: Connection, ids: Iterable[int], reason: str) -> None:
    """Keep documents apart, with the reason."""
    db.executemany("UPDATE documents SET state = ?, reason = ? WHERE id = ?", [(DEAD, reason, row) for row in ids])


def newest(db: Connection) -> int:
    """The highest id, 0 without any."""
    return int(db.execute("SELECT coalesce(max(id), 0) FROM documents").fetchone()[0])


def pending(
    db: Connection, kind: Kind, limit: int, newest_history: int, live: bool, not_these: Collection[int]
) -> list[Row]:
    """Pending documents of a kind that weigh up to `limit` records, at least one; damaged ones are buried.

    Args:
        newest_history: the highest id that is history; higher ones are live.
        live: the oldest live ones, else the newest historic ones.
        not_these: ids to leave out.
    """
    part, order = (">", "ASC") if live else ("<=", "DESC")
    found = db.execute(
        "SELECT id, path, body, checksum, kind, records FROM documents"
        f" WHERE state = ? AND kind = ? AND id {part} ? ORDER BY id {order} LIMIT ?",
        (PENDING, kind, newest_history, limit + len(not_these)),
    ).fetchall()
    rows = [row for row in (Row(*values) for values in found) if row.id not in not_these]
    broken = [row.id for row in rows if not row.sound()]
    bury(db, broken, "damaged on the disk")
    return _within([row for row in rows if row.id not in broken], limit)


def substitute(db: Connection, rows: list[Row], path: str, body: bytes) -> Row:
    """One document in the place of several; it stands for their records."""
    remove(db, [(row.id, row.path) for row in rows])
    values = _values(path, body, len(rows))
    added = db.execute(_INSERT, values)
    return Row(added.lastrowid or 0, path, body, values[2], values[3], len(rows))


def _values(path: str, body: bytes, records: int) -> tuple[str, bytes, int, int, int, int]:
    return path, body, checksum(path, body), kind_of(path), number_of(path), records


def is_sound(path: Any, body: Any, check: Any) -> bool:
    """Whether path and body of a document, as they were read, are what was written."""
    return isinstance(path, str) and isinstance(body, bytes) and check == checksum(path, body)


def checksum(path: str, body: bytes) -> int:
    """What tells whether a document was damaged on the disk."""
    return zlib.crc32(body, zlib.crc32(path.encode()))


def _within(rows: list[Row], limit: int) -> list[Row]:
    weight = 0
    for at, row in enumerate(rows):
        weight += row.records
        if weight > limit:
            return rows[: max(at, 1)]
    return rows
