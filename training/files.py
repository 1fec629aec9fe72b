"""Files for their owner's eyes (mode 0600), whole or not there at all."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from device.contract.errors import StorageError


def write_whole(path: Path, content: Callable[[IO[bytes]], object]) -> None:
    """Write a file under another name and rename it, in a folder that is made if it is not there. Raises
    `StorageError`."""
    part = path.with_name(f".{path.name}.part")
    try:
        make_private(path.parent)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                content(file)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror or error}): make room there.") from error


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, for their owner alone, where they are not there. Raises `StorageError`."""
    try:
        for one in reversed([folder, *folder.parents]):
            one.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made ({error.strerror}): name another folder.") from error
