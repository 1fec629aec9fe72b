"""The listening socket, which also bears that there are no more file descriptors.

asyncio answers a refused `accept` with as many retries and log lines as connections may wait. Here one descriptor is
kept in reserve: it takes the connection that is one too many and closes it, so that its sender knows, and tries again
later. That is told once a minute.
"""

import contextlib
import errno
import logging
import os
import socket
import time
from typing import Any

from device.contract.errors import AddressInUseError

_EXHAUSTED = (errno.EMFILE, errno.ENFILE)
_TELL_S = 60.0
_log = logging.getLogger(__name__)


class Listening(socket.socket):
    """A listening socket whose `accept` never fails for want of descriptors."""

    _reserve = -1
    _told_s = -_TELL_S

    def accept(self) -> tuple[socket.socket, Any]:
        """As a socket's; what cannot be taken is closed, and `BlockingIOError` says that nobody waits."""
        while True:
            self._keep_one()
            try:
                return super().accept()
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
            self._turn_away()

    def close(self) -> None:
        """Close the socket and the descriptor in reserve."""
        self._let_go()
        super().close()

    def _turn_away(self) -> None:
        """Close the connection that waits first. Raises `BlockingIOError`: nobody waits, or it cannot."""
        if time.monotonic() - self._told_s >= _TELL_S:
            self._told_s = time.monotonic()
            _log.error("too many connections for this process: new ones are closed; allow more with `ulimit -n`")
        self._let_go()
        try:
            connection, _ = super().accept()
        except OSError:
            raise BlockingIOError from None
        connection.close()

    def _keep_one(self) -> None:
        if self._reserve < 0:
            with contextlib.suppress(OSError):
                self._reserve = os.open(os.devnull, os.O_RDONLY)

    def _let_go(self) -> None:
        if self._reserve >= 0:
            os.close(self._reserve)
        self._reserve = -1


def bind(host: str, port: int) -> Listening:
    """A listening socket on the address; who connects before the server is ready waits."""
    if not 0 <= port <= 65535:
        raise AddressInUseError(f"there is no port {port}; take one up to 65535 with --port, or 0 for any free one")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = Listening(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise AddressInUseError(f"cannot use the address {host} ({error}); name one of this machine's") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise AddressInUseError(_sentence(error, host, port)) from None
    return listening


def _sentence(error: OSError, host: str, port: int) -> str:
    if isinstance(error, PermissionError):
        return f"port {port} is not allowed for this user; take one from 1024 up with --port, or 0 for any free one"
    return f"cannot listen on {host} port {port} ({error.strerror}); take another with --port, or 0 for any free one"


def address_of(listening: socket.socket) -> str:
    """Where it listens, `HOST:PORT`."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
