"""`/metrics` and `/health` over HTTP/1.1, one request at a time, in a thread of the host process.

By hand, for a server of the standard library costs a megabyte and a half, and the page's is not always there. On the
loopback address by default; what a network may read wants `metrics.allow_plain`, for it is not encrypted.
"""

import json
import socket
import threading
from contextlib import suppress

from device.clock import Clock
from device.closing import Closing
from device.contract.address import printable
from device.contract.errors import AddressInUseError
from device.host.view import Host
from device.monitor import health
from device.monitor.figures import Figures
from device.monitor.text import CONTENT_TYPE, text
from device.settings import Settings

_ASKS_S = 2.0
_HEAD_BYTES, _PIECES = 8192, 8
_BACKLOG = 8
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
_PLAIN = "text/plain; charset=utf-8"
_ABOUT = "Affectbox: /metrics for Prometheus, /health in JSON.\n"
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
        self._listening = _bound(*settings.metrics.place)
        name, port = self._listening.getsockname()[:2]
        self.address = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        threading.Thread(target=self._accept, name="metrics", daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone does not wake `accept`
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                stream, _ = self._listening.accept()
            except OSError:
                return
            with stream, suppress(OSError):
                stream.settimeout(_ASKS_S)
                stream.sendall(self._answer(_head(stream)))

    def _answer(self, head: bytes) -> bytes:
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        method, path = (words[0], words[1].partition("?")[0]) if len(words) == 3 else ("", "")
        status, kind, body = self._told(method, path)
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
        samples = self._figures(now, said)
        if path == "/metrics":
            return 200, CONTENT_TYPE, text(samples)
        found = [*health.checks(now, said, samples, self._delivers)]
        status = 200 if all(check.ok for check in found) else 503
        return status, "application/json", json.dumps(health.document(found), indent=1) + "\n"


def _head(stream: socket.socket) -> bytes:
    """The head of a request, as far as it came."""
    head = b""
    for _ in range(_PIECES):
        if b"\r\n\r\n" in head or len(head) >= _HEAD_BYTES:
            break
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
