"""A file with one record, or event of a session, per line.

A line that a crash cut short is completed by a line break at the next start.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from device.closing import Closing
from device.contract.errors import SinkError
from device.contract.fields import Json, encode
from device.contract.session import key
from device.delivery.sink import Line


class JsonlSink(Closing):
    """Appends to `path`; each group goes to the kernel in one write."""

    def __init__(self, path: Path) -> None:
        """Raises `SinkError` when the file cannot be written."""
        self._path = path
        self._file: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            size = os.fstat(self._file).st_size
            if size and os.pread(self._file, 1, size - 1) != b"\n":
                os.write(self._file, b"\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, lines: Sequence[Line]) -> None:
        if self._file is None:
            raise SinkError(f"{self._path} is closed.")
        data = b"".join(line.body + b"\n" for line in lines)
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def tell(self, event: Json) -> None:
        self.write([Line(key(event), encode(event))])

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _unwritable(self, error: OSError) -> SinkError:
        return SinkError(f"{self._path} cannot be written ({error.strerror}): free the disk or name another file.")
