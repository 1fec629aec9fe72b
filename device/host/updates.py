"""What the host process has to do with updates: whether one is under way, and to ask for one."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from device.contract.errors import UpdateError


@dataclass(frozen=True)
class Updates:
    """`updating`: whether a release is being installed or has yet to prove itself; `ask`: for one, of a source."""

    updating: Callable[[], bool]
    ask: Callable[[str], None]


def updates() -> Updates:
    """This machine's."""
    try:
        standing, request = import_module("device.update.standing"), import_module("device.update.request")
    except ModuleNotFoundError:
        return Updates(lambda: False, _refuse)

    def ask(source: str) -> None:
        try:
            wanted = request.Source(source)
        except ValueError:
            raise UpdateError("An update comes from 'stick', 'network', or, as root gave it, 'given'.") from None
        request.ask(wanted)

    return Updates(standing.updating, ask)


def _refuse(source: str) -> None:
    raise UpdateError("This installation cannot update itself.")
