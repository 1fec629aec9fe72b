"""Erases a person from this box: the face at rest, the outbox, and those files of JSON lines that are named.

The database, other boxes and copies are out of its reach, and the answer says so.
"""

import json
import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from device.contract.errors import DataError, StorageError
from device.contract.patient import PSEUDONYM, check_pseudonym
from device.contract.session import UNNAMED, session_of
from device.delivery.erasing import Erased
from device.delivery.jsonl import lock
from device.delivery.outbox import Outbox
from device.delivery.salvage import set_aside
from device.neutrals import NeutralStore
from device.settings import Settings
from device.state import outbox_file, sync_folder


@dataclass(frozen=True)
class Lines:
    """What became of one file: lines it had, lines erased, lines left of sessions of which nobody knows whose, and
    lines left in which the pseudonym still stands."""

    path: Path
    lines: int
    erased: int
    nobodys: int
    naming: int


@dataclass(frozen=True)
class Erasure:
    """What was erased of a person: whether there was a face at rest, and what of the outbox and of each file."""

    face: bool
    outbox: Erased
    files: tuple[Lines, ...]


def erase(person: str, settings: Settings, files: Sequence[Path]) -> Erasure:
    """Erase a person. What tells which sessions are theirs goes last, so that after a failure it can be repeated.

    Raises:
        ConfigError: no pseudonym.
        StorageError: a file that cannot be read, written, or that somebody writes just now.
        DataError: a file that is none of records.
        OutboxError: a daemon is running, or the disk has no room to write anew what is left.
    """
    if not PSEUDONYM.fullmatch(person):  # else it may be one of before they had to hold a digit
        check_pseudonym(person)
    faces = NeutralStore(settings.neutral)
    if person == UNNAMED:
        raise StorageError("'unnamed' is nobody: name a person by their pseudonym.")
    with ExitStack() as stack:
        opened = [stack.enter_context(_open(path)) for path in files]
        for file in opened:
            _require_records(file)
        outbox = _open_outbox(settings, stack)
        whose = [*(outbox.people().items() if outbox else ()), *(told for file in opened for told in _told(file))]
        known = {session for session, watched in whose if watched != UNNAMED}
        theirs = {session for session, watched in whose if watched == person}
        lines = [_erase_lines(file, person, theirs, known) for file in opened]
        face = faces.forget(person)
        return Erasure(face, outbox.erase(person, theirs, known) if outbox else Erased(), tuple(lines))


def _open_outbox(settings: Settings, stack: ExitStack) -> Outbox | None:
    """The outbox, if there is one."""
    path = outbox_file(settings.outbox)
    if not path.exists() and not set_aside(path):
        return None
    return stack.enter_context(Outbox(path, settings.outbox.max_mb))


def _open(path: Path) -> IO[bytes]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise StorageError(f"{path} is no file: name files of JSON lines.")
        file = path.resolve().open("r+b")
    except OSError as error:
        raise StorageError(f"{path} cannot be changed ({error.strerror}): check the path and its owner.") from error
    try:
        lock(file.fileno())
    except BlockingIOError:
        file.close()
        raise StorageError(f"{path} is being written: stop the daemon first.") from None
    return file


def _require_records(file: IO[bytes]) -> None:
    if not any(_parsed(line) is not None for line in file) and file.tell():
        raise DataError(
            f"{file.name} is no file of records (JSON lines): nothing was erased. Give it unpacked and in UTF-8, "
            "or erase it by hand."
        )
    file.seek(0)


def _told(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Session and pseudonym of every event."""
    for line in file:
        if b'"event"' in line and (event := _parsed(line)) is not None and "patient" in event:
            yield _session(event), str(event["patient"])


def _erase_lines(file: IO[bytes], person: str, theirs: Collection[str], known: Collection[str]) -> Lines:
    """Write the file anew without lines of some sessions; a torn line goes with the line before it."""
    path = Path(str(file.name))
    part = path.with_name(f".{path.name}.part")
    named = re.compile(rb"(?<![a-z0-9-])%s(?![a-z0-9-])" % person.encode())
    total = erased = nobodys = naming = 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as left:
            gone = False
            file.seek(0)
            for line in file:
                total += 1
                document = _parsed(line)
                gone = gone if document is None else _session(document) in theirs
                erased += gone
                nobodys += document is not None and _session(document) not in known
                naming += not gone and named.search(line) is not None
                left.write(b"" if gone else line)
            left.flush()
            _copy_owner(file, left)
            os.fsync(left.fileno())
        if erased:
            part.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be written anew ({error.strerror}): free the disk.") from error
    finally:
        part.unlink(missing_ok=True)
    return Lines(path, total, erased, nobodys, naming)


def _copy_owner(of: IO[bytes], to: IO[bytes]) -> None:
    there = os.fstat(of.fileno())
    os.fchmod(to.fileno(), stat.S_IMODE(there.st_mode))
    with suppress(PermissionError):
        os.fchown(to.fileno(), there.st_uid, there.st_gid)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line.decode("utf-8-sig"))  # bytes would be read as UTF-16, too
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "device" in document and "boot" in document else None


def _session(document: dict[str, Any]) -> str:
    return f"{document['device']}/{session_of(document)}"
