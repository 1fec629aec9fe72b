"""Reading a recording, a file of JSON lines, a line after the other, and what commands make of its sessions."""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from device.camera.pictures import require_file
from device.contract.errors import DataError, SourceError, StorageError
from device.contract.fields import Json
from device.contract.lines import decode
from device.contract.session import session_of


class Recorded(Protocol):
    """What is made of one session's records and events."""

    def take(self, document: Json) -> None:
        """A record or an event of it."""


_Recorded = TypeVar("_Recorded", bound=Recorded)


def open_recording(recording: Path) -> BinaryIO:
    """The file. Raises `StorageError`: it cannot be read."""
    try:
        require_file(recording)
        return recording.open("rb")
    except SourceError as error:
        raise StorageError(str(error)) from error
    except OSError as error:
        raise StorageError(f"{recording} cannot be read ({error.strerror}): check its owner and the disk.") from error


def documents(file: Iterable[bytes], broken: list[str]) -> Iterator[Json]:
    """The records and events of a file; what is neither goes to `broken`, in sentences."""
    for number, text in enumerate(file, start=1):
        try:
            yield decode(text.rstrip(b"\r\n"))
        except DataError as error:
            broken.append(f"line {number}: {error}")


def by_session(recording: Path, new: Callable[[], _Recorded], broken: list[str]) -> dict[str, _Recorded]:
    """What is made of each session of a file; what is no line of a recording goes to `broken`. Raises `StorageError`:
    it cannot be read."""
    found: dict[str, _Recorded] = {}
    with open_recording(recording) as file:
        for document in documents(file, broken):
            session = session_of(document)
            if session not in found:
                found[session] = new()
            found[session].take(document)
    return found


def require_sessions(recording: Path, patient: str, meant: Collection[str], broken: list[str]) -> None:
    """Raises `DataError`: lines are not records, or there is no session of this person ('': of anybody)."""
    if broken:
        raise DataError(
            f"{len(broken)} lines of {recording} are not records (first: {broken[0]}); it was told of the others."
        )
    if not meant:
        whose = f" of {patient}" if patient else ""
        raise DataError(f"{recording} holds no session{whose}: name another file or person.")
