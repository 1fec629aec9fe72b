"""Erases sessions from a file of JSON lines, as `jsonl:` sinks write them."""

import json
import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from device.contract.errors import DataError, StorageError
from device.contract.session import session_of
from device.delivery.jsonl import lock
from device.state import sync_folder

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_VERSION = re.compile(rb"\d+(?:\.\d+)+")


@dataclass(frozen=True)
class Lines:
    """What became of one file: lines it had, lines erased, lines left of sessions of which nobody knows whose, and
    lines left in which the pseudonym still stands."""

    path: Path
    lines: int
    erased: int
    nobodys: int
    naming: int


def open_records(path: Path, stack: ExitStack) -> IO[bytes]:
    """Open a file of records, alone, until the stack unwinds.

    Raises:
        StorageError: it cannot be read or written, or somebody writes it just now.
        DataError: it is none of records.
    """
    file = stack.enter_context(_open(path))
    _require_records(file)
    return file


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


def told(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Session and pseudonym of every event."""
    for line in file:
        if b'"event"' in line and (event := _parsed(line)) is not None and "patient" in event:
            yield _session(event), str(event["patient"])


def erase_lines(
    file: IO[bytes], person: str, theirs: Collection[str], known: Collection[str], torn: bool = False
) -> Lines:
    """Write the file anew without lines of some sessions; a torn line goes with the line before it, and where `torn`
    says so, when it names the person."""
    path = Path(str(file.name))
    part = path.with_name(f".{path.name}.part")
    named = re.compile(rb"(?<![A-Za-z0-9-])%s(?![A-Za-z0-9-])" % person.encode())
    total = erased = nobodys = naming = 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as left:
            gone = False
            file.seek(0)
            for line in file:
                total += 1
                document = _parsed(line)
                gone = gone if document is None else _session(document) in theirs
                names = _names(named, line, document is not None)
                here = gone or (torn and document is None and names)
                erased += here
                nobodys += document is not None and _session(document) not in known
                naming += not here and names
                left.write(b"" if here else line)
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


def _names(named: re.Pattern[bytes], line: bytes, whole: bool) -> bool:
    """Whether a person is named: in a `whole` line by a text, for a number there is a value."""
    if not whole or not named.search(line):
        return named.search(line) is not None
    return any(named.search(_VERSION.sub(b"", text)) for text in _TEXT.findall(line))


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
