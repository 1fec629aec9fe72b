"""The files that were written about people on this machine: so that they are found when a person is to be erased.

`$XDG_DATA_HOME/affectbox/written.jsonl`, for its owner alone: one line for each file, before it is written, so that
none is written that is not known. It holds pseudonyms, and is therefore written anew without a person who is erased.

    {"v": 1, "at": 1790000000.0, "path": "/home/…/report.html", "what": "report", "patients": ["p-017"],
     "sessions": ["box-01~k3…"]}

A file is of every person that any of its lines names, for what was written there first may still stand. `again` names
the command that makes a file anew out of what it was made of, where nothing is lost with it. A file that was moved,
copied or sent elsewhere is not followed.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.contract.errors import StorageError
from device.contract.session import UNNAMED
from device.contract.systems import AS_IT_IS, hold

VERSION = 1
FILE_NAME = "written.jsonl"


@dataclass(frozen=True)
class Written:
    """A file of which this machine knows.

    Attributes:
        path: absolute, with no link in it when it was written.
        what: it is, in a word or two, such as `report`.
        patients: pseudonyms of whom it may hold, `unnamed` among them.
        sessions: DEVICE~SESSION of those that it may hold.
        again: the command that makes it anew without loss; '' for none.
    """

    path: Path
    what: str
    patients: frozenset[str]
    sessions: frozenset[str]
    again: str = ""


def registry() -> Path:
    """Where it stands. Raises `StorageError`: whoever runs this has no home, and XDG_DATA_HOME is not set."""
    try:
        home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    except RuntimeError:
        raise StorageError("There is no home folder to note written files in: set XDG_DATA_HOME.") from None
    return Path(home) / "affectbox" / FILE_NAME


def note(path: Path, patients: Iterable[str], sessions: Iterable[str], what: str, again: str = "") -> None:
    """Note a file about people, before it is written. What is no file, as a pipe or a terminal, is not noted.

    Args:
        path: the file itself, never a folder: note each file of a folder.
        patients: pseudonyms of whom it holds something; '' and `unnamed` are those of whom nobody said who they are.
        sessions: DEVICE~SESSION of those that it holds something of.
        what: it is, in a word or two, such as `report`.
        again: the command that makes it anew, where nothing is lost when it is deleted.

    Raises:
        StorageError: it cannot be noted; do not write the file, then.
    """
    note_all([(path, patients, sessions)], what, again)


def note_all(files: Iterable[tuple[Path, Iterable[str], Iterable[str]]], what: str, again: str = "") -> None:
    """Note many at once, each as (path, patients, sessions). Raises as `note`."""
    lines = [_line(*file, what, again) for file in files if not file[0].exists() or file[0].is_file()]
    if not lines:
        return
    place = registry()
    try:
        with _held(place), os.fdopen(_opened(place, os.O_APPEND), "ab") as file:
            torn = b"" if _ends_a_line(place) else b"\n"
            file.write(torn + b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unusable(place, error) from None


def written() -> list[Written]:
    """All files that are known, in the order of their first lines. Raises `StorageError`."""
    place = registry()
    try:
        with _held(place) if place.exists() else _nothing():
            return _united(_lines(place))
    except OSError as error:
        raise _unusable(place, error) from None


def rewrite(change: Callable[[Written], Written | None]) -> None:
    """Write the registry anew: each file as `change` gives it, without those that it gives None for.

    Raises:
        StorageError: it cannot be written; it stands as it was.
    """
    place = registry()
    if not place.exists():
        return
    part = place.with_suffix(".part")
    try:
        with _held(place):
            kept = [new for one in _united(_lines(place)) if (new := change(one)) is not None]
            with os.fdopen(_opened(part, os.O_TRUNC), "wb") as file:
                file.write(b"".join(_line(one.path, one.patients, one.sessions, one.what, one.again) for one in kept))
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unusable(place, error) from None


def visit(device: str, session: str) -> str:
    """How a session is named here: DEVICE~SESSION."""
    return f"{device}~{session}"


def _line(path: Path, patients: Iterable[str], sessions: Iterable[str], what: str, again: str) -> bytes:
    whose = sorted({one or UNNAMED for one in patients})
    document = {
        "v": VERSION,
        "at": round(time.time(), 3),
        "path": str(path.resolve()),
        "what": what,
        "patients": whose,
        "sessions": sorted({*sessions}),
    } | ({"again": again} if again else {})
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _lines(place: Path) -> Iterator[Mapping[str, Any]]:
    """Those that can be read: the last one may have been cut by a power cut, before its file was written."""
    if not place.exists():
        return
    with place.open("rb") as file:
        for line in file:
            try:
                document = json.loads(line)
            except ValueError:
                continue
            if isinstance(document, dict) and isinstance(document.get("path"), str):
                yield document


def _ends_a_line(place: Path) -> bool:
    with place.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read() in (b"", b"\n")


def _united(lines: Iterable[Mapping[str, Any]]) -> list[Written]:
    found: dict[str, Written] = {}
    for line in lines:
        path = line["path"]
        known = found.get(path, Written(Path(path), "", frozenset(), frozenset()))
        whose, sessions = (known.patients | _texts(line, "patients"), known.sessions | _texts(line, "sessions"))
        again = str(line.get("again", ""))
        if path in found and again != known.again:
            again = ""  # whichever of the two stands there
        found[path] = Written(known.path, str(line.get("what", "")) or known.what, whose, sessions, again)
    return [*found.values()]


def _texts(line: Mapping[str, Any], name: str) -> frozenset[str]:
    held = line.get(name)
    return frozenset(one for one in held if isinstance(one, str)) if isinstance(held, list) else frozenset()


def _opened(path: Path, how: int) -> int:
    """A descriptor to write with; of a file that was not there, for its owner alone. Raises `OSError`."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | how | AS_IT_IS, 0o600)


@contextmanager
def _held(place: Path) -> Iterator[None]:
    """Nobody else notes or rewrites meanwhile. The lock is a file of its own, for the registry is replaced."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _opened(place.with_suffix(".lock"), 0)
    try:
        hold(lock)
        yield
    finally:
        os.close(lock)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _unusable(place: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{place}, which lists the files that were written about people, cannot be used ({error.strerror}): free the "
        "disk, or give the folder to yourself."
    )
