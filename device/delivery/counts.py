"""How much is in the outbox and what was ever dropped; every question costs the same whatever waits."""

from dataclasses import dataclass, field

from device.delivery.documents import PENDING
from device.delivery.kinds import CONTENT, COUNTED, Kind
from device.delivery.sqlite import Connection

SAVED, LOST = "salvaged.saved", "salvaged.lost"


@dataclass(frozen=True)
class Counts:
    """What is in the outbox, and what has ever been lost.

    Attributes:
        pending, inflight, dead: documents by state; a pack counts as what is in it, notes do not count.
        dropped: documents ever dropped, for want of room or because they waited too long.
        bytes: of the bodies of all documents kept.
        waiting: pending and inflight ones, by the name of their kind.
        dropped_by: dropped ones, by the name of their kind.
        damaged: files that were found damaged and set aside.
        saved, lost: records of such files that could be read and that could not, as far as that is known.
    """

    pending: int
    inflight: int
    dead: int
    dropped: int
    bytes: int
    waiting: dict[str, int] = field(default_factory=dict)
    dropped_by: dict[str, int] = field(default_factory=dict)
    damaged: int = 0
    saved: int = 0
    lost: int = 0


def count(db: Connection, inflight: int, damaged: int) -> Counts:
    """Count everything; `inflight` records and `damaged` files are known to the caller."""
    held = {(state, kind): n for state, kind, n in db.execute("SELECT state, kind, records FROM totals")}
    pending = sum(number for (state, _), number in held.items() if state == PENDING)
    dropped = {kind.name.lower(): counter(db, dropped_name(kind)) for kind in COUNTED}
    waiting = {kind.name.lower(): held[PENDING, kind] for kind in COUNTED}
    for packed, kind in CONTENT.items():
        waiting[kind.name.lower()] += held[PENDING, packed]
    dead = sum(held.values()) - pending
    return Counts(
        pending - inflight,
        inflight,
        dead,
        sum(dropped.values()),
        total_bytes(db),
        waiting,
        dropped,
        damaged,
        counter(db, SAVED),
        counter(db, LOST),
    )


def total_bytes(db: Connection) -> int:
    """Bytes of the documents' bodies, whatever their state."""
    return int(db.execute("SELECT coalesce(sum(bytes), 0) FROM totals").fetchone()[0])


def pending_bytes(db: Connection) -> int:
    """Bytes of the bodies of documents that are to be sent."""
    return int(db.execute("SELECT coalesce(sum(bytes), 0) FROM totals WHERE state = ?", (PENDING,)).fetchone()[0])


def counter(db: Connection, name: str) -> int:
    """The value of a durable counter, 0 at first."""
    row = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def set_counter(db: Connection, name: str, value: int) -> None:
    """Keep the value of a counter."""
    db.execute(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )


def add(db: Connection, name: str, more: int) -> None:
    """Let a counter grow."""
    if more:
        set_counter(db, name, counter(db, name) + more)


def dropped_name(kind: Kind) -> str:
    """The counter of what was dropped of a kind; a pack counts as what is in it."""
    return f"dropped.{CONTENT.get(kind, kind).name.lower()}"
