"""A client of the Firebase Realtime Database's REST interface: one kept-alive connection, multi-path PATCH.

Source: https://firebase.google.com/docs/reference/rest/database. The standard library's client is used because a
write costs it 0.2 ms of processor time where the usual libraries take 0.7 ms and more.

Redirects are not followed: Firebase answers writes itself, so whoever redirects one is somebody else. A connection
that the peer closed while it was idle is opened again at once, for writing the same paths twice changes nothing.

Bodies are compressed where the server takes it. Google does not document whether Firebase does (the local database
does), so it is tried: a server that knows nothing of gzip finds no JSON in it and writes nothing. When the first batch
is refused, or hung up upon, and then passes uncompressed, the rest of the run is uncompressed.
"""

import gzip
import http.client
import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from device.closing import Closing
from device.contract.address import DatabaseUrl, printable
from device.delivery.connection import Connection

ACCEPTED = 204
_MAX_ANSWER_BYTES = 4096
_SAYS_NOTHING_OF_GZIP = (401, 403, 408, 429)
_HUNG_UP = (ConnectionError, http.client.BadStatusLine)
_LEVEL = 6  # 100 records: 82 kB become 5.3 kB in 0.8 ms; level 1 makes 7.6 kB in 0.15 ms, level 9 4.9 kB in 2.5 ms


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status, 0 when there was no answer.
        text: the beginning of the body, the target of a redirect, or the failure in words; printable characters only.
        retry_after_s: how long the server asks to wait, seconds, or None.
    """

    status: int
    text: str
    retry_after_s: float | None = None


@dataclass
class Traffic:
    """What went over the connection, without the TLS and TCP below it: requests tried, bytes of their bodies."""

    requests: int = 0
    body_bytes: int = 0


class Database(Closing):
    """One connection, opened when first used and again after any failure."""

    def __init__(
        self, url: DatabaseUrl, timeout_s: float, token: Callable[[], str] = lambda: "", compress: bool = True
    ) -> None:
        """`timeout_s` bounds a whole write, from looking up the name to the last byte of the answer.

        `token` gives the ID token that goes into `?auth=`, or "" for none; an `OSError` of it is a failed write.
        """
        self._query = {"print": "silent"} | ({"ns": url.namespace} if url.namespace else {})
        self._url = url
        self._timeout_s = timeout_s
        self._compress = compress
        self._gzip_proven = False
        self._reached = False
        self._token = token
        self._context = ssl.create_default_context() if url.secure else None
        self._connection = Connection(url.host, url.port, self._context)
        self.traffic = Traffic()

    def patch(self, items: Iterable[tuple[str, bytes]]) -> Answer:
        """Write JSON values at their paths, all or none. Never raises for what the network does."""
        body = b"{" + b",".join(json.dumps(path).encode() + b":" + value for path, value in items) + b"}"
        self._connection.deadline.set(self._timeout_s)
        if not self._compress:
            return self._exchange(body, {})
        answer = self._exchange(gzip.compress(body, _LEVEL), {"Content-Encoding": "gzip"})
        self._gzip_proven |= answer.status == ACCEPTED
        reached = answer.status or self._reached
        if self._gzip_proven or answer.status in _SAYS_NOTHING_OF_GZIP or not reached:
            return answer
        plain = self._exchange(body, {})
        self._compress = plain.status != ACCEPTED
        return plain

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            token = self._token()
        except OSError as error:
            return Answer(0, f"signing in failed: {error}")
        target = "/.json?" + urlencode(self._query | ({"auth": token} if token else {}))
        kept_alive = self._connection.sock is not None
        while True:
            try:
                answer = self._request(target, body, headers)
                return replace(answer, text=without(token, answer.text))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                if not (kept_alive and isinstance(error, _HUNG_UP)):
                    return Answer(0, in_words(error))
                kept_alive = False

    def _request(self, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.traffic.requests += 1
        self.traffic.body_bytes += len(body)
        self._reached = False
        self._connection.request("PATCH", target, body, {"Content-Type": "application/json", **headers})
        self._reached = True
        response = self._connection.getresponse()
        text = printable(response.read(_MAX_ANSWER_BYTES).decode(errors="replace"))
        if not response.isclosed():  # the rest of an oversized answer is not waited for
            self.close()
        if 300 <= response.status < 400:
            text = _target(response.headers.get("Location", ""))
        return Answer(response.status, text, _retry_after_s(response.headers))


def _target(location: str) -> str:
    """The host of a redirect, as far as it names one."""
    try:
        return printable(urlsplit(location).netloc)
    except ValueError:
        return ""


def without(token: str, text: str) -> str:
    """The text without the token: a captive portal repeats the address that was asked for, and the text is shown."""
    return text.replace(token, "<token>") if token else text


def in_words(error: Exception) -> str:
    """A failure of the network as the box shows it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        clock = " (is the box's clock right?)" if "yet valid" in str(error) or "expired" in str(error) else ""
        return f"the server's certificate is not accepted: {error.verify_message}{clock}"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection ({error.reason or error})"
    if isinstance(error, (http.client.HTTPException, ValueError)):
        return f"the answer is not HTTP ({type(error).__name__})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


def _retry_after_s(headers: http.client.HTTPMessage) -> float | None:
    """`Retry-After` in seconds; a date counts from the server's own `Date`, for the box's clock may be wrong."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
