"""Files of JSON lines: records and events, told apart by the field `event`."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from cloud.reading.faults import Faults
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract import record
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.session import is_event, session_of

_AT_ONCE = 1 << 20  # bytes
_decoder = msgspec.json.Decoder()


def read(path: Path) -> Table:
    """The records of a file. Raises `DataError`: no such file."""
    gathering = Gathering()
    gather(path, gathering)
    return gathering.table()


def gather(path: Path, gathering: Gathering) -> None:
    """Take what is in a file. Raises `DataError`: no such file."""
    try:
        with path.open("rb") as file:
            for some in _groups(file):
                documents = _documents(some, gathering.faults)
                events = [*filter(is_event, documents)]
                for event in events:
                    gathering.event(event)
                gathering.documents([one for one in documents if not is_event(one)] if events else documents)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error


def groups(path: Path, faults: Faults) -> Iterator[tuple[int, int, list[Any]]]:
    """The documents of a file, some lines at a time, each with the bytes from and to which they stand; what is none is
    counted. Raises `DataError`: no such file."""
    begin = 0
    try:
        with path.open("rb") as file:
            for some in _groups(file):
                end = file.tell()
                yield begin, end, _documents(some, faults)
                begin = end
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error


def between(path: Path, begin: int, end: int) -> list[Any]:
    """The documents in these bytes of a file, as `groups` told them. Raises `DataError`: no such file."""
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return _documents(file.read(end - begin).removeprefix(BOM_UTF8), Faults())
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error


def _groups(file: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, about `_AT_ONCE` bytes of them at a time, without the mark that some editors begin a file with."""
    while some := file.read(_AT_ONCE):
        yield some.removeprefix(BOM_UTF8) + file.readline()


def _documents(some: bytes, faults: Faults) -> list[Any]:
    """The documents of whole lines; those that are none are counted."""
    try:
        return _decoder.decode_lines(some)
    except (msgspec.DecodeError, RecursionError):
        return [*_one_by_one(some, faults)]


def _one_by_one(some: bytes, faults: Faults) -> Iterator[Any]:
    for line in filter(bytes.strip, some.split(b"\n")):
        try:
            yield _decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            if _is_torn(line, error):
                faults.torn += 1
            else:
                faults.foreign += 1


def _is_torn(line: bytes, error: Exception) -> bool:
    """Whether a line begins an object, and then holds nothing, or the zeros of a block that was never written."""
    if cut := line.rstrip(b"\0\r"):
        return cut.startswith(b"{") and (len(cut) < len(line) or "truncated" in str(error))
    return True


def records(path: Path, device: str, session_id: str) -> Iterator[Json]:
    """The records of one session as they were written, those that are valid. Raises `DataError`: no such file."""
    try:
        with path.open("rb") as file:
            for some in _groups(file):
                for one in _documents(some, Faults()):
                    if isinstance(one, dict) and not is_event(one) and _is_of(one, device, session_id):
                        yield one
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error


def _is_of(one: Json, device: str, session_id: str) -> bool:
    try:
        record.validate(one)
    except DataError:
        return False
    return bool(one["device"] == device and session_of(one) == session_id)
