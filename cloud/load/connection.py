"""HTTP/1.1 over one kept-alive connection with as little work as possible: a thousand of these share a processor.

Only what a Realtime Database answers is understood: a status line, headers, and a body with a `Content-Length`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from device.contract.address import parse_url

_HEAD_BYTES = 64 * 1024
_EVENT_BYTES = 16 * 1024 * 1024


class Connection:
    """A client of one database, connected when first used and again after any failure."""

    def __init__(self, url: str, timeout_s: float, authorization: str = "", token: str = "") -> None:
        """`url` is `http://HOST:PORT?ns=NAME` or https; `timeout_s` bounds a whole exchange, connecting included.
        `authorization` is a header's value, `token` an ID token for `?auth=`; both may be empty.

        Raises:
            SinkError: it is no address.
        """
        place = parse_url(url)
        self._host, self._port, self._secure = place.host, place.port, place.secure
        self._query = {"ns": place.namespace} if place.namespace else {}
        if token:
            self._query["auth"] = token
        self._head = f"Host: {place.host}:{place.port}\r\n" + (
            f"Authorization: {authorization}\r\n" * bool(authorization)
        )
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", **query: str) -> tuple[int, bytes]:
        """Status and body of `path` (without `.json`).

        Raises:
            OSError: no connection, a broken answer, or none in time (TimeoutError).
        """
        target = f"{path}.json?{urlencode(self._query | query)}"
        head = f"{method} {target} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(head.encode() + body)
        except (EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.close()
            raise ConnectionError(f"broken answer: {error}") from error
        except BaseException:
            self.close()
            raise

    async def listen(self, path: str) -> AsyncIterator[tuple[str, Any]]:
        """The changes below `path`, as (path below it, data), from what is there now on; over a connection of its own.

        Raises:
            OSError: no connection, the stream was refused, or it ended.
        """
        async with asyncio.timeout(self._timeout_s):
            reader, writer = await asyncio.open_connection(
                self._host, self._port, ssl=self._secure or None, limit=_EVENT_BYTES
            )
        try:
            target = f"{path}.json?{urlencode(self._query)}"
            writer.write(f"GET {target} HTTP/1.0\r\n{self._head}Accept: text/event-stream\r\n\r\n".encode())
            status = await reader.readline()
            if status.split()[1:2] != [b"200"]:
                raise ConnectionError(f"the stream was refused: {status.decode('latin-1').strip()}")
            async for change in _changes(reader):
                yield change
        finally:
            writer.close()

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, ssl=self._secure or None, limit=_HEAD_BYTES
            )
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(status_line.split()[1]), body


async def _changes(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, Any]]:
    """The `put` and `patch` events of a stream, until it ends. Raises `ConnectionError`: the permission was taken."""
    kind = b""
    while line := await reader.readline():
        name, _, value = line.strip().partition(b": ")
        if name == b"event":
            kind = value
        elif name == b"data" and kind in (b"put", b"patch"):
            change = json.loads(value)
            yield change["path"], change["data"]
        elif name == b"data" and kind != b"keep-alive":
            raise ConnectionError(f"the stream was ended: {kind.decode('latin-1')}")
