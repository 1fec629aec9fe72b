"""What the page knows of releases: which one runs, what a stick offers, how an installation goes."""

from dataclasses import dataclass
from typing import Protocol

from device.contract.errors import UpdateError
from device.contract.version import version


@dataclass(frozen=True)
class Release:
    """How releases stand.

    Attributes:
        running: version of the one that runs.
        offered: version of one that a stick offers; "" for none.
        installing: version of the one that is being installed, or is tried; "" for none.
        text: how the last installation went, in a sentence; "" if there was none.
        refused: whether that did not go well.
    """

    running: str
    offered: str = ""
    installing: str = ""
    text: str = ""
    refused: bool = False


class Releases(Protocol):
    """Where releases come from."""

    def look(self) -> Release:
        """How they stand now; quickly."""

    def install(self) -> None:
        """Have what the stick offers installed. Raises `UpdateError`."""


class NoReleases:
    """A machine that is no installed box."""

    def look(self) -> Release:
        return Release(version())

    def install(self) -> None:
        raise UpdateError("This machine is no installed box: install Affectbox by systemd/install.sh first.")
