"""How the host process asks for an update. Whether one is under way says `device.update.standing`."""

from device.contract.errors import UpdateError
from device.update import request


def ask(source: str) -> None:
    """Ask the updater: of `stick`, `network`, or `given`, the file that root named. Raises `UpdateError`."""
    try:
        wanted = request.Source(source)
    except ValueError:
        raise UpdateError("An update comes from 'stick', 'network', or, as root gave it, 'given'.") from None
    request.ask(wanted)
