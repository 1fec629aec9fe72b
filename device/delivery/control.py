"""Listens below `control/DEVICE`, where commands from afar are written, and that somebody watches; over one stream.

    (start) ─► connect ── event-stream ─► hear ── put, patch ─► command: act, once for each id ─► hear …
                  ▲                        │                    watch: until when; erase: whom
                  └── 1, 2, 4 … 60 s ──────┴── hung up, silent for 75 s, the token has ended

The database says at once what stands there, so nothing is missed while nobody listens, and what is over by then is
not done. Whose clock counts is said by the answer's `Date`, for a box's own may be wrong.

Source: Firebase Realtime Database REST reference, "Streaming from the REST API".
"""

import http.client
import json
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from device.clock import Clock
from device.closing import Closing
from device.contract import erasure, remote
from device.contract.address import DatabaseUrl
from device.contract.errors import DataError
from device.contract.fields import Json
from device.delivery.connection import Connection
from device.delivery.tokens import TokenSource

#: The database says something every 30 s.
_SILENT_S = 75.0
#: Bytes of what it says at once: ten thousand requests to erase somebody.
_LONGEST_LINE = 1 << 20
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_JOIN_S = 0.5
_FAULTS = (
    OSError,
    http.client.HTTPException,
    ValueError,
    AttributeError,
)  # of a connection closed under a reader, too
#: Seconds that are left until a time of the database, milliseconds since 1970; None where nobody knows the time.
_Left = Callable[[int], float | None]


@dataclass(frozen=True)
class Answered:
    """What became of a command, in a sentence, and whether it was done: else it was refused."""

    id: str
    answer: str
    done: bool


#: Does a command, which is still meant for so many seconds (None where nobody knows the time); the sentence, and
#: whether it was done.
Act = Callable[[Json, float | None], tuple[str, bool]]


class ControlListener(Closing):
    """Listens in a thread of its own, from when it is made.

    Attributes:
        answered: the last command, and what became of it; None before the first.
        trouble: why nothing is heard at the moment; "" when something would be.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        device: str,
        tokens: TokenSource,
        clock: Clock,
        timeout_s: float,
        act: Act,
        tell: Callable[[], None] = lambda: None,
        erase: Callable[[Mapping[str, str]], None] = lambda requests: None,
    ) -> None:
        """
        Args:
            timeout_s: bounds connecting.
            tell: called after each answer, and when somebody begins to watch.
            erase: called with all requests to erase somebody that stand: pseudonym → name of the request.
        """
        self.answered: Answered | None = None
        self.trouble = ""
        self._url, self._tokens, self._clock, self._timeout_s = url, tokens, clock, timeout_s
        self._target = f"/{remote.ROOT}/{device}.json?"
        self._act, self._tell, self._erase = act, tell, erase
        self._context = ssl.create_default_context() if url.secure else None
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._watched_until_s = 0.0
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    @property
    def watched(self) -> bool:
        """Whether somebody watches."""
        return self._clock.monotonic() < self._watched_until_s

    def close(self) -> None:
        """Hear nothing more. Bounded: a name that is being looked up is left to the end of the process."""
        self._stop.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(*_FAULTS):
                connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        pause_s = _PAUSE_S
        while not self._stop.is_set():
            try:
                for said, left_s in self._said():
                    pause_s = _PAUSE_S
                    self._erase(erasure.requests(said.get(erasure.ERASE)))
                    self._watch(said.get(remote.WATCH), left_s)
                    self._do(said.get(remote.COMMAND), left_s)
                self.trouble = "the database hung up"
            except _FAULTS as error:
                self.trouble = str(error) or type(error).__name__
            self._stop.wait(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _watch(self, watch: Any, left_s: _Left) -> None:
        """Note until when somebody watches; never for longer than rules allow, whatever stands there."""
        try:
            remote.validate_watch(watch)
        except DataError:
            self._watched_until_s = 0.0
            return
        left = min(left_s(watch["until"]) or 0.0, remote.WATCH_MS / 1000)
        before, self._watched_until_s = self.watched, self._clock.monotonic() + left
        if self.watched and not before:
            self._tell()

    def _do(self, command: Any, left_s: _Left) -> None:
        """Carry out what stands there, if it is a command, and another one than before."""
        try:
            remote.validate(command)
        except DataError:
            return  # nothing, or what the rules would not have let in
        if self._stop.is_set() or (self.answered is not None and self.answered.id == command["id"]):
            return
        self.answered = Answered(command["id"], *self._act(command, left_s(command["until"])))
        self._tell()

    def _said(self) -> Iterator[tuple[Json, _Left]]:
        """What stands below the node, now and whenever it changes, until the connection ends."""
        query = {"auth": self._tokens.token()} | ({"ns": self._url.namespace} if self._url.namespace else {})
        connection = self._connection = Connection(self._url.host, self._url.port, self._context)
        try:
            connection.deadline.set(self._timeout_s)
            connection.request("GET", self._target + urlencode(query), headers={"Accept": "text/event-stream"})
            response = connection.getresponse()
            if response.status in (401, 403):
                self._tokens.renew()
            if response.status != 200:
                raise OSError(f"the database answered {response.status}")
            left_s = self._left(response)
            self.trouble, tree = "", None
            for kind, told in _events(response, connection):
                if kind == "auth_revoked":
                    self._tokens.renew()
                    return
                if kind == "cancel":
                    raise OSError("the database's rules do not let this box hear commands")
                if kind in ("put", "patch"):
                    tree = _changed(tree, kind, told)
                    yield tree if isinstance(tree, dict) else {}, left_s
        finally:
            connection.close()

    def _left(self, response: http.client.HTTPResponse) -> _Left:
        ahead_s = self._server_ahead_s(response)
        return lambda until_ms: None if ahead_s is None else until_ms / 1000 - (self._clock.monotonic() + ahead_s)

    def _server_ahead_s(self, response: http.client.HTTPResponse) -> float | None:
        """Seconds since 1970 by the database, less our monotonic clock's; None where nobody can be believed."""
        with suppress(ValueError, TypeError):
            return parsedate_to_datetime(response.headers["Date"]).timestamp() - self._clock.monotonic()
        return self._clock.wall() - self._clock.monotonic() if self._clock.trusted() else None


def _changed(tree: Any, kind: str, told: Json) -> Any:
    """The tree after an event. Raises `ValueError`: it is none of the database's."""
    path, data = told.get("path"), told.get("data")
    if not isinstance(path, str) or (kind == "patch" and not isinstance(data, dict)):
        raise ValueError("the database said something unknown")
    below = data if kind == "patch" and isinstance(data, dict) else {"": data}
    changes = {f"{path}/{name}": value for name, value in below.items()}
    for place, value in changes.items():
        tree = _put(tree, [name for name in place.split("/") if name], value)
    return tree


def _put(tree: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    node = dict(_object(tree))
    node[path[0]] = _put(node.get(path[0]), path[1:], value)
    if node[path[0]] is None:
        del node[path[0]]
    return node


def _object(tree: Any) -> Json:
    """A node as an object: the database makes a list of one whose keys are numbers."""
    if isinstance(tree, list):
        return {str(number): value for number, value in enumerate(tree) if value is not None}
    return tree if isinstance(tree, dict) else {}


def _events(response: http.client.HTTPResponse, connection: Connection) -> Iterator[tuple[str, Json]]:
    """Kind and data of each event; those without an object are of no matter."""
    kind = ""
    while True:
        connection.deadline.set(_SILENT_S)
        line = response.readline(_LONGEST_LINE)
        if not line:
            return
        name, _, value = line.decode(errors="replace").rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            said = json.loads(value)
            yield kind, said if isinstance(said, dict) else {}
