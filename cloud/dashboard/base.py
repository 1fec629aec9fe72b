"""The database, asked as the person who is signed in, on the event loop.

Source: Firebase Realtime Database REST reference; "Streaming from the REST API".
"""

import json
import random
import time
from asyncio import sleep
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from device.contract.address import parse_url
from device.contract.errors import DataError, IdentityError, SinkError

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
#: A database says something every 30 s.
_SILENT_S = 75.0
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 15.0


class Bearer(Protocol):
    """Whoever has a token: a visit, or the watch service."""

    async def token(self) -> str:
        """An ID token that holds. Raises `IdentityError`."""


@dataclass(frozen=True)
class Change:
    """One event of a stream: at `path`, below the node that is streamed ("/" for all of it), stands `data` now; a
    `patch` replaces only the children that it names."""

    path: str
    data: Any
    patch: bool = False


@dataclass(frozen=True)
class Lost:
    """A stream broke, and is opened again: why, in a sentence."""

    why: str


class Base:
    """One database. Every call is made as `who` is. Errors of all calls:

    DataError: no answer, or somebody else's.
    IdentityError: they may not, or their token has ended.
    """

    def __init__(self, url: str) -> None:
        """Raises `SinkError`: no address, or one that would show tokens to the network."""
        place = parse_url(url)
        if not place.is_private:
            raise SinkError(
                f"People sign in, and http://{place.host} would show their tokens to the network: use https."
            )
        self.is_local = not place.secure
        self.url = url.removeprefix("rtdb:")
        self._name = place.host
        self._query = {"ns": place.namespace} if place.namespace else {}
        scheme = "https" if place.secure else "http"
        host = f"[{place.host}]" if ":" in place.host else place.host
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.AsyncClient(base_url=f"{scheme}://{host}:{place.port}", timeout=_TIMEOUT, limits=limits)
        self._ahead = _Ahead()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    def now_ms(self) -> int:
        """Milliseconds since 1970 by the database, to about a second; by this machine before the first answer."""
        return int((time.time() + self._ahead.seconds) * 1000)

    async def get(self, who: Bearer, path: str, **query: str) -> Any:
        """What stands at a path, None where nothing does."""
        return await self._ask(who, "GET", path, None, query)

    async def object(self, who: Bearer, path: str, **query: str) -> dict[str, Any]:
        """The object at a path, empty where there is none."""
        found = await self.get(who, path, **query)
        return found if isinstance(found, dict) else {}

    async def patch(self, who: Bearer, changes: Mapping[str, Any]) -> None:
        """Change several places at once, all or none; keys are paths from the root, None erases."""
        await self._ask(who, "PATCH", "", json.dumps(dict(changes)).encode(), {"print": "silent"})

    async def stream(self, who: Bearer, path: str, **query: str) -> AsyncIterator[Change]:
        """What stands at a path, and every change of it, until the connection ends; raises when it does."""
        params = self._query | query | {"auth": await who.token()}
        timeout = httpx.Timeout(_SILENT_S, connect=10.0)
        headers = {"Accept": "text/event-stream"}
        try:
            async with self._client.stream(
                "GET", f"/{quote(path)}.json", params=params, headers=headers, timeout=timeout, follow_redirects=True
            ) as answer:
                self._ahead.learn(answer)
                if answer.status_code != httpx.codes.OK:
                    raise self._refusal(answer.status_code, (await answer.aread()).decode(errors="replace"), path)
                async for change in _changes(answer, path):
                    yield change
        except httpx.HTTPError as error:
            raise DataError(f"The database at {self._name} {_words(error)}.") from None
        raise DataError(f"The database at {self._name} hung up.")

    async def follow(self, who: Bearer, path: str, **query: str) -> AsyncIterator[Change | Lost]:
        """The same for good: where it breaks it is opened anew, after 1, 2, 4 … 15 s. Raises `IdentityError` only."""
        pause_s = _PAUSE_S
        while True:
            try:
                async for change in self.stream(who, path, **query):
                    pause_s = _PAUSE_S
                    yield change
            except DataError as error:
                yield Lost(str(error))
            except TokenEndedError:
                continue
            await sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _ask(self, who: Bearer, method: str, path: str, body: bytes | None, query: Mapping[str, str]) -> Any:
        params = self._query | dict(query) | {"auth": await who.token()}
        try:
            answer = await self._client.request(
                method, f"/{quote(path)}.json", params=params, content=body, follow_redirects=method == "GET"
            )
        except httpx.HTTPError as error:
            raise DataError(f"The database at {self._name} {_words(error)}.") from None
        self._ahead.learn(answer)
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        if answer.status_code != httpx.codes.OK:
            raise self._refusal(answer.status_code, answer.text, path)
        try:
            return answer.json()
        except (ValueError, RecursionError):
            raise DataError(
                f"What answers at {self._name} is no database: does this network want a sign-in?"
            ) from None

    def _refusal(self, status: int, body: str, path: str) -> Exception:
        if status not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return DataError(f"The database at {self._name} answers {status}.")
        if "expired" in body.lower():
            return TokenEndedError("Your sign-in has ended: sign in again.")
        return IdentityError(f"Your account may not do that at {path or 'these places'}: ask whoever administers it.")


class TokenEndedError(IdentityError):
    """The token has ended; another one may hold."""


class _Ahead:
    """By how much the database's clock is ahead of this machine's, learnt from the `Date` of its answers, which has
    whole seconds: each answer bounds it from below and above, and the middle of the narrowest bounds is taken."""

    def __init__(self) -> None:
        self._low, self._high = -1e12, 1e12

    @property
    def seconds(self) -> float:
        return 0.0 if self._high > 1e11 else (self._low + self._high) / 2

    def learn(self, answer: httpx.Response) -> None:
        try:
            said = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return
        here = time.time()
        low, high = said - here, said - here + 2.0  # answered within a second, truncated by another
        if low > self._high or high < self._low:  # one of the clocks was set
            self._low, self._high = low, high
        else:
            self._low, self._high = max(low, self._low), min(high, self._high)


async def _changes(answer: httpx.Response, path: str) -> AsyncIterator[Change]:
    kind = ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data" and kind in ("put", "patch"):
            said = json.loads(value)
            yield Change(said["path"], said["data"], kind == "patch")
        elif name == "data" and kind == "auth_revoked":
            raise TokenEndedError("Your sign-in has ended: sign in again.")
        elif name == "data" and kind == "cancel":
            raise IdentityError(f"Your account may not read {path} any more: ask whoever administers it.")


def apply(tree: Any, change: Change) -> Any:
    """What stands there after a change, on what stood there before; `tree` itself may be modified."""
    if change.patch:
        for name, data in change.data.items():
            tree = apply(tree, Change(f"{change.path.rstrip('/')}/{name}", data))
        return tree
    *parents, last = ["", *(part for part in change.path.split("/") if part)]
    if not parents:
        return change.data
    root = tree if isinstance(tree, dict) else {}
    node = root
    for parent in parents[1:]:
        below = node.get(parent)
        if not isinstance(below, dict):
            below = node[parent] = {}
        node = below
    if change.data is None:
        node.pop(last, None)
    else:
        node[last] = change.data
    return root


def _words(error: httpx.HTTPError) -> str:
    """What went wrong, completing 'the database …'."""
    if isinstance(error, httpx.TimeoutException):
        return "does not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached: check the address and the network"
    return "hung up in the middle of its answer"
