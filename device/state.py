"""Where the box keeps what must outlive a start."""

import os
from pathlib import Path


def state_folder() -> Path:
    """systemd's state directory, else the user's."""
    if state := os.environ.get("STATE_DIRECTORY"):
        return Path(state)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "affectbox"
