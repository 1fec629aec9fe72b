"""A database that enforces the rules, as an enrolled box, its staff and its owner use it."""

import base64
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.servers import WAIT_S, Server

DEVICE = "room-3"


def unsigned(payload: dict[str, Any]) -> str:
    parts = [{"alg": "none"}, payload | {"exp": int(time.time()) + 3600}]
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts), ""])


def held(server: Server, path: str) -> Any:
    """What the database holds, as its owner sees it."""
    request = urllib.request.Request(f"{server.url}/{path}.json?ns=clinic", headers={"Authorization": "Bearer owner"})
    with urllib.request.urlopen(request, timeout=WAIT_S) as response:
        return json.load(response)


def put(server: Server, path: str, body: Any, who: str = "") -> None:
    """Write as somebody, or as the database's owner."""
    query = f"&auth={unsigned({'sub': who})}" if who else ""
    headers = {} if who else {"Authorization": "Bearer owner"}
    where = f"{server.url}/{path}.json?ns=clinic{query}"
    request = urllib.request.Request(where, json.dumps(body).encode(), headers, method="PUT")
    urllib.request.urlopen(request, timeout=WAIT_S).close()


def stream(server: Server, path: str, who: str) -> Iterator[bytes]:
    """The lines that the database says to somebody who listens."""
    where = f"{server.url}/{path}.json?ns=clinic&auth={unsigned({'sub': who})}"
    request = urllib.request.Request(where, headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=WAIT_S) as lines:
        yield from lines
