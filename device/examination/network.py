"""Whether the database can be reached, and at which step it ends: cable, name, connection, TLS."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from device.contract.address import DatabaseUrl, is_loopback
from device.contract.finding import Finding, Level
from device.delivery.reach import Reached, SilentError, UnknownNameError, UntrustedError, reach

LINKS = Path("/sys/class/net")
_WAIT = "records wait in the outbox meanwhile"
Reach = Callable[[DatabaseUrl, float], Reached]


def examine(url: DatabaseUrl, timeout_s: float, year: int, links: Path = LINKS, reach: Reach = reach) -> Finding:
    """How far one comes on the way to a database.

    Args:
        url: of the database.
        timeout_s: for all steps together.
        year: by this machine's clock; a wrong clock is why certificates are refused.
        links: the kernel's list of network devices.
        reach: what goes there.
    """
    host = url.host
    if not is_loopback(host) and not connected(links):
        return _finding(f"no network: plug in the cable, or give the box the password of the Wi-Fi; {_WAIT}")
    try:
        reached = reach(url, timeout_s)
    except UnknownNameError as error:
        return _finding(f"{error}: is the internet reachable from this network, and the address right? {_WAIT}")
    except SilentError as error:
        return _finding(f"{host} does not answer at port {url.port} ({error}): ask for it to be let through; {_WAIT}")
    except UntrustedError as error:
        clock = f"this box's clock says {year}; if that is wrong, it is why. Else "
        return _finding(
            f"what answers for {host} does not prove to be it ({error}): {clock}this network looks into what is sent, "
            f"and must let this box through unread; {_WAIT}"
        )
    steps = [f"name {reached.name_ms:.0f} ms", f"connection {reached.connection_ms:.0f} ms"]
    steps += [f"{reached.tls} {reached.tls_ms:.0f} ms"] if reached.tls else []
    return Finding(Level.OK, "network", f"{host} answers: {', '.join(steps)}")


def connected(links: Path = LINKS) -> bool:
    """Whether any network device but the loopback has a link, or may have one: not every driver tells."""
    states = []
    for device in links.glob("*"):
        with suppress(OSError):
            if device.name != "lo":
                states.append((device / "operstate").read_text().strip())
    return not links.is_dir() or any(state in ("up", "unknown") for state in states)


def _finding(text: str) -> Finding:
    return Finding(Level.WARNING, "network", text)
