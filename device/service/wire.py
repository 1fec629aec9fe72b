"""The daemon's end of its connection to the host process: orders come in, reports go out, a line of JSON each."""

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

from device.closing import Closing
from device.contract.control import LONGEST_LINE, Order, Report, line, read_order
from device.contract.errors import DataError, InterlockError

#: The first descriptor that systemd passes. Source: sd_listen_fds(3).
_PASSED = 3
_ASKS_S = 10.0  # within which the task is said
_TAKES_S = 2.0  # within which a report is taken, when as many wait as a socket holds: about half a minute of them
_CHUNK = 4096


def connection(descriptor: int | None) -> socket.socket:
    """The connection to the host process: an inherited `descriptor`, or what comes to the socket that systemd passed.

    Raises:
        InterlockError: there is none.
    """
    try:
        if descriptor is not None:
            return socket.socket(fileno=descriptor)
        if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
            raise InterlockError(
                "The camera daemon is started by the host process: begin a session with `affectbox session begin`."
            )
        with socket.socket(fileno=_PASSED) as listening:
            listening.settimeout(_ASKS_S)
            return listening.accept()[0]
    except OSError as error:
        raise InterlockError(f"The host process is gone ({error.strerror or error}): nothing was begun.") from error


class Wire(Closing):
    """Lines over one connection; reports may come from several threads, orders are read by one."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._lock = threading.Lock()
        self._left = b""
        self.broken = False

    def first(self) -> Order | None:
        """The task; None where the host hung up. Raises `DataError`: no order, or none came in time."""
        self._socket.settimeout(_ASKS_S)
        try:
            text = self._line()
        except TimeoutError:
            raise DataError("The host process connected and asked for nothing: restart the box.") from None
        self._socket.settimeout(None)
        return read_order(text) if text else None

    def orders(self) -> Iterator[Order]:
        """What comes after the task, until the host hangs up. Raises `DataError`."""
        while text := self._line():
            yield read_order(text)

    def report(self, report: Report) -> None:
        """Say something; a host that is gone, or takes nothing for seconds, has hung up."""
        with self._lock:
            if self.broken:
                return
            try:
                _send(self._socket, line(report))
            except OSError:
                self.broken = True
                self._shut()

    def close(self) -> None:
        with suppress(OSError):  # what was said meanwhile is read, else the host gets no last report but a reset
            self._socket.setblocking(False)
            for _ in range(LONGEST_LINE // _CHUNK):
                if not self._socket.recv(_CHUNK):
                    break
        self._shut()
        self._socket.close()

    def _shut(self) -> None:
        """Also whoever reads hears that it is over."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _line(self) -> bytes:
        """One line; empty where the connection ended. Raises `DataError`: it is too long."""
        while b"\n" not in self._left:
            if len(self._left) > LONGEST_LINE:
                raise DataError("The host process says more than a line may hold: restart the box.")
            try:
                more = self._socket.recv(_CHUNK)
            except TimeoutError:
                raise
            except OSError:
                more = b""
            if not more:
                return b""
            self._left += more
        text, _, self._left = self._left.partition(b"\n")
        return text


def _send(connected: socket.socket, data: bytes) -> None:
    """Send all of it within `_TAKES_S`, whatever somebody reads meanwhile. Raises `OSError`."""
    view = memoryview(data)
    while view:
        try:
            view = view[connected.send(view, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            writable = select.poll()
            writable.register(connected, select.POLLOUT)
            if not writable.poll(_TAKES_S * 1000):
                raise TimeoutError("the host takes nothing") from None
