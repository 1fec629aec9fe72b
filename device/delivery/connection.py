"""An HTTP/1.1 connection whose every phase counts against one deadline.

The standard library's client bounds each wait for bytes, so a peer that sends one byte every nine seconds holds it
for ever, and looking up a name is not bounded at all. Here one deadline covers the whole exchange: look-up, connect,
TLS handshake, sending, the first byte and the last.
"""

import http.client
import io
import math
import socket
import ssl
import threading
import time
from typing import Any

Address = tuple[Any, ...]


class Deadline:
    """A moment of the monotonic clock that may be moved; it starts as never."""

    def __init__(self) -> None:
        self._until_s = math.inf

    def set(self, seconds: float) -> None:
        """Allow `seconds` from now on."""
        self._until_s = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises `TimeoutError` when there are none."""
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no answer in time")
        return left_s


class Connection(http.client.HTTPConnection):
    """A connection to `host`, with TLS when a `context` is given; set `deadline` before each exchange."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self.deadline = Deadline()
        self._context = context
        self.response_class = self._response  # type: ignore[assignment]  # called like the class

    def connect(self) -> None:
        """Look up the name and take the first address that answers. Raises `OSError`."""
        error: OSError = OSError(f"{self.host} has no address")
        for family, address in look_up(self.host, self.port, self.deadline):
            try:
                self.sock = self._open(family, address)
                return
            except ssl.SSLError:
                raise
            except OSError as failure:
                error = failure
        raise error

    def send(self, data: Any) -> None:
        """Send bytes, as far as the deadline allows. Raises `OSError`."""
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        while view:
            self.sock.settimeout(self.deadline.left())
            view = view[self.sock.send(view) :]

    def _open(self, family: int, address: Address) -> socket.socket:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(self.deadline.left())
            plain.connect(address)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                return plain
            plain.settimeout(self.deadline.left())
            return self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def _response(self, sock: socket.socket, *args: Any, **options: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *args, **options)
        response.fp = io.BufferedReader(_Timed(response.fp.detach(), sock, self.deadline))
        return response


class _Timed(io.RawIOBase):
    """The bytes of a socket, each wait for them no longer than the deadline allows."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def look_up(host: str, port: int, deadline: Deadline) -> list[tuple[int, Address]]:
    """The host's addresses. The resolver cannot be interrupted, so it runs in a thread that may be left behind."""
    found: list[tuple[int, Address]] = []
    failed: list[OSError] = []

    def resolve() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend((family, address) for family, _, _, _, address in rows)
        except (OSError, UnicodeError) as error:
            failed.append(OSError(f"{host} cannot be looked up ({error})"))

    thread = threading.Thread(target=resolve, name="resolver", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if failed:
        raise failed[0]
    if thread.is_alive():
        raise TimeoutError(f"{host} cannot be looked up in time")
    return list(found)
