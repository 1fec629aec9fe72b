"""Files that are written of a person: for their owner's eyes, whole or not at all, and never over what was read."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from device.contract.errors import ConfigError, StorageError


def check_outputs(outputs: Mapping[str, Path], inputs: Iterable[Path]) -> None:
    """Nothing may be written over what is read, nor twice to one file.

    Args:
        outputs: option → file.
        inputs: files that are read.

    Raises:
        ConfigError: it would be.
    """
    read, written = [*inputs], dict[str, Path]()
    for option, out in outputs.items():
        if any(_same(out, path) for path in read):
            raise ConfigError(f"{option} would write over {out}, which is to be read: name another file.")
        if other := next((name for name, path in written.items() if _same(out, path)), None):
            raise ConfigError(f"{other} and {option} name one file, {out}: name two.")
        written[option] = out


def write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone can read; if that fails, what was there stays. Raises `StorageError`."""
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a pipe or a device
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder of yours with room on its disk."
        ) from error


def _replace(path: Path, data: bytes) -> None:
    number, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-", suffix=".part")  # mode 0600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise


def _same(one: Path, other: Path) -> bool:
    """Whether both are one file, by whatever names; not of pipes and devices, where nothing is overwritten."""
    if one.exists() and other.exists():
        return one.samefile(other) and one.is_file()
    return one.resolve() == other.resolve()
