"""What goes when the outbox is full, and in which order; all of it is counted, by kind.

1. Records become sparse, the oldest first: of the whole queue every second one goes, then of what is left
   again every second one, up to every 64th (about one in six seconds at 10 frames a second).
2. The oldest of these sparse records go, then packs, then refused documents.
3. The oldest per-second aggregates.
4. The oldest minutes. Notes (one document per path) are never dropped.

Work is bounded: a call looks at `ROUNDS × STEP` documents at most, so the outbox may exceed its limit for a while by
what arrives meanwhile (a few MB at worst) rather than stall the recording.
"""

from collections.abc import Collection

from device.delivery.counts import add, counter, dropped_name, set_counter, total_bytes
from device.delivery.documents import DEAD, PENDING
from device.delivery.kinds import Kind
from device.delivery.sqlite import Connection

STEP = 256
ROUNDS = 4
SPARSEST = 6  # every 2^6th record is kept
_IN_ORDER = (
    (PENDING, Kind.RECORD),
    (PENDING, Kind.PACKED_RECORDS),
    *((DEAD, kind) for kind in reversed(Kind)),
    (PENDING, Kind.SECOND),
    (PENDING, Kind.PACKED_SECONDS),
    (PENDING, Kind.MINUTE),
)


def make_room(db: Connection, limit: int, busy: Collection[int]) -> None:
    """Bring the bytes of all documents towards `limit`, inside the caller's transaction; `busy` ids are spared."""
    held = total_bytes(db)
    if held * 2 < limit:
        _begin_at_the_oldest(db)
    excess = held - limit
    for _ in range(ROUNDS):
        if excess <= 0:
            return
        freed, ended = _thin(db, excess, busy)
        excess -= freed
        if ended:
            break
    else:
        return
    for state, kind in _IN_ORDER:
        freed, left = _drop_oldest(db, state, kind, excess, busy)
        excess -= freed
        if excess <= 0 or left:
            return


def _begin_at_the_oldest(db: Connection) -> None:
    if counter(db, "thinning.after") or counter(db, "thinning.level"):
        set_counter(db, "thinning.after", 0)
        set_counter(db, "thinning.level", 0)


def _thin(db: Connection, excess: int, busy: Collection[int]) -> tuple[int, bool]:
    """One step of the walk from the oldest to the newest record: bytes freed, and whether the sparsest walk ended."""
    level, after = counter(db, "thinning.level") + 1, counter(db, "thinning.after")
    rows = db.execute(
        "SELECT id, number, length(body) FROM documents WHERE state = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?",
        (PENDING, Kind.RECORD, after, STEP),
    ).fetchall()
    if not rows and after == 0:
        return 0, True
    freed, doomed = 0, []
    for row, number, size in rows:
        after = row
        if number % 2**level and row not in busy:
            doomed.append(row)
            freed += size
        if freed >= excess:
            break
    ended = len(rows) < STEP and freed < excess
    if ended:
        set_counter(db, "thinning.level", level % SPARSEST)
        after = 0
    set_counter(db, "thinning.after", after)
    _drop(db, Kind.RECORD, doomed, len(doomed))
    return freed, ended and level == SPARSEST


def _drop_oldest(db: Connection, state: int, kind: Kind, excess: int, busy: Collection[int]) -> tuple[int, bool]:
    """Bytes freed, and whether there may be more of this kind."""
    rows = db.execute(
        "SELECT id, records, length(body) FROM documents WHERE state = ? AND kind = ? ORDER BY id LIMIT ?",
        (state, kind, STEP),
    ).fetchall()
    freed, doomed, records = 0, [], 0
    for row, weight, size in rows:
        if freed >= excess:
            break
        if row not in busy:
            doomed.append(row)
            freed += size
            records += weight
    _drop(db, kind, doomed, records)
    return freed, len(rows) == STEP


def _drop(db: Connection, kind: Kind, ids: list[int], records: int) -> None:
    db.executemany("DELETE FROM documents WHERE id = ?", [(row,) for row in ids])
    add(db, dropped_name(kind), records)
