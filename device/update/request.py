"""How an update is asked for: a word in a file, which systemd sees, and starts the updater as root.

The host process has no rights of its own over releases: it can ask for what root was given, for what a stick brought,
or for what the configured folder in the network has, and everything is checked by whoever installs it.
"""

import os
import stat
from contextlib import suppress
from enum import Enum
from pathlib import Path

from device.contract.errors import UpdateError
from device.update.layout import Layout


class Source(str, Enum):
    """Where the release comes from."""

    GIVEN = "given"  # the file that root named
    STICK = "stick"
    NETWORK = "network"


def ask(source: Source, layout: Layout | None = None) -> None:
    """Let the updater begin. Whoever asks makes sure that no session is open.

    Raises:
        UpdateError: it cannot be asked for here.
    """
    path = (layout or Layout()).request
    try:
        part = path.with_suffix(".part")
        part.write_text(source.value, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UpdateError(f"The updater cannot be asked ({path}: {error.strerror}): is the box installed?") from None


def leave(source: Source, layout: Layout) -> None:
    """The same for root, also without a host process."""
    layout.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    (layout.run / "request").write_text(source.value, encoding="utf-8")


def take(layout: Layout) -> Source | None:
    """What was asked for, once; None when nothing was, or nothing that is known."""
    for path in (layout.run / "request", layout.request):
        with suppress(OSError, ValueError):
            text = _read(path)
            return Source(text)
    return None


def _read(path: Path) -> str:
    """A short file, which is gone then. It may be anything: another user leaves it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        path.unlink()
        raise
    with os.fdopen(descriptor, "rb") as file:
        path.unlink()
        return file.read(32).decode("ascii", "replace") if stat.S_ISREG(os.fstat(descriptor).st_mode) else ""
