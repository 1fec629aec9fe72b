"""Where the server is that has a folder open, for commands on this machine: a file in the folder while it runs."""

import socket
from contextlib import suppress
from pathlib import Path

from device.contract.address import is_loopback, parse_url
from device.contract.errors import AffectboxError

FILE_NAME = "address"
_ANSWERS_S = 2.0


def tell(folder: Path, host: str, address: str) -> None:
    """Leave the address (HOST:PORT) there. Who listens on all of this machine's is reached at the loopback address."""
    here = address if is_loopback(host) else f"127.0.0.1:{address.rpartition(':')[2]}"
    with suppress(OSError):  # a full disk: the commands then ask to be told
        (folder / FILE_NAME).write_text(f"http://{here}\n", encoding="ascii")


def untell(folder: Path) -> None:
    """The server stops."""
    with suppress(OSError):
        (folder / FILE_NAME).unlink(missing_ok=True)


def told(folder: Path) -> str:
    """The address that was left there, if something listens there; '' for none. A server that was killed leaves its
    file behind, and what listens may be another one by now: ask it which folder it has."""
    try:
        address = (folder / FILE_NAME).read_text(encoding="ascii").strip()
        place = parse_url(address)
        with socket.create_connection((place.host, place.port), timeout=_ANSWERS_S):
            return address if is_loopback(place.host) else ""
    except (OSError, ValueError, AffectboxError):
        return ""
