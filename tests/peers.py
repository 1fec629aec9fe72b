"""Who answers over a real socket: a database that does as told, and those who are none."""

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from device.contract.address import DatabaseUrl, parse_url

Reply = tuple[int, str] | tuple[int, str, dict[str, str]]


class Peer:
    """Gives each PATCH the next of `replies` (status, text, headers), and accepts when there is none.

    Attributes:
        refuse: a batch with a path that contains this text is refused.
        refusal: with which status and text.
        takes_gzip: whether it unpacks compressed bodies; else it finds no JSON in them, and answers 400.
        held: path → value of everything that was accepted.
        requests: target and headers of each request.
        connections: the addresses from which requests came.
    """

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.refuse = ""
        self.refusal = (400, '{"error":"Invalid data"}')
        self.takes_gzip = True
        self.held: dict[str, Any] = {}
        self.batches: list[list[str]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections: set[tuple[str, int]] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def reply(self, body: bytes, packed: bool) -> Reply:
        """The answer to one body."""
        if self.replies:
            return self.replies.pop(0)
        if packed and not self.takes_gzip:
            return 400, "no JSON"
        batch = json.loads(gzip.decompress(body) if packed else body)
        self.batches.append(list(batch))
        if self.refuse and any(self.refuse in path for path in batch):
            return self.refusal
        self.held |= batch
        return 204, ""

    def url(self) -> DatabaseUrl:
        """Its address."""
        return parse_url(f"http://127.0.0.1:{self.server.server_port}?ns=clinic")

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PATCH(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            peer.requests.append((self.path, dict(self.headers)))
            peer.connections.add(self.client_address)
            status, text, *more = peer.reply(body, self.headers["Content-Encoding"] == "gzip")
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            pass

    return Handler


class Raw:
    """Accepts connections, and does with each what it is told."""

    def __init__(self, treat: Callable[[socket.socket], None]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self._treat = treat
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.url = parse_url(f"http://{self.host}")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._held.append(connection)  # not closed by the collector
            threading.Thread(target=self._work, args=(connection,), daemon=True).start()

    def _work(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._treat(connection)


def says(answer: bytes) -> Callable[[socket.socket], None]:
    """Reads a request, sends these bytes, and hangs up."""

    def treat(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    return treat


def drip(start: bytes, more: bytes) -> Callable[[socket.socket], None]:
    """Answers, a little at a time and without end, so that each single wait is short."""

    def treat(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(more)

    return treat
