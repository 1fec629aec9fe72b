"""What the process that delivers, or holds a session, leaves for the host process: it has outbox and networks.

A small file in the runtime folder, anew every few seconds; `mono` tells its age, for all processes have that clock.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from device.contract.fields import Json

FILE = "figures.json"
EVERY_S = 5.0
#: What is older is of a process that is gone.
OLD_S = 30.0
_MOST_BYTES = 65_536


def leave(folder: Path, figures: Json) -> None:
    """Write it; a folder that takes nothing is no trouble."""
    path = folder / FILE
    part = path.with_suffix(".part")
    with suppress(OSError, ValueError):
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps(figures, allow_nan=False).encode())
        part.replace(path)


def read(folder: Path, now_s: float) -> Json:
    """What was left lately; empty when nothing was. `now_s`: monotonic."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError), (folder / FILE).open("rb") as file:
        told = json.loads(file.read(_MOST_BYTES))
        if isinstance(told, dict) and 0 <= now_s - float(told["mono"]) <= OLD_S:
            return told
    return {}
