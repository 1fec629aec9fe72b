"""The folder that an export is written to: one file a session, whole or not at all.

    FOLDER/export.json           what is in it: the set of columns and the format
    FOLDER/dictionary.csv, .md   what the columns mean
    FOLDER/data/device=BOX/month=YYYY-MM/SESSION.parquet

A file of its own for each session lets one session be taken away, because somebody withdrew their consent or is to be
erased, without touching another. Folders and files are for their owner's eyes; each file is written beside its place
and renamed. `month` is in UTC, by the session's first record; `unknown` where the box's clock was never set. A session
of which nobody told that it ended is `SESSION.open.parquet`, and is written anew by the next export.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from cloud.erasing import known
from cloud.reading.table import Table
from device.contract.errors import ConfigError, StorageError

VERSION = 1
DATA = "data"
UNKNOWN = "unknown"
_ABOUT = "export.json"
_OPEN = ".open."


@dataclass(frozen=True)
class Kind:
    """What a folder holds: a set of columns in a format."""

    set: str
    format: str

    def json(self) -> str:
        """As `export.json` says it."""
        return json.dumps({"v": VERSION, "set": self.set, "format": self.format}) + "\n"


class Folder:
    """An export's folder, held against other exports."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self.path, self.kind = path, kind
        self._data = path / DATA

    def stands(self, device: str, session: str) -> bool:
        """Whether anything of a session stands here."""
        return bool(self._files(device, session))

    def has(self, device: str, session: str) -> bool:
        """Whether a session stands here that had ended when it was written."""
        found = self._files(device, session)
        return bool(found) and not any(_OPEN in path.name for path in found)

    def write(self, table: Table, content: Callable[[Table, IO[bytes]], None]) -> int:
        """Write a session's file, in the place of what stood here of it; returns its bytes. Raises `StorageError`."""
        session = table.sessions[0]
        place = self._place(table)
        before = [other for other in self._files(session.device, session.id) if other != place]
        with self.writing(place):
            _private(place.parent, self.path)
            known.note(
                place,
                [session.patient],
                [known.visit(session.device, session.id)],
                f"export ({self.kind.set})",
            )
            size = _replace(place, partial(content, table))
            for other in before:
                other.unlink()
        return size

    def take_away(self, device: str, session: str) -> bool:
        """Take a session's files away, and tell whether there were any. Raises `StorageError`."""
        found = self._files(device, session)
        for path in found:
            with self.writing(path):
                path.unlink()
        return bool(found)

    def text(self, name: str, content: str) -> None:
        """Write a text beside the data. Raises `StorageError`."""
        path = self.path / name
        with self.writing(path):
            _replace(path, lambda file: file.write(content.encode()))

    def _files(self, device: str, session: str) -> list[Path]:
        return sorted(self._data.glob(f"device={device}/month=*/{session}.*"))

    def _place(self, table: Table) -> Path:
        session = table.sessions[0]
        is_open = _OPEN if session.events and not session.why else "."
        name = f"{session.id}{is_open}{self.kind.format}"
        return self._data / f"device={session.device}" / f"month={month(table)}" / name

    @contextmanager
    def writing(self, path: Path) -> Iterator[None]:
        """What goes wrong while a file is written, as a sentence."""
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written ({error.strerror or error}): make room, or name a folder of yours."
            ) from error


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[Folder]:
    """The folder, made if it is not there.

    Raises:
        ConfigError: it holds something else.
        StorageError: it cannot be made, or another export writes to it.
    """
    check(path, kind)
    folder = Folder(path, kind)
    is_new, was_empty = not path.exists(), not path.exists() or not any(path.iterdir())
    with folder.writing(path):
        _private(path, path)
        holder = os.open(path, os.O_RDONLY)
    try:
        _hold(holder, path)
        if not (path / _ABOUT).exists():
            folder.text(_ABOUT, kind.json())
        yield folder
    except BaseException:
        if was_empty and not any(path.glob(f"{DATA}/*/*/*")):
            _empty(path, is_new)
        raise
    finally:
        os.close(holder)


def check(path: Path, kind: Kind) -> None:
    """Raises `ConfigError`: the folder holds what this export would be mixed up with."""
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{path} is a file: name a folder.")
    held = _about(path / _ABOUT)
    if held is None:
        if path.exists() and any(path.iterdir()):
            raise ConfigError(f"{path} holds other things than an export: name a new folder, or an empty one.")
    elif held != {"v": VERSION, "set": kind.set, "format": kind.format}:
        raise ConfigError(
            f"{path} holds an export of another kind ({held.get('set')}, {held.get('format')}): name another folder."
        )


def _empty(path: Path, whole: bool) -> None:
    """Leave nothing of an export that came to nothing; `whole`: nor the folder."""
    for one in path.iterdir():
        shutil.rmtree(one, ignore_errors=True) if one.is_dir() else one.unlink(missing_ok=True)
    if whole:
        shutil.rmtree(path, ignore_errors=True)


def _about(path: Path) -> dict[str, Any] | None:
    try:
        held = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def _hold(holder: int, path: Path) -> None:
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StorageError(f"Another export is writing to {path}: wait for it, or name another folder.") from None


def month(table: Table) -> str:
    """`2026-11` in UTC, by a session's first record whose time is known; `unknown` where none is."""
    known_at = table.wall[~np.isnan(table.wall)]
    try:
        return datetime.fromtimestamp(float(known_at[0]), UTC).strftime("%Y-%m") if len(known_at) else UNKNOWN
    except (ValueError, OverflowError, OSError):
        return UNKNOWN


def _private(folder: Path, top: Path) -> None:
    """Make a folder, and those above it up to `top`, for its owner alone."""
    for one in reversed([folder, *folder.parents]):
        if not one.exists():
            one.mkdir(mode=0o700 if one == top or top in one.parents else 0o777, exist_ok=True)


def _replace(path: Path, content: Callable[[IO[bytes]], object]) -> int:
    """Write a file, and give it its name when all of it is on the disk."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    number, is_nameless = _begun(part)
    try:
        with os.fdopen(number, "wb") as file:
            content(file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            if is_nameless:
                os.link(f"/proc/self/fd/{number}", part, src_dir_fd=number)  # so that the link is followed
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return size


def _begun(part: Path) -> tuple[int, bool]:
    """A file to write to, without a name where the file system has such: then nothing is left of it when the program
    is killed."""
    try:
        return os.open(part.parent, os.O_WRONLY | os.O_TMPFILE, 0o600), True
    except OSError:
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), False
