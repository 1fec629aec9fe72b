"""A real server process on a free loopback port with a real SQLite file, and clients of it."""

import itertools
import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import WAIT_S, Server


class Stream:
    """An open event stream, read by a thread; `next()` waits for one event, bounded."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._events: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._thread.start()

    def _read(self, lines: Iterator[str]) -> None:
        try:
            for line in lines:
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self._events.put((kind, json.loads(value)))
        except httpx.HTTPError:
            pass
        self._events.put(None)

    def next(self) -> tuple[str, Any] | None:
        """(kind, data); None when the server has ended the stream."""
        return self._events.get(timeout=WAIT_S)


@pytest.fixture
def start() -> Iterator[Callable[[Path], Server]]:
    """Start servers of the test's own; those still running afterwards are killed."""
    servers: list[Server] = []

    def starter(data: Path) -> Server:
        servers.append(Server(data))
        return servers[-1]

    yield starter
    for server in servers:
        server.process.kill()
        server.process.communicate()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that need no other; each test has its own namespace."""
    server = Server(tmp_path_factory.mktemp("database"))
    yield server
    code, errors = server.end()
    assert (code, errors) == (0, ""), "the shared server logged something, or did not stop cleanly"


_numbers = itertools.count()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """An HTTP client bound to an empty namespace."""
    with httpx.Client(base_url=server.url, params={"ns": f"test-{next(_numbers)}"}, timeout=WAIT_S) as client:
        yield client


@pytest.fixture
def listen(client: httpx.Client) -> Callable[..., Any]:
    """`with listen(path) as stream`: an open event stream."""

    @contextmanager
    def listener(path: str, **params: str) -> Iterator[Stream]:
        headers = {"Accept": "text/event-stream"}
        with client.stream("GET", path, params=params, headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Stream(response.iter_lines())

    return listener
