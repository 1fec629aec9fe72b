"""Reads an outbox file of any format that may be damaged, as far as it goes.

Documents are read in the order of their ids, straight from their table, without its indexes: where a page is damaged,
the documents on it are passed over. Where that leads nowhere, because what is damaged says where the others are, they
are read page by page. Only what its checksum vouches for is taken; the first format had none, and there a body must be
JSON.
"""

import json
import math
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.contract import telemetry
from device.delivery.documents import DEAD, PENDING, Document, is_sound
from device.delivery.migrations import upgraded
from device.delivery.pages import Pages, Row
from device.delivery.sqlite import Connection, DatabaseError, connect, version_of

_TRIES = 100_000  # ids that are passed over at a time, a few µs each: a damaged page holds no more
_OLDEST = "id, path, body, NULL, 1, state, reason FROM records"
_TODAY = "id, path, body, checksum, records, state, reason FROM documents"
_MOST_RECORDS = 100_000
_WIDTHS = (7, 10)  # columns of a document with the rowid before them, in the oldest format and today


@dataclass
class Reading:
    """A part of a file: documents with today's paths, and up to which id all was looked at.

    Attributes:
        flawed: whether a document in this part could not be read.
        ended: whether the file ends with this part; if it does, the rest is known:
        counters, notes, people: what the file holds beside documents.
        records: how many the documents of the whole file stand for; None where that cannot be known.
    """

    found: list[Document] = field(default_factory=list)
    last: int = 0
    flawed: bool = False
    ended: bool = False
    counters: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    records: int | None = None


def read(path: Path, after: int, limit: int) -> Reading:
    """Up to `limit` documents whose ids are above `after`; a file that is no database has none."""
    reading = Reading(last=after)
    try:
        with closing(connect(path)) as db:
            version = version_of(db)
            _read_documents(db, version, reading, limit)
            if reading.ended:
                _read_the_rest(db, version, reading)
    except DatabaseError:
        reading.ended = reading.flawed = True
    return reading


def read_pages(path: Path, after: int, limit: int) -> Reading:
    """The documents on up to `limit` pages with numbers above `after`, which is what `last` means then."""
    reading = Reading(last=after, flawed=True)
    try:
        pages = Pages(path)
        reading.last = min(after + limit, pages.count)
        reading.ended = reading.last == pages.count
        rows = [row for number in range(after + 1, reading.last + 1) for row in pages.rows(number)]
    except OSError:
        reading.ended = True
        return reading
    found = [_sound(_as_asked(row)) for row in rows if len(row) in _WIDTHS]
    reading.found = [document for document in found if document is not None and not _is_state_of_box(document)]
    if reading.ended:
        with suppress(DatabaseError), closing(connect(path)) as db:
            _read_the_rest(db, version_of(db), reading)
    return reading


def _as_asked(row: Row) -> Row:
    """A row of a page in the columns that are asked for."""
    if len(row) == _WIDTHS[0]:
        rowid, _, path, body, state, _, reason = row
        return rowid, path, body, None, 1, state, reason
    rowid, _, path, body, check, _, _, records, state, reason = row
    return rowid, path, body, check, records, state, reason


def _is_state_of_box(document: Document) -> bool:
    """Whether it is telemetry: by now that is another."""
    return document.path.startswith(f"{telemetry.ROOT}/")


def _read_documents(db: Connection, version: int, reading: Reading, limit: int) -> None:
    query = f"SELECT {_OLDEST if version == 1 else _TODAY} WHERE id > ? ORDER BY id"
    newest = _newest(db, "records" if version == 1 else "documents")
    looked = tries = 0
    while not reading.ended and looked < limit and tries < _TRIES:
        try:
            for row in db.execute(query, (reading.last,)):
                looked += 1
                _take(row, newest, reading)
                if looked >= limit:
                    break
            else:
                reading.ended = True
        except DatabaseError:
            reading.flawed = True
            reading.last += 1
            tries += 1
            reading.ended = reading.last >= newest
    reading.ended |= not looked


def _take(row: Row, newest: float, reading: Reading) -> None:
    document = _sound(row)
    if document is None:
        reading.flawed = True
        reading.last += 1  # its id may be as wrong as the rest, but it has one
        return
    if reading.last < row[0] <= newest:
        reading.last = row[0]
    if not _is_state_of_box(document):
        reading.found.append(document)


def _sound(row: Row) -> Document | None:
    """The document in a row, if it is what was written."""
    _, path, body, check, records, state, reason = row
    if not (_is_json(path, body) if check is None else is_sound(path, body, check)):
        return None
    known = isinstance(records, int) and 0 <= records <= _MOST_RECORDS
    dead = state == DEAD
    return Document(
        upgraded(path), body, records if known else 1, DEAD if dead else PENDING, str(reason) if dead else None
    )


def _is_json(path: Any, body: Any) -> bool:
    try:
        return isinstance(path, str) and isinstance(body, bytes) and json.loads(body) is not None
    except (ValueError, RecursionError):
        return False


def _newest(db: Connection, table: str) -> float:
    """The highest id that a document can have, as far as that is known."""
    for question in (f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'", f"SELECT max(id) FROM {table}"):
        with suppress(DatabaseError):
            row = db.execute(question).fetchone()
            if row and isinstance(row[0], int):
                return row[0]
    return math.inf


def _read_the_rest(db: Connection, version: int, reading: Reading) -> None:
    with suppress(DatabaseError):
        reading.counters = _pairs(db, "SELECT name, value FROM counters", int)
    with suppress(DatabaseError):
        reading.notes = _pairs(db, "SELECT name, value FROM notes", str)
    with suppress(DatabaseError):
        reading.people = _pairs(db, "SELECT session, person FROM people", str)
    with suppress(DatabaseError):
        question = "SELECT count(*) FROM records" if version == 1 else "SELECT sum(records) FROM totals"
        (records,) = db.execute(question).fetchone()
        reading.records = records if isinstance(records, int) and records >= 0 else None


def _pairs(db: Connection, question: str, kind: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: value for name, value in db.execute(question) if isinstance(name, str) and type(value) is kind}
