"""One SQLite file that survives a power cut, a full disk, its own corruption, an update and its roll-back; what it
holds is its user's affair.

*Power cut.* The journal is a write-ahead log and `synchronous` is FULL: every commit ends with a sync of the log, so
what was committed is there after the cut. With NORMAL the log is synced at checkpoints only: the file stays sound, but
the newest commits (hundreds of records in our trials) are gone, and they had been shown as kept. EXTRA adds a sync of
the folder when a rollback journal is deleted, and a log is not deleted. The price is one sync a commit, four a second.

*Full disk.* `StoreFullError`; the transaction is undone, the next one tries again. A sound file is opened without
writing. Space inside the file and inside its log is used again (the log is first moved into the file); what a log
needs at least is kept in reserve (`reserve.py`), so removing documents goes on when the disk has no room for new ones.

*Corruption.* A file that is no database, is malformed, or cannot be read by the disk is set aside under the name
`FILE.damaged-N`, with its log, and a new one is begun; the transaction that met the damage is run again on that.

*Update.* A file of an earlier format is brought to today's in one transaction. *Roll-back*: a file of a later format
is set aside whole as `FILE.version-V-N`, and a new one is begun.

Who reads what was set aside: `salvage.py`.
"""

import fcntl
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from device.closing import Closing
from device.contract.errors import OutboxError
from device.delivery.reserve import Reserve
from device.delivery.sqlite import (
    Connection,
    DatabaseError,
    Format,
    NewerFormatError,
    is_damage,
    is_full,
    is_strange,
    open_as,
    transact,
)

_T = TypeVar("_T")
#: So many steps of SQLite's machine between two questions whether to stop: some milliseconds.
_STEPS = 20_000
_DAMAGED = "is damaged; what can be read of it will be taken over from"


class StoreFullError(OutboxError):
    """The disk has no room, or does not take the write; nothing was changed."""


class StoreInUseError(OutboxError):
    """Another process has the file open."""


class Store(Closing):
    """Transactions on one file, which no second process can open; its user lets one thread in at a time."""

    def __init__(self, path: Path, layout: Format) -> None:
        """Open the file, or make it.

        Raises:
            OutboxError: the folder cannot be written, another daemon has the file open, or the disk has no room for
                the update of the file or for a new one.
        """
        self.path = path
        self._format = layout
        self.generation = 0  # grows when a new file is begun
        self._guard = _lock_file(path)
        self._reserve = Reserve(path)
        self._closed = False
        self._db: Connection | None = None
        try:
            self._db = self._open_or_begin_anew()
        except BaseException as error:
            os.close(self._guard)
            if not isinstance(error, DatabaseError):
                raise
            raise OutboxError(f"The outbox {path} cannot be used ({error}): free the disk.") from error
        self._reserve.keep()

    def commit(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` in a transaction and return what it returns. May run it twice: see 'Corruption'.

        Raises:
            StoreFullError: there is no room; nothing was changed.
            OutboxError: any other failure; nothing was changed.
        """
        try:
            return self._run_with_room(work)
        except DatabaseError as error:
            if is_full(error):
                raise StoreFullError(f"The outbox {self.path} has no room ({error}): free the disk.") from error
            if not is_damage(error):
                raise OutboxError(f"The outbox {self.path} fails ({error}).") from error
        try:
            self._begin_anew()
            return self._run(work)
        except DatabaseError as error:
            raise StoreFullError(f"No new outbox can be begun at {self.path} ({error}).") from error

    def examine(self) -> bool:
        """Look through the whole file, and set it aside if it is damaged; whether it was. Raises `OutboxError`."""

        def work(db: Connection) -> bool:
            return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok")

        before = self.generation
        if self.commit(work):
            try:
                self._begin_anew()
            except DatabaseError as error:
                raise StoreFullError(f"No new outbox can be begun at {self.path} ({error}).") from error
        return self.generation != before

    def scrub(self, most_bytes: float = math.inf, stop: Callable[[], bool] = lambda: False) -> bool:
        """Leave no byte of what was removed in the file or in its log; whether that is so. Raises `OutboxError`: not
        now.

        Args:
            most_bytes: a larger file is not written anew, which takes a card half a minute; removed rows that were
                overwritten are gone all the same, and copies that the file may still hold of them wait for the next
                time.
            stop: whether to give up writing it anew, for somebody waits; likewise.
        """
        if self._db is None:
            return False
        self._db.set_progress_handler(stop, _STEPS)
        try:
            if self.path.stat().st_size > most_bytes:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return False
            for order in ("wal_checkpoint(TRUNCATE)", "", "wal_checkpoint(TRUNCATE)"):
                self._db.execute(f"PRAGMA {order}" if order else "VACUUM")
        except (DatabaseError, OSError) as error:
            if stop():
                return False
            raise OutboxError(
                f"Traces of what was erased are left in {self.path} ({error}): free the disk and repeat it."
            ) from error
        finally:
            self._db.set_progress_handler(None, 0)
        return True

    def close(self) -> None:
        """Close the file; what is in it stays. May be called twice."""
        if not self._closed:
            self._closed = True
            self._let_go()
            self._reserve.keep()
            os.close(self._guard)

    def _run_with_room(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work`; when the log cannot grow, move it into the file, where its room can be used again, and retry;
        then once more with the reserve."""
        for makes_room in (self._checkpoint, self._reserve.give):
            try:
                return self._run(work)
            except DatabaseError as error:
                if not is_full(error) or self._db is None or not makes_room():
                    raise
        return self._run(work)

    def _checkpoint(self) -> bool:
        with suppress(DatabaseError):
            if self._db is not None:
                self._db.execute("PRAGMA wal_checkpoint(RESTART)")
        return True

    def _run(self, work: Callable[[Connection], _T]) -> _T:
        if self._closed:
            raise OutboxError(f"The outbox {self.path} is closed.")
        if self._db is None:
            self._db = self._open_or_begin_anew()
        return transact(self._db, work)

    def _open_or_begin_anew(self) -> Connection:
        try:
            return self._open()
        except NewerFormatError as newer:
            number = newer.version
            self._set_aside(f"version-{number}", f"is of a newer Affectbox (format {number}), and waits for that as")
        except DatabaseError as error:
            if not is_damage(error) and not is_strange(error):
                raise
            self._set_aside("damaged", _DAMAGED)
        return self._open()

    def _open(self) -> Connection:
        try:
            return open_as(self.path, self._format)
        except DatabaseError as error:
            if not is_full(error) or not self._reserve.give():
                raise
        return open_as(self.path, self._format)

    def _begin_anew(self) -> None:
        self._let_go()
        self._set_aside("damaged", _DAMAGED)
        self.generation += 1
        self._db = self._open()

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _set_aside(self, what: str, sentence: str) -> None:
        number = 1
        while any(self.path.parent.glob(f"{self.path.name}.{what}-{number}*")):
            number += 1
        aside = f"{self.path}.{what}-{number}"
        for ending in ("-wal", "-shm", ""):
            part = Path(f"{self.path}{ending}")
            try:
                if part.exists():
                    part.rename(f"{aside}{ending}")
            except OSError as error:
                raise OutboxError(
                    f"{part} is damaged and cannot be set aside ({error.strerror}): replace the disk or card."
                ) from error
        print(f"affectbox: The outbox {self.path} {sentence} {aside}, and a new one is begun.", file=sys.stderr)


def _lock_file(path: Path) -> int:
    """Take the lock that keeps a second daemon off this file; it ends with the process. Raises `OutboxError`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in path.parent.glob(f"{path.name}*"):  # earlier versions let everybody read them
            part.chmod(0o600)
        guard = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutboxError(f"{path.parent} cannot be written ({error.strerror}): set outbox.path elsewhere.") from error
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(guard)
        raise StoreInUseError(
            f"Another daemon is using the outbox {path}: stop it, or set outbox.path elsewhere."
        ) from error
    return guard
