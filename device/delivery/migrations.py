"""The formats of the outbox file, and how each becomes the next.

    1   records alone, at their paths, unchecked
    2   documents of several kinds, with a checksum, counters and notes; packs at `frames/` and `spans/`, minutes at
        `sessions/`
    3   packs at `packs/`, minutes at `minutes/`; who was watched in which session

A path is part of what a checksum covers, so it is changed by `upgraded`, one document after another. Files that were
set aside are read with the same functions, whatever their format (`wreck.py`).

To change the format: write what was valid until now into this table and into a function, raise `VERSION`, and keep a
file of the old format as SQL in `tests/device/test_migrations.py`.
"""

import json

from device.delivery import documents
from device.delivery.counts import add
from device.delivery.documents import Document, checksum, is_sound
from device.delivery.sqlite import Connection, Format, execute_all

VERSION = 3
_ROOTS = {"frames": "packs", "spans": "packs", "sessions": "minutes"}
_COUNTERS = {
    "dropped": "dropped.record",  # of format 1
    "dropped.frame": "dropped.record",
    "dropped.summary": "dropped.minute",
}
_MODES = {"frames": "records", "summary": "minutes"}
_ALL_AFTER = "SELECT id, path, body, checksum FROM documents WHERE id > ? ORDER BY id LIMIT ?"
_STEP = 500


def upgraded(path: str) -> str:
    """The path of a document of an earlier format, as it is today."""
    root, slash, rest = path.partition("/")
    return _ROOTS.get(root, root) + slash + rest


def upgraded_counter(name: str) -> str:
    """The name of a counter likewise."""
    return _COUNTERS.get(name, name)


def upgraded_note(name: str, text: str) -> str:
    """The text of a note likewise: in the books of the budget, modes have other names."""
    if name != "budget" or not text:
        return text
    try:
        books = json.loads(text)
        for modes in books["days"].values():
            for old in _MODES.keys() & modes.keys():
                modes[_MODES[old]] = modes.pop(old)
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""  # no books of ours: the month begins anew
    return json.dumps(books)


def _one_to_two(db: Connection) -> None:
    db.execute("DROP INDEX by_state")  # its successor has the same name
    execute_all(db, documents.SCHEMA_2)
    for path, body, state, reason in db.execute("SELECT path, body, state, reason FROM records ORDER BY id"):
        documents.restore(db, Document(path, body, 1, state, reason))
    db.execute("DROP TABLE records")
    db.execute("UPDATE counters SET name = 'dropped.frame' WHERE name = 'dropped'")


def _two_to_three(db: Connection) -> None:
    execute_all(db, documents.SCHEMA_3)
    last = 0
    while rows := db.execute(_ALL_AFTER, (last, _STEP)).fetchall():
        last = rows[-1][0]
        for number, path, body, check in rows:
            if not is_sound(path, body, check):
                continue  # and will be found so
            if (new := upgraded(path)) != path:
                db.execute(
                    "UPDATE documents SET path = ?, checksum = ? WHERE id = ?", (new, checksum(new, body), number)
                )
            documents.remember(db, path, body)
    db.execute("DELETE FROM documents WHERE path GLOB 'telemetry/*'")  # the next report is of today's form
    for name, value in db.execute("SELECT name, value FROM counters").fetchall():
        if upgraded_counter(name) != name:
            db.execute("DELETE FROM counters WHERE name = ?", (name,))
            add(db, upgraded_counter(name), value)
    for name, text in db.execute("SELECT name, value FROM notes").fetchall():
        db.execute("UPDATE notes SET value = ? WHERE name = ?", (upgraded_note(name, text), name))


FORMAT = Format(VERSION, documents.SCHEMA_2 + documents.SCHEMA_3, {1: _one_to_two, 2: _two_to_three})
