"""How far one comes on the way to a database: name, connection, TLS. Nothing is asked of it and nothing written."""

import socket
import ssl
import time
from dataclasses import dataclass

from device.contract.address import DatabaseUrl
from device.delivery.connection import Address, Deadline, look_up


@dataclass(frozen=True)
class Reached:
    """What answered: its address, the version of TLS (empty without), and what each step took, milliseconds."""

    address: str
    tls: str
    name_ms: float
    connection_ms: float
    tls_ms: float


class UnknownNameError(OSError):
    """The name has no address, or nobody tells it."""


class SilentError(OSError):
    """Nobody answers at the address."""


class UntrustedError(OSError):
    """What answers does not prove that it is the database."""


def reach(url: DatabaseUrl, timeout_s: float) -> Reached:
    """Go all the way, in at most `timeout_s`.

    Raises:
        UnknownNameError, SilentError, UntrustedError: the step at which it ends.
    """
    deadline = Deadline()
    deadline.set(timeout_s)
    began = time.perf_counter()
    try:
        found = look_up(url.host, url.port, deadline)
    except OSError as error:
        raise UnknownNameError(str(error)) from error
    named = time.perf_counter()
    plain = _connect(found, deadline)
    connected = time.perf_counter()
    with plain:
        address = str(plain.getpeername()[0])
        tls = _shake_hands(plain, url.host, deadline) if url.secure else ""
    done = time.perf_counter()
    return Reached(address, tls, *(1000 * step for step in (named - began, connected - named, done - connected)))


def _connect(found: list[tuple[int, Address]], deadline: Deadline) -> socket.socket:
    error = OSError("the name has no address")
    for family, address in found:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(deadline.left())
            plain.connect(address)
            return plain
        except OSError as failure:
            plain.close()
            error = failure
    raise SilentError(str(error)) from error


def _shake_hands(plain: socket.socket, host: str, deadline: Deadline) -> str:
    try:
        plain.settimeout(deadline.left())
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
            return secure.version() or ""
    except ssl.SSLCertVerificationError as error:
        raise UntrustedError(error.verify_message) from error
    except OSError as error:
        raise UntrustedError(str(error)) from error
