"""A client of the Firebase Realtime Database's REST interface: one kept-alive connection, multi-path PATCH.

Source: https://firebase.google.com/docs/reference/rest/database. The standard library's client is used because a
write costs it 0.2 ms of processor time where the usual libraries take 0.7 ms and more.
"""

import http.client
import json
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from device.contract.errors import SinkError

FORM = "rtdb:http://127.0.0.1:9000?ns=NAME or rtdb:https://NAME.firebaseio.com"


@dataclass(frozen=True)
class DatabaseUrl:
    """Where a database is: `secure` means TLS; `namespace` may be empty."""

    secure: bool
    host: str
    port: int
    namespace: str


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status (0 when nothing did) and the beginning of the body or the failure's name."""

    status: int
    text: str


def parse_url(text: str) -> DatabaseUrl:
    """Read a database URL, without the leading `rtdb:`. Raises `SinkError`."""
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or parts.path not in ("", "/"):
        raise SinkError(f"'{text}' is not a database address: write {FORM}.")
    secure = parts.scheme == "https"
    namespace = parse_qs(parts.query).get("ns", [""])[0]
    return DatabaseUrl(secure, parts.hostname, port or (443 if secure else 80), namespace)


class Database:
    """One connection, opened when first used and again after any failure."""

    def __init__(self, url: DatabaseUrl, timeout_s: float, token: Callable[[], str] = lambda: "") -> None:
        """`timeout_s` bounds connecting, and each wait for bytes.

        `token` gives the ID token that goes into `?auth=`, or "" for none; an `OSError` of it is a failed write.
        """
        self._query = {"print": "silent"} | ({"ns": url.namespace} if url.namespace else {})
        self._token = token
        self._url = url
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def patch(self, items: Iterable[tuple[str, bytes]]) -> Answer:
        """Write JSON values at their paths, all or none. Never raises for what the network does."""
        body = b"{" + b",".join(json.dumps(path).encode() + b":" + value for path, value in items) + b"}"
        try:
            token = self._token()
        except OSError as error:
            return Answer(0, f"signing in failed: {error}")
        target = "/.json?" + urlencode(self._query | ({"auth": token} if token else {}))
        try:
            connection = self._connected()
            connection.request("PATCH", target, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(response.status, without(token, response.read(4096).decode(errors="replace")))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, str(error) or type(error).__name__)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            url, timeout = self._url, self._timeout_s
            if url.secure:
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(url.host, url.port, timeout=timeout, context=context)
            else:
                self._connection = http.client.HTTPConnection(url.host, url.port, timeout=timeout)
        return self._connection


def without(token: str, text: str) -> str:
    """The text without the token: a captive portal repeats the address that was asked for, and this text is shown."""
    return text.replace(token, "<token>") if token else text
