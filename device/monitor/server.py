"""`/metrics` and `/health` over HTTP/1.1, one request at a time, in a thread of the host process.

By hand, for a server of the standard library costs a megabyte and a half, and the page's is not always there. On the
loopback address by default, where a name that somebody points here (DNS rebinding) is refused; what a network may read
wants `metrics.allow_plain`, for it is not encrypted.
"""

import json
import re
import socket
import threading
import time
from contextlib import suppress

from device.clock import Clock
from device.closing import Closing
from device.contract.address import is_loopback, is_ours, printable
from device.contract.command import warn
from device.contract.errors import AddressInUseError
from device.host.view import Host
from device.monitor import health
from device.monitor.figures import Figures
from device.monitor.text import CONTENT_TYPE, text
from device.monitor.told import is_there
from device.settings import Settings

#: For asking, and for taking the answer: who is slow keeps the others waiting.
_ASKS_S = 1.0
#: Where the machine has no files left, one is waited for.
_AGAIN_S = 1.0
_HEAD_BYTES = 8192
_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)
_BACKLOG = 8
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    421: "Misdirected Request",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_PLAIN = "text/plain; charset=utf-8"
_ABOUT = "Affectbox: /metrics for Prometheus, /health in JSON.\n"
_NOT_OURS = "This name is not the box's: ask by its address.\n"
#: Status, content type, body.
_Answer = tuple[int, str, str]


class Metrics(Closing):
    """Listens from when it is made.

    Attributes:
        address: `HOST:PORT`.
    """

    def __init__(self, settings: Settings, clock: Clock, host: Host) -> None:
        """Raises `AddressInUseError`: the port is taken or not allowed, or the address is not this machine's."""
        self._figures = Figures(settings, clock)
        self._host = host
        self._delivers = any(sink.startswith("rtdb:") for sink in settings.run.sinks)
        self._over = threading.Event()
        self._listening = _bound(*settings.metrics.place)
        name, port = self._listening.getsockname()[:2]
        self.address = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        self._apart = is_loopback(name)
        threading.Thread(target=self._accept, name="metrics", daemon=True).start()

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone does not wake `accept`
        self._listening.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                stream, _ = self._listening.accept()
            except OSError:
                self._over.wait(_AGAIN_S)
                continue
            with stream, suppress(OSError):
                head = _head(stream)
                stream.settimeout(_ASKS_S)
                stream.sendall(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        method, path = (words[0], words[1].partition("?")[0]) if len(words) == 3 else ("", "")
        status, kind, body = self._found(method, path) if self._is_meant(head) else (421, _PLAIN, _NOT_OURS)
        data = body.encode()
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(data)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if method == "HEAD" else data)

    def _is_meant(self, head: bytes) -> bool:
        host = _HOST.search(head)
        return not self._apart or host is None or is_ours(host[1].decode("latin-1").strip(), socket.gethostname())

    def _found(self, method: str, path: str) -> _Answer:
        try:
            return self._told(method, path)
        except Exception as error:  # the next one may be answered
            warn(f"Metrics cannot be told ({type(error).__name__}): please report it.")
            return 500, _PLAIN, "A fault of the box's own.\n"

    def _told(self, method: str, path: str) -> _Answer:
        if not path.startswith("/"):
            return 400, _PLAIN, "This is no request.\n"
        if method not in ("GET", "HEAD"):
            return 405, _PLAIN, "Only GET.\n"
        if path == "/":
            return 200, _PLAIN, _ABOUT
        if path not in ("/metrics", "/health"):
            return 404, _PLAIN, _ABOUT
        now, said = self._host.snapshot(), self._figures.told()
        samples = self._figures(now, said if is_there(said) else {})
        if path == "/metrics":
            return 200, CONTENT_TYPE, text(samples)
        found = [*health.checks(now, said, samples, self._delivers)]
        status = 200 if all(check.ok for check in found) else 503
        return status, "application/json", json.dumps(health.document(found), indent=1) + "\n"


def _head(stream: socket.socket) -> bytes:
    """The head of a request, as far as it came. Raises `TimeoutError`: it takes too long."""
    head, deadline_s = b"", time.monotonic() + _ASKS_S
    while b"\r\n\r\n" not in head and len(head) < _HEAD_BYTES:
        stream.settimeout(max(deadline_s - time.monotonic(), 0.001))
        more = stream.recv(_HEAD_BYTES)
        if not more:
            break
        head += more
    return head


def _bound(address: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "it is no address"
        raise AddressInUseError(
            f"Metrics cannot be served on {printable(address)} port {port} ({why}): set metrics.listen."
        ) from None
    return listening
