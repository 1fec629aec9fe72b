"""What the process that delivers, or holds a session, leaves for the host process: it has outbox and networks.

A small file in the runtime folder, anew every few seconds; `mono` tells its age, for all processes have that clock,
and `pid` whose it is.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from device.contract.fields import Json

FILE = "figures.json"
EVERY_S = 5.0
#: What is older is of a process that is gone, or hangs; in less, one follows the other.
OLD_S = 30.0
_MOST_BYTES = 65_536
_MOST_PROCESSES = 1 << 31


def leave(folder: Path, figures: Json) -> None:
    """Write it; a folder that takes nothing is no trouble."""
    path = folder / FILE
    part = path.with_suffix(".part")
    with suppress(OSError, ValueError):
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps({"pid": os.getpid()} | figures, allow_nan=False).encode())
        part.replace(path)


def read(folder: Path, now_s: float) -> Json:
    """What was left lately; empty when nothing was. `now_s`: monotonic."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError), (folder / FILE).open("rb") as file:
        told = json.loads(file.read(_MOST_BYTES))
        if isinstance(told, dict) and 0 <= now_s - float(told["mono"]) <= OLD_S:
            return told
    return {}


def is_there(told: Json) -> bool:
    """Whether the process that left this still runs, of whatever user."""
    process = told.get("pid")
    if not isinstance(process, int) or not 0 < process < _MOST_PROCESSES:
        return False
    with suppress(PermissionError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True
