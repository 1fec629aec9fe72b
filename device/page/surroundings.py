"""What the page tells beside the session: the box's network, its card's room, and how delivery goes."""

import fcntl
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage

from device.clock import Clock
from device.contract.address import parse_url
from device.contract.errors import SinkError
from device.delivery.standing import Standing, read_standing
from device.settings import Settings
from device.state import outbox_file

_SIOCGIFADDR = 0x8915  # netdevice(7)
_NAME_BYTES, _ADDRESS_AT = 15, 20
_LOOK_AGAIN_S = 3.0
_NETWORKS = Path("/sys/class/net")


@dataclass(frozen=True)
class Surroundings:
    """How things stand around the box.

    Attributes:
        addresses: IPv4 addresses under which others reach this machine.
        connected: whether any network but the machine's own is up.
        free: bytes free for the outbox.
        low: whether that is less than the outbox may come to need.
        place: where records go, by host name; "" when they stay here.
        delivery: how delivery stood when it last told; None if it never did.
    """

    addresses: tuple[str, ...]
    connected: bool
    free: int
    low: bool
    place: str
    delivery: Standing | None


class Lookout:
    """Looks around, every three seconds at most."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._seen: Surroundings | None = None
        self._seen_s = 0.0

    def look(self) -> Surroundings:
        """How things stand now, or stood three seconds ago."""
        now = self._clock.monotonic()
        if self._seen is None or now - self._seen_s >= _LOOK_AGAIN_S:
            self._seen, self._seen_s = self._look(), now
        return self._seen

    def _look(self) -> Surroundings:
        addresses = machine_addresses()
        free = _free(outbox_file(self._settings.outbox))
        low = free < self._settings.outbox.max_mb * 1e6
        place = place_of(self._settings.run.sinks)
        return Surroundings(addresses, bool(addresses), free, low, place, read_standing())


def place_of(sinks: tuple[str, ...]) -> str:
    """The host that gets the records; "" where none does."""
    for sink in sinks:
        with suppress(SinkError):
            if sink.startswith("rtdb:"):
                return parse_url(sink).host
    return ""


def machine_addresses() -> tuple[str, ...]:
    """The IPv4 addresses of every network interface that is up, but for the machine's own."""
    found = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for interface in sorted(_NETWORKS.iterdir()):
            if interface.name != "lo" and _is_up(interface):
                with suppress(OSError):  # it has none
                    name = struct.pack("256s", interface.name[:_NAME_BYTES].encode())
                    answer = fcntl.ioctl(asked, _SIOCGIFADDR, name)
                    found.append(socket.inet_ntoa(answer[_ADDRESS_AT : _ADDRESS_AT + 4]))
    return tuple(found)


def _is_up(interface: Path) -> bool:
    try:
        return (interface / "operstate").read_text().strip() in ("up", "unknown")
    except OSError:
        return False


def _free(path: Path) -> int:
    folder = next((parent for parent in path.absolute().parents if parent.is_dir()), Path("/"))
    try:
        return disk_usage(folder).free
    except OSError:
        return 0
