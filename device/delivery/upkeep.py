"""What an outbox file needs now and then, while nobody else has it open: what waited too long goes, the file shrinks.

A document does not say since when it waits, so each upkeep keeps in mind how far the numbering had come at what time;
what was there at an upkeep longer ago than the limit has waited for longer. While the clock cannot be trusted nothing
is dropped and nothing kept in mind.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from device.clock import Clock
from device.delivery.counts import add, dropped_name
from device.delivery.documents import keep_notes
from device.delivery.kinds import Kind
from device.delivery.migrations import FORMAT
from device.delivery.sqlite import Connection
from device.delivery.store import Store

NOTE = "upkeep"
_DAY_S = 86_400.0
#: Free room inside the file, in bytes and as a share of it, for which it is written anew.
_LEAST, _SHARE = 4_000_000, 0.25


@dataclass(frozen=True)
class Upkeep:
    """What was done: records and aggregates dropped, and the bytes by which the file shrank."""

    dropped: int = 0
    freed: int = 0


def look_after(path: Path, keep_days: float, clock: Clock) -> Upkeep:
    """Drop what waited for more than `keep_days`, and give room that is no longer used back to the disk.

    Raises:
        OutboxError: somebody has the file open, or it fails; what was done is done as a whole or not at all.
    """
    with Store(path, FORMAT) as store:
        dropped = 0
        if clock.trusted():
            now = clock.wall()
            dropped = store.commit(lambda db: _drop(db, now, keep_days * _DAY_S))
        before = path.stat().st_size
        if store.commit(_is_roomy):
            store.scrub()
        return Upkeep(dropped, max(0, before - path.stat().st_size))


def _drop(db: Connection, now_s: float, keep_s: float) -> int:
    marks = _marks(db, now_s)
    old = max((number for at, number in marks if now_s - at >= keep_s), default=0)
    dropped = _drop_up_to(db, old) if old else 0
    newest = db.execute("SELECT coalesce(max(id), 0) FROM documents").fetchone()[0]
    if not marks or now_s - marks[-1][0] >= _DAY_S:
        marks.append((now_s, newest))
    kept = [mark for mark in marks if mark[1] > old]
    keep_notes(db, {NOTE: json.dumps(kept)})
    return dropped


def _marks(db: Connection, now_s: float) -> list[tuple[float, int]]:
    """When the numbering had come how far, oldest first; what a clock that was ahead left is void."""
    rows = db.execute("SELECT value FROM notes WHERE name = ?", (NOTE,)).fetchall()
    try:
        marks = [(float(at), int(number)) for at, number in json.loads(rows[0][0] if rows else "[]")]
    except (ValueError, TypeError, RecursionError):  # the disk altered it
        return []
    return [mark for mark in marks if mark[0] <= now_s]


def _drop_up_to(db: Connection, newest: int) -> int:
    """Drop what is numbered up to that; notes, one document per path, stay."""
    total = 0
    for kind in Kind:
        if kind is Kind.NOTE:
            continue
        chosen = "FROM documents WHERE kind = ? AND id <= ?"
        (records,) = db.execute(f"SELECT coalesce(sum(records), 0) {chosen}", (kind, newest)).fetchone()
        db.execute(f"DELETE {chosen}", (kind, newest))
        add(db, dropped_name(kind), records)
        total += records
    return total


def _is_roomy(db: Connection) -> bool:
    names = ("page_count", "page_size", "freelist_count")
    pages, size, free = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return bool(free * size >= _LEAST and free >= _SHARE * pages)
