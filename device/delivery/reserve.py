"""Room on the disk that is kept for the moment when there is no other: a file of zeros beside the outbox.

On a full disk the outbox needs some room to write down what was sent, for then there is room inside it again. The next
start, or end, that finds room on the disk makes the reserve anew.
"""

import os
from contextlib import suppress
from pathlib import Path

_BYTES = 2**20  # a log of 250 pages


class Reserve:
    """The reserve of the outbox at `path`."""

    def __init__(self, path: Path) -> None:
        self._file = Path(f"{path}.reserve")

    def keep(self) -> None:
        """See to it that there is one, if the disk has room for it."""
        if self._file.exists():
            return
        try:
            opened = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(opened, 0, _BYTES)
            finally:
                os.close(opened)
        except OSError:
            self.give()

    def give(self) -> bool:
        """Make its room free; whether there was one."""
        there = self._file.exists()
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
        return there
