"""Where the box keeps what must outlive a start, and how it writes there what is nobody else's business."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from device.contract.systems import AS_IT_IS
from device.settings import OutboxSettings


def state_folder() -> Path:
    """systemd's state directory, else the user's."""
    if state := os.environ.get("STATE_DIRECTORY"):
        return Path(state)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "affectbox"


def outbox_file(settings: OutboxSettings) -> Path:
    """The outbox: `path`, else in the state folder."""
    return Path(settings.path) if settings.path else state_folder() / "outbox.db"


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner's eyes, in a folder likewise: after a power cut it is the old one or the new one.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | AS_IT_IS, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(path.parent)


def open_private(path: Path) -> int:
    """Open a file to be written from its start, for its owner's eyes, also if it was there before; a descriptor.

    Raises:
        OSError: it cannot be written.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | AS_IT_IS, 0o600)
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(file).st_mode):  # Windows has the folder's owner see to that
        with suppress(PermissionError):  # somebody else's, who lets us write
            os.fchmod(file, 0o600)
    return file


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, or would."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return os.path.realpath(one) == os.path.realpath(other)


def sync_folder(folder: Path) -> None:
    """Names that were made, changed or removed in a folder are so after a power cut too. Raises `OSError`.

    Windows opens no folder, and keeps its names in a journal of its own.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
