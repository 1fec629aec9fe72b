"""What is in outbox files that were set aside comes back, document by document.

    FILE.damaged-N     damaged, or what an earlier version took for that  ─┬─► all of it is in the outbox: removed
    FILE.version-V-N   of another version, for which it waited             └─► some cannot be read: FILE.damaged-N.read

How far a file has been read is kept in the outbox by the transaction that takes its documents over, so a start goes on
where the one before stopped. What was sent since then may be sent again after a power cut, which changes nothing: a
document's path is its identity.
"""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from device.contract.errors import OutboxError
from device.delivery import documents
from device.delivery.counts import LOST, SAVED, add
from device.delivery.migrations import VERSION, upgraded_counter, upgraded_note
from device.delivery.sqlite import Connection
from device.delivery.store import StoreFullError
from device.delivery.wreck import Reading, read, read_pages

_T = TypeVar("_T")
_STEP = 500  # documents
_READ = ".read"
_PARTS = ("-wal", "-shm", "")
_TAKEN_OVER = ("dropped", "salvaged")


class Run(Protocol):
    """Runs work in a transaction of the outbox; may raise `OutboxError`."""

    def __call__(self, work: Callable[[Connection], _T]) -> _T: ...


@dataclass(frozen=True)
class _Progress:
    """How far a file has been read: up to the document with the id `last`, or, `by_page`, the page with that number;
    `saved` records so far, `lost` ones at the end, None where nobody can know; `flawed` when one could not be read."""

    last: int = 0
    by_page: bool = False
    ended: bool = False
    saved: int = 0
    lost: int | None = None
    flawed: bool = False


def take_over(outbox: Path, run: Run) -> bool:
    """Take over some documents of a file that was set aside beside an outbox; whether there was one."""
    aside = next(iter(unread(outbox)), None)
    if aside is None:
        return False
    before = run(lambda db: _progress(db, aside.name))
    progress = before
    if not before.ended:
        reading = (read_pages if before.by_page else read)(aside, before.last, _STEP)
        progress = run(lambda db: _keep(db, aside.name, before, reading))
        _tell(aside, progress)
    if progress.ended:
        _put_away(aside, whole=progress.lost == 0 and not progress.flawed)
        run(lambda db: db.execute("DELETE FROM notes WHERE name = ?", (_note(aside.name),)))
    return True


def unread(outbox: Path) -> list[Path]:
    """The files set aside that this version can read, and has not read to the end."""
    versions = [(path, re.search(r"\.version-(\d+)-\d+$", path.name)) for path in set_aside(outbox)]
    return [path for path, found in versions if path.suffix != _READ and (not found or int(found[1]) <= VERSION)]


def set_aside(outbox: Path) -> list[Path]:
    """All files that were set aside and are still there, read or not."""
    form = re.compile(rf"{re.escape(outbox.name)}\.(?:damaged-\d+(?:\.read)?|version-\d+-\d+)")
    return [path for path in sorted(outbox.parent.glob(f"{outbox.name}.*")) if form.fullmatch(path.name)]


def damaged(outbox: Path) -> int:
    """How many of them are damaged, or were taken for that and have not been read yet."""
    return sum(".damaged-" in path.name for path in set_aside(outbox))


def remove_read(outbox: Path) -> None:
    """Remove damaged files of which all that can be read is in the outbox. Raises `OutboxError`."""
    for aside in set_aside(outbox):
        if aside.suffix == _READ:
            try:
                for ending in _PARTS:
                    Path(f"{aside}{ending}").unlink(missing_ok=True)
            except OSError as error:
                raise OutboxError(f"{aside} cannot be erased ({error.strerror}): check the folder's owner.") from error


def _keep(db: Connection, name: str, before: _Progress, reading: Reading) -> _Progress:
    saved = before.saved
    for document in reading.found:
        new = documents.restore(db, document)
        documents.remember(db, document.path, document.body)
        saved += document.records if new or not before.by_page else 0
    lost = None if reading.records is None else max(0, reading.records - saved)
    flawed = before.flawed or reading.flawed
    progress = _Progress(reading.last, before.by_page, reading.ended, saved, lost, flawed)
    if reading.ended and flawed and not before.by_page and (lost is None or lost > saved):
        progress = _Progress(by_page=True, saved=saved, flawed=True)
    if progress.ended:
        _finish(db, reading, progress)
    db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (_note(name), json.dumps(asdict(progress))))
    return progress


def _finish(db: Connection, reading: Reading, progress: _Progress) -> None:
    """What the file held beside documents: counters are added up, notes of ours stay."""
    for counted, value in reading.counters.items():
        if counted.startswith(_TAKEN_OVER):
            add(db, upgraded_counter(counted), value)
    for noted, text in reading.notes.items():
        if not noted.startswith(_note("")):
            db.execute("INSERT OR IGNORE INTO notes VALUES (?, ?)", (noted, upgraded_note(noted, text)))
    db.executemany("INSERT OR IGNORE INTO people VALUES (?, ?)", reading.people.items())
    if progress.flawed or progress.lost != 0:
        add(db, SAVED, progress.saved)
        add(db, LOST, progress.lost or 0)


def _progress(db: Connection, name: str) -> _Progress:
    row = db.execute("SELECT value FROM notes WHERE name = ?", (_note(name),)).fetchone()
    with suppress(ValueError, TypeError):  # altered by the disk: it is read again
        return _Progress(**json.loads(row[0] if row else "{}"))
    return _Progress()


def _note(name: str) -> str:
    return f"aside {name}"


def _tell(aside: Path, progress: _Progress) -> None:
    if not progress.ended:
        return
    if progress.lost == 0 and not progress.flawed:
        sentence = f"All {progress.saved} records of {aside} are in the outbox again"
    elif progress.lost is None:
        sentence = f"{progress.saved} records of the damaged {aside} are saved, and how many are lost cannot be known"
    else:
        sentence = f"{progress.saved} records of the damaged {aside} are saved, {progress.lost} are lost"
    print(f"affectbox: {sentence}.", file=sys.stderr)


def _put_away(aside: Path, whole: bool) -> None:
    """Remove what is in the outbox as a whole; keep a damaged file, whose bad sectors nobody should be given again."""
    try:
        for ending in _PARTS:
            part = Path(f"{aside}{ending}")
            if whole:
                part.unlink(missing_ok=True)
            elif part.exists():
                part.rename(f"{aside}{_READ}{ending}")
    except OSError as error:
        raise StoreFullError(f"{aside} was read and cannot be removed ({error.strerror}).") from error
