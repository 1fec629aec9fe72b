"""The outbox: documents that are safe on disk and on their way to the database.

                 append              lease                   done
    (recorder) ─────────► pending ─────────► inflight ─────────────► gone
                             ▲                  │  │
                             └── retry(due) ─┘  └── bury(reason) ─► dead

    at start: every inflight is pending again
    delay:    kept in memory; backing off as a whole is the uploader's affair

- *Durable before anyone hears of it.* `append` returns after a synced commit (`store.py` argues for `synchronous`).
  Records are committed in groups (see `device/recorder.py`) to spare the card.
- *Nothing doubled.* A document's path is its identity, and unique here; the database is written by path, so sending an
  inflight document again after a crash changes nothing. `inflight` is kept in memory only, for just that reason: a
  lease costs no write, and works while the disk is full.
- *Order of sending.* What has come since sending last failed is *live*, what was there before is *history*. Live goes
  first, in the order of `Kind`; then history: newest minutes first, then seconds, then records, at most
  `history` of them in a lease, so that a long outage never delays what is happening now.
- *Packed.* With a `pack` function, the records leased together become one document, and so do the seconds, by a
  transaction that removes them and adds it, before anything is sent: a record is in one document, always the same.
- *Bounded.* Above `max_mb`, counted in bytes of the documents (the file is about a fifth larger), `thinning.py` says
  what goes, and in which order; it is counted.
- *Checked.* A document whose checksum is wrong has been damaged on the disk; it is dead, and never sent.
- *Recovered.* What can be read in files that were set aside comes back with each lease, a little at a time, while less
  than `_ROOMY` of `max_mb` is used, so that nothing is dropped for its sake (`salvage.py`).
- *Refused documents* are kept apart as `dead`, with the reason, and never sent again.
"""

import json
import math
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from device.closing import Closing
from device.contract.errors import OutboxError
from device.delivery import documents, erasing
from device.delivery.choice import Choice
from device.delivery.counts import Counts, count, pending_bytes, total_bytes
from device.delivery.documents import Row
from device.delivery.erasing import Erased
from device.delivery.kinds import CONTENT, Kind
from device.delivery.migrations import FORMAT
from device.delivery.salvage import damaged, remove_read, set_aside, take_over
from device.delivery.sqlite import Connection
from device.delivery.store import Store, StoreFullError
from device.delivery.thinning import make_room

_T = TypeVar("_T")
_ROOMY = 0.9
_AT_ONCE_BYTES = 50e6  # of a file that is written anew while a host waits; `affectbox maintain` does so every day
_ROUNDS = 50  # of looking into what was set aside, when nothing else is to be sent
NO_NOTES: Mapping[str, str] = {}
#: From the bodies of records of one boot, in their order, to one document: path and body. None: they go as they are.
Pack = Callable[[Sequence[bytes]], tuple[str, bytes] | None]


@dataclass(frozen=True)
class Entry:
    """One document on its way: row id, database path, canonical JSON.

    `records` is how many it stands for: a pack for what is in it, a note for none.
    """

    id: int
    path: str
    body: bytes
    records: int = 1


class Outbox(Closing):
    """A durable queue in one SQLite file; safe to use from several threads of one process."""

    def __init__(self, path: Path, max_mb: float, pack: Pack | None = None, history: int | None = None) -> None:
        """Open or make the file; what was inflight is pending, and everything in it is history.

        Args:
            max_mb: bound on the bytes of all documents, in 10^6 bytes.
            pack: makes one document of records, or of seconds, that are leased together.
            history: at most so many historic documents in a lease; None means any number.

        Raises:
            OutboxError: the folder cannot be written, or another daemon has the file open.
        """
        self._max_bytes = int(max_mb * 1e6)
        self._pack = pack
        self._history = history
        self._store = Store(path, FORMAT)
        self._lock = threading.RLock()
        self._held: frozenset[Kind] = frozenset()
        self._last: Counts | None = None
        self._inflight: dict[int, Entry] = {}
        self._due: dict[int, float] = {}
        self._gone: list[Entry] = []
        self._examined = False
        self._newest_history = self._store.commit(documents.newest)

    def append(self, items: Iterable[tuple[str, bytes]], notes: Mapping[str, str] = NO_NOTES) -> None:
        """Commit documents (path, body). A path that is already here is left as it is.

        Args:
            notes: texts to keep under names, in the same transaction.

        Raises:
            StoreFullError: the disk has no room; none of them is kept.
            OutboxError: any other failure; none of them is kept.
        """
        lines = list(items)

        def work(db: Connection) -> None:
            documents.insert(db, lines)
            documents.keep_notes(db, notes)
            make_room(db, self._max_bytes, self._inflight)

        self._commit(work)

    def replace(self, path: str, body: bytes) -> None:
        """Commit the newest state of something; an older one that still waits is forgotten. Raises `OutboxError`."""

        def work(db: Connection) -> None:
            db.execute("DELETE FROM documents WHERE path = ?", (path,))
            documents.insert(db, [(path, body)])

        self._commit(work)

    def lease(self, limit: int, now: float = 0.0) -> list[Entry]:
        """Take documents to be sent together, and hold them as inflight.

        Args:
            limit: at most about so many; a pack counts as the records in it.
            now: monotonic seconds; documents that are due later are left out.

        Returns:
            Oldest first; empty when nothing is to be sent.
        """
        with self._lock:
            self._due = {row: due for row, due in self._due.items() if due > now}
            rows = self._choose(limit)
            for _ in range(_ROUNDS):
                more = self._take_over()
                if rows or not (more or self._is_broken()):
                    break
                rows = self._choose(limit)
            boundary = self._newest_history
            self._inflight |= {row.id: _entry(row) for row in rows}
        sent = [*self._packed([row for row in rows if row.id <= boundary])]
        sent += self._packed([row for row in rows if row.id > boundary])
        return [_entry(row) for row in sorted(sent, key=lambda row: row.id)]

    def done(self, entries: Iterable[Entry]) -> None:
        """The database has acknowledged these; they leave the outbox, on a full disk a little later."""
        with self._lock:
            self._gone += entries
            with suppress(StoreFullError):
                self._commit(lambda db: None)

    def retry(self, entries: Iterable[Entry], due: float = 0.0) -> None:
        """These could not be sent; they are pending again, from `due` (monotonic seconds) on.

        All that waits now is history, what comes next is live.
        """
        with self._lock:
            for entry in entries:
                self._inflight.pop(entry.id, None)
                self._due[entry.id] = due
            self._newest_history = self._run(documents.newest)

    def bury(self, entries: Iterable[Entry], reason: str) -> None:
        """The database refuses these for what they are; they are kept apart with the reason."""
        with self._lock:
            ids = [entry.id for entry in entries]
            with suppress(StoreFullError):  # else they are pending again, and will be refused again
                self._commit(lambda db: documents.bury(db, ids, reason))
            for row in ids:
                self._inflight.pop(row, None)

    def hold(self, kinds: Iterable[Kind]) -> None:
        """Do not lease documents of these kinds, until told otherwise; they wait."""
        self._held = frozenset(kinds)

    def note(self, name: str) -> str:
        """The JSON that is kept under a name; empty at first, and when the disk has altered it."""
        rows = self._run(lambda db: db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchall())
        with suppress(ValueError, RecursionError):
            json.loads(rows[0][0] if rows else "")
            return str(rows[0][0])
        return ""

    def keep_note(self, name: str, text: str) -> None:
        """Keep JSON durably under a name. Raises `OutboxError`."""
        self._commit(lambda db: documents.keep_notes(db, {name: text}))

    def people(self) -> dict[str, str]:
        """Session (`DEVICE/SESSION`) → pseudonym of whom it watched, as far as that is known, also in files that were
        set aside, which are read to their ends. Raises `OutboxError`."""
        with self._lock:
            while take_over(self._store.path, self._run):
                pass
            return self._run(erasing.people)

    def erase(
        self,
        person: str,
        theirs: Collection[str],
        known: Collection[str],
        whose: bool = True,
        quick: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> Erased:
        """Erase a person and sessions that are `theirs`, so that no byte of it stays in this file.

        Args:
            known: all sessions of which it is known whose they were; what is left of others is counted.
            whose: forget, too, that these were theirs; else it can be repeated for what else there is of them.
            quick: a large file is not written anew: see `Erased.copies`.
            stop: whether that is to be given up.

        Raises:
            OutboxError: the disk has no room for that now.
        """
        with self._lock:
            erased = self._commit(lambda db: erasing.erase(db, person, theirs, known, whose))
            clean = self._store.scrub(_AT_ONCE_BYTES if quick else math.inf, stop)
            remove_read(self._store.path)
            return replace(erased, waiting=tuple(set_aside(self._store.path)), copies=not clean)

    def purge(self, sessions: Collection[str], notes: Mapping[str, str] = NO_NOTES) -> int:
        """Remove, so that no byte of it stays, what sessions (`DEVICE/SESSION`) recorded and what was not sent; their
        events stay. The caller sees to it that nothing of them is being sent.

        Args:
            notes: texts to keep under names, in the same transaction.

        Returns:
            How many records and aggregates these were.

        Raises:
            OutboxError: nothing was removed.
        """
        with self._lock:
            with suppress(StoreFullError):
                while take_over(self._store.path, self._run):
                    pass

            def work(db: Connection) -> int:
                documents.keep_notes(db, notes)
                return erasing.purge(db, sessions)

            purged = self._commit(work)
            with suppress(OutboxError):  # what the disk has no room for now: what was removed is overwritten already
                self._store.scrub(_AT_ONCE_BYTES)
                remove_read(self._store.path)
            return purged

    def counts(self) -> Counts:
        """How much is where; after `close`, how much was."""
        return self._last or self._run(self._count)

    def close(self) -> None:
        """Close the file; what is in it stays. May be called twice."""
        with self._lock:
            if self._last is None:
                with suppress(StoreFullError):
                    self._commit(lambda db: None)
                self._last = self._run(self._count)
                self._store.close()

    def _commit(self, work: Callable[[Connection], _T]) -> _T:
        """Run a transaction, and in it remove what was acknowledged."""
        with self._lock:
            gone = self._gone[:]

            def swept(db: Connection) -> _T:
                documents.remove(db, [(entry.id, entry.path) for entry in gone])
                return work(db)

            result = self._run(swept)
            for entry in gone:
                self._inflight.pop(entry.id, None)
            del self._gone[: len(gone)]
            return result

    def _run(self, work: Callable[[Connection], _T]) -> _T:
        """Run a transaction; when that led to a new file, what was known about rows is void."""
        with self._lock:
            generation = self._store.generation
            result = self._store.commit(work)
            self._begun_anew(generation)
            return result

    def _begun_anew(self, before: int) -> None:
        """What was known about rows is void when a new file was begun."""
        if before != self._store.generation:
            self._inflight, self._due, self._newest_history = {}, {}, 0

    def _take_over(self) -> bool:
        """Take over some of what was set aside; whether there may be more of it."""
        with suppress(StoreFullError):
            return self._run(total_bytes) < _ROOMY * self._max_bytes and take_over(self._store.path, self._run)
        return False

    def _is_broken(self) -> bool:
        """Whether documents are counted and none is found: then the file is looked through, once, and set aside."""
        hidden = self._inflight or self._due or self._held
        if self._examined or hidden or not self._run(pending_bytes):
            return False
        self._examined = True
        before = self._store.generation
        broken = self._store.examine()
        self._begun_anew(before)
        return broken

    def _choose(self, limit: int) -> list[Row]:
        busy = self._inflight.keys() | self._due.keys()
        choice = Choice(self._history, self._newest_history, busy, self._held)
        return self._run(lambda db: choice(db, limit))

    def _packed(self, rows: list[Row]) -> Iterator[Row]:
        """Inflight rows, with the records of each boot, and its seconds, as one document; nobody waits meanwhile."""
        for _, group in groupby(sorted(rows, key=_boot), key=_boot):
            together = sorted(group, key=lambda row: row.id)
            loose = together[0].kind in CONTENT.values()
            line = self._pack([row.body for row in together]) if self._pack and loose else None
            yield from together if line is None else self._substituted(together, line)

    def _substituted(self, rows: list[Row], line: tuple[str, bytes]) -> list[Row]:
        """One document in the place of inflight ones; without room for that, they go as they are."""
        with self._lock:
            try:
                packed = [self._run(lambda db: documents.substitute(db, rows, *line))]
            except StoreFullError:
                return rows
            for row in rows:
                self._inflight.pop(row.id, None)
            self._inflight |= {row.id: _entry(row) for row in packed}
            return packed

    def _count(self, db: Connection) -> Counts:
        inflight = sum(entry.records for entry in self._inflight.values())
        return count(db, inflight, damaged(self._store.path))


def _entry(row: Row) -> Entry:
    return Entry(row.id, row.path, row.body, row.records)


def _boot(row: Row) -> str:
    """The part of the path that documents of one kind and one boot share."""
    return row.path.rpartition("/")[0]
