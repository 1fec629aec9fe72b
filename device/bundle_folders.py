"""Where bundles lie: those shipped with the box, and those that were fetched or copied into its cache."""

import os
from collections.abc import Iterable
from pathlib import Path

from device.contract.errors import ModelError
from device.contract.manifest import MANIFEST

SHIPPED = Path(__file__).parent / "bundles"


def bundle_cache() -> Path:
    """Where fetched bundles live: `$AFFECTBOX_CACHE`, else systemd's cache directory, else the user's."""
    for variable in ("AFFECTBOX_CACHE", "CACHE_DIRECTORY"):
        if folder := os.environ.get(variable):
            return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "affectbox"


def find_bundle(name: str, folders: Iterable[Path]) -> Path:
    """The folder of bundle `name` (`NAME-VERSION`) in the first of `folders` that has it.

    Raises:
        ModelError: none has it.
    """
    places = list(folders)
    for folder in places:
        if (folder / name / MANIFEST).is_file():
            return folder / name
    where = " or ".join(map(str, places))
    raise ModelError(
        f"No model bundle {name} in {where}: run `affectbox-converter fetch`, or copy the folder of your own there."
    )
