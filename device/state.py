"""Where the box keeps what must outlive a start, and how it writes there what is nobody else's business."""

import os
from pathlib import Path

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
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names that were made, changed or removed in a folder are so after a power cut too. Raises `OSError`."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
