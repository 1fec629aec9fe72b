"""A real HTTP server that takes messages, or does not, as a test wants it."""

import queue
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.servers import WAIT_S


@dataclass(frozen=True)
class Posted:
    """One request."""

    path: str
    headers: Message
    body: bytes


class Hooks:
    """Listens at `url`; `answers` are the statuses of the next requests, 200 when there are none left."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self._posted: queue.Queue[Posted] = queue.Queue()
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hooks._posted.put(Posted(self.path, self.headers, body))
                self.send_response(hooks.answers.pop(0) if hooks.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook/SECRET"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> Posted:
        """The next request, waited for."""
        return self._posted.get(timeout=WAIT_S)

    def left(self) -> int:
        """How many requests nobody asked for yet."""
        return self._posted.qsize()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
