"""One watch for each folder: two would tell everything twice."""

import fcntl
import os
from pathlib import Path

from device.contract.errors import StorageError

FILE = "watch.lock"


class Alone:
    """Holds a folder until it is closed, or its process ends."""

    def __init__(self, folder: Path) -> None:
        """Raises `StorageError`: another watch holds it, or it cannot be made."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"{folder} cannot be used ({error.strerror}): choose another with --data.") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise StorageError(
                f"Another watch keeps its files in {folder}: end it, or choose another --data."
            ) from None

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)
