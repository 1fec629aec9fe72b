"""Reading a recording, a file of JSON lines, a line after the other."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from device.camera.pictures import require_file
from device.contract.errors import DataError, SourceError, StorageError
from device.contract.fields import Json
from device.contract.lines import decode


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
