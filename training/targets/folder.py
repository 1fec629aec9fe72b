"""A folder of targets: whole, or not there at all.

targets.json      what was compared, how, and everything found; `targets map` reads it
units.csv         action units, ranked; mixed.csv beside it: the mixed models
points-68.csv     key points, ranked
…                 pictures
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError, DataError, StorageError
from training.targets.rows import of_json

FILE = "targets.json"
VERSION = 1
_NEEDED = (
    "kind",
    "first",
    "second",
    "people",
    "sites",
    "phases",
    "permutations",
    "simulated",
    "cautions",
    "features",
    "program",
)


def check_place(out: Path) -> None:
    """Raises `ConfigError`: something else stands there."""
    if out.exists() and not (out.is_dir() and ((out / FILE).exists() or not any(out.iterdir()))):
        raise ConfigError(f"{out} holds something else than targets: name a new folder with --out.")


@contextmanager
def folder(out: Path) -> Iterator[Path]:
    """A folder to write to, which becomes `out` in the place of earlier targets when all went well. Raises
    `ConfigError`, `StorageError`."""
    check_place(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
            new = Path(scratch) / "new"
            new.mkdir(mode=0o700)
            yield new
            if out.exists():
                out.replace(Path(scratch) / "old")
            new.replace(out)
    except OSError as error:
        raise StorageError(f"{out} cannot be written ({error.strerror or error}): check path and space.") from error


def write(path: Path, content: bytes) -> None:
    """A file for its owner's eyes."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def read(out: Path) -> dict[str, Any]:
    """What `targets.json` of a folder holds. Raises `DataError`: no targets there."""
    try:
        held = json.loads((out / FILE).read_text(encoding="utf-8"))
        if held["v"] != VERSION:
            raise ValueError(f"it is of version {held['v']}, not {VERSION}")
        held["tables"] = {name: [of_json(row) for row in rows] for name, rows in held["tables"].items()}
        missing = [name for name in _NEEDED if name not in held]
        if missing or "units" not in held["tables"]:
            raise ValueError(f"it has no '{(*missing, 'units')[0]}'")
    except OSError as error:
        raise DataError(f"{out} holds no targets ({error.strerror}): make them with `targets compare`.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{out / FILE} is not what `targets compare` wrote ({error}): make it again.") from error
    return dict(held)
