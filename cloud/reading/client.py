"""One exchange with a server, from connecting to the last byte within one deadline, and what went wrong in words.

Redirects are not followed: neither a database nor the sign-in service redirects, but networks that want somebody to
sign in first do.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from device.contract.address import printable

MOST_BYTES = 1_000_000_000
#: What went wrong, the more particular first, in words that complete 'the database …'.
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "does not answer in time"),
    (ssl.SSLCertVerificationError, "shows a certificate that is not accepted ({})"),
    (ssl.SSLError, "offers no secure connection"),
    (socket.gaierror, "is not found: check the address and the network"),
    (http.client.RemoteDisconnected, "hangs up without an answer"),
    (http.client.IncompleteRead, "hangs up in the middle of its answer"),
    (OSError, "cannot be reached ({}): check the address and the network"),
    (Exception, "answers with something else than HTTP"),
)


@dataclass(frozen=True)
class Place:
    """Where a server is."""

    secure: bool
    host: str
    port: int


class UnansweredError(Exception):
    """There is no answer, or somebody else's; the text says why, in words that complete 'the database …'."""


class Exchange:
    """A kept-alive connection to one server; `date`: what its last answer said of the time, '' for nothing."""

    def __init__(self, place: Place, timeout_s: float) -> None:
        """`timeout_s` bounds each exchange."""
        self.date = ""
        kind = http.client.HTTPSConnection if place.secure else http.client.HTTPConnection
        self._connection = kind(place.host, place.port, timeout=timeout_s)
        self._timeout_s = timeout_s

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. Raises `UnansweredError`."""
        kept_alive = self._connection.sock is not None
        try:
            status, content, location = self._asked(method, target, body, headers or {})
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self._connection.close()
            if not kept_alive:
                raise UnansweredError(_in_words(error)) from None
            return self.ask(method, target, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise UnansweredError(_in_words(error)) from None
        if 300 <= status < 400:
            self._connection.close()
            raise UnansweredError(f"redirects to {_host(location)}: this network may want you to sign in first")
        return status, content

    def _asked(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str]:
        if self._connection.sock is None:
            self._connection.connect()
        with _deadline(self._connection.sock, self._timeout_s):
            self._connection.request(method, target, body or None, headers)
            response = self._connection.getresponse()
            self.date = response.headers.get("Date", "")
            content = response.read(MOST_BYTES)
            if response.length:  # of its announced length is not there
                raise http.client.IncompleteRead(b"", response.length)
        return response.status, content, response.headers.get("Location", "")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Ends whatever waits for the socket after so many seconds. Raises `TimeoutError`."""
    late = threading.Event()

    def end() -> None:
        late.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError


def _in_words(error: Exception) -> str:
    told = next((words for kind, words in _WORDS if isinstance(error, kind)), "cannot be reached")
    because = getattr(error, "verify_message", "") or getattr(error, "strerror", None) or str(error)
    return told.format(printable(because))


def _host(location: str) -> str:
    try:
        return printable(urlsplit(location).netloc) or "another page"
    except ValueError:
        return "another page"
