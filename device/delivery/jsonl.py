"""A file with one record, or event of a session, per line, written for the moment before a power cut.

*Durable.* Each group goes to the kernel in one write and to the disk with one `fdatasync`. A line that a crash cut
short is completed by a line break at the next start.

*A full disk* does not stop the daemon: a group that is not taken whole is taken back, counted, said once, and the next
one is tried. Events are not lost by it: they wait in memory, and no record is kept before them.

*Ours.* Nothing is appended to a file that begins with anything but a record, an event, or one that was cut short.

*Alone.* The file is locked while it is open, so that nobody rewrites it meanwhile (see `device.erasure`).
"""

import errno
import fcntl
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from device.closing import Closing
from device.contract.errors import SinkError
from device.contract.fields import Json, encode
from device.delivery.loss import Loss
from device.delivery.sink import Line
from device.state import sync_folder

_BEGINNING = 1 << 16
#: With one of these begin records and events, whose keys are sorted.
_FIRST_KEYS = (b'{"aus":', b'{"boot":')


class JsonlSink(Closing):
    """Appends to `path`.

    Attributes:
        loss: what the disk did not take.
    """

    def __init__(self, path: Path) -> None:
        """Raises `SinkError` when the file cannot be written, is no file of records, or somebody else has it open."""
        self._path = path
        self._file: int | None = None
        self.loss = Loss()
        self._events: list[bytes] = []
        try:
            self._made = not path.exists()
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            self._regular = stat.S_ISREG(os.fstat(self._file).st_mode)  # else a pipe, or a device
            if self._regular:
                lock(self._file)
                self._require_ours(self._file)
                sync_folder(path.parent)
            self._torn = self._regular and _is_torn(self._file)
        except OSError as error:
            self.close()
            raise self._unwritable(error) from error
        except SinkError:
            self.close()
            raise

    def write(self, lines: Sequence[Line]) -> None:
        if lines:
            self._keep([line.body for line in lines])

    def tell(self, event: Json) -> None:
        self._events.append(encode(event))
        self._keep([])

    def close(self) -> None:
        if self._file is not None:
            self._keep([])
            if self._made and not self.loss.records and os.fstat(self._file).st_size == 0:
                self._path.unlink(missing_ok=True)  # the session did not come about
            os.close(self._file)
            self._file = None
            self.loss.ended(str(self._path))

    def _keep(self, records: list[bytes]) -> None:
        """Append the events that wait, then records."""
        if self._file is None:
            raise SinkError(f"{self._path} is closed.")
        data = b"".join(body + b"\n" for body in (*self._events, *records))
        if not data:
            return
        try:
            self._append(self._file, b"\n" + data if self._torn else data)
        except OSError as error:
            self.loss.more(len(records), str(self._unwritable(error)))
        else:
            self._events.clear()
            self._torn = False
            self.loss.over(str(self._path))

    def _append(self, file: int, data: bytes) -> None:
        size = os.fstat(file).st_size
        try:
            while data:
                data = data[os.write(file, data) :]
            if self._regular:
                os.fdatasync(file)
        except OSError:
            if self._regular:
                with suppress(OSError):
                    os.ftruncate(file, size)
            raise

    def _require_ours(self, file: int) -> None:
        if not begins_ours(os.pread(file, _BEGINNING, 0)):
            raise SinkError(f"{self._path} holds something else than records, and stays as it is: name another file.")

    def _unwritable(self, error: OSError) -> SinkError:
        if error.errno == errno.ENOENT:
            return SinkError(f"{self._path} cannot be written (its folder does not exist): make it, or name another.")
        if error.errno == errno.EWOULDBLOCK:
            return SinkError(f"{self._path} is being written by another affectbox: stop it, or name another file.")
        return SinkError(f"{self._path} cannot be written ({error.strerror}): free the disk or name another file.")


def lock(file: int) -> None:
    """Keep everybody else from writing an open file, until it is closed. Raises `BlockingIOError`: somebody does."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # what cannot be locked, such as a file of some network file systems
        return


def begins_ours(data: bytes) -> bool:
    """Whether a file that begins with `data` is one of records: its first line is one, or was one before it was cut
    short (zeros, too, are what a power cut leaves), or there is nothing yet."""
    line = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\0\r\n").partition(b"\n")[0]
    try:
        document = json.loads(line.decode())  # bytes would be read as UTF-16, too
    except (ValueError, RecursionError):
        return any(key.startswith(line) or line.startswith(key) for key in _FIRST_KEYS)
    return isinstance(document, dict) and {"device", "boot"} <= document.keys()


def _is_torn(file: int) -> bool:
    size = os.fstat(file).st_size
    return bool(size) and os.pread(file, 1, size - 1) != b"\n"
