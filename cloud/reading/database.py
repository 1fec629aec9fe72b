"""One database, read and written as whoever signs in."""

import http.client
import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import quote, urlencode

from cloud.reading.client import Exchange, Place, UnansweredError
from cloud.reading.signin import Credential
from device.contract.address import parse_url, printable
from device.contract.errors import DataError, IdentityError, SinkError
from device.contract.fields import Json

_TIMEOUT_S = 60.0
_TOO_LARGE = "exceeds the maximum size"  # Firebase: "Data to write exceeds the maximum size that can be modified …"
_SAID = 200  # characters of what a database says


class TooLargeError(DataError):
    """A write is larger than the database makes at once: make it in parts."""


class Database:
    """One database, asked as whoever the credential is."""

    def __init__(self, url: str, credential: Credential | None = None, timeout_s: float = _TIMEOUT_S) -> None:
        """`timeout_s` bounds each request.

        Raises:
            SinkError: no address, or another machine without TLS, and whoever asks signs in.
        """
        place = parse_url(url)
        if credential and not place.is_private:
            raise SinkError(f"You sign in, and http://{place.host} would show your token to the network: use https.")
        self._name = place.host
        self._query = {"ns": place.namespace} if place.namespace else {}
        self._credential = credential
        self._exchange = Exchange(Place(place.secure, place.host, place.port), timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange.close()

    def get(self, path: str, **query: str) -> Any:
        """What stands at a path, None where nothing does.

        Raises:
            DataError: no answer, or somebody else's.
            IdentityError: whoever asks may not read it.
        """
        return self._asked("GET", path, None, query, "read")

    def put(self, path: str, value: Any) -> None:
        """Put a value in the place of what stands at a path. Raises as `get`: whoever asks may not write it."""
        self._asked("PUT", path, value, {"print": "silent"}, "write")

    def patch(self, changes: Mapping[str, Any]) -> None:
        """Write all changes, by paths from the root, or none; None takes away. Raises as `get`."""
        self._asked("PATCH", "", changes, {"print": "silent"}, "write")

    def now_ms(self) -> int:
        """What the clock of the database said with its last answer, milliseconds since 1970, to a second; this
        machine's where it said nothing."""
        try:
            return int(parsedate_to_datetime(self._exchange.date).timestamp() * 1000)
        except ValueError:
            return int(time.time() * 1000)

    def _asked(self, method: str, path: str, value: Any, query: Mapping[str, str], do: str) -> Any:
        own = self._credential.query() if self._credential else {}
        headers = self._credential.headers() if self._credential else {}
        body = b"" if method == "GET" else json.dumps(value).encode()
        target = f"/{quote(path)}.json?{urlencode({**self._query, **query, **own})}"
        try:
            status, content = self._exchange.ask(method, target, body, headers)
            if status in (http.client.OK, http.client.NO_CONTENT):
                return json.loads(content or b"null")
        except UnansweredError as error:
            raise DataError(f"The database at {self._name} {error}.") from None
        except (ValueError, RecursionError):
            raise DataError(
                f"What answers at {self._name} is no database: does this network want a sign-in?"
            ) from None
        raise self._refusal(status, content.decode(errors="replace"), printable(path) or "that", do)

    def object(self, path: str, **query: str) -> Json:
        """The object at a path, empty where there is none. Raises as `get`."""
        found = self.get(path, **query)
        return found if isinstance(found, dict) else {}

    def may(self, path: str, **query: str) -> Json:
        """The same, and empty where whoever asks may not read it. Raises `DataError`."""
        try:
            return self.object(path, **query)
        except IdentityError:
            return {}

    def note(self, path: str) -> Any:
        """What stands at a path; None also where whoever asks may not read it. Raises `DataError`."""
        try:
            return self.get(path)
        except IdentityError:
            return None

    def _refusal(self, status: int, body: str, path: str, do: str) -> Exception:
        if status not in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            if do == "write" and _TOO_LARGE in body:
                return TooLargeError(f"The database at {self._name} refuses so large a write.")
            why = f" ({printable(body[:_SAID])})" if do == "write" and body else ""
            return DataError(f"The database at {self._name} answers {status}{why}: check the address.")
        if "expired" in body.lower():
            return IdentityError("The token has expired: sign in again.")
        if self._credential is None:
            lets = f"show {path} to everybody" if do == "read" else f"let everybody write {path}"
            return IdentityError(f"The database at {self._name} does not {lets}: sign in (--email).")
        if "denied" not in body.lower():
            return IdentityError(f"The database at {self._name} does not accept the token: sign in again.")
        return IdentityError(f"Your account may not {do} {path}: ask who administers the database to allow it.")
