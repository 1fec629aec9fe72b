"""Files for their owner's eyes (mode 0600), whole or not there at all."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from device.contract.errors import StorageError
from device.contract.systems import AS_IT_IS


def write_whole(path: Path, content: Callable[[IO[bytes]], object]) -> None:
    """As `write_there`, in a folder that is made, for its owner alone, if it is not there. Raises `StorageError`."""
    make_private(path.parent)
    write_there(path, content)


def write_there(path: Path, content: Callable[[IO[bytes]], object]) -> None:
    """Write a file under another name in its folder, which is there, and rename it. Raises `StorageError`."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | AS_IT_IS, 0o600), "wb") as file:
            content(file)
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError(
                f"{path} cannot be written ({error.strerror or error}): check path and space."
            ) from error
        raise


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, for their owner alone, where they are not there. Raises `StorageError`."""
    try:
        for one in reversed([folder, *folder.parents]):
            one.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made ({error.strerror}): name another folder.") from error
