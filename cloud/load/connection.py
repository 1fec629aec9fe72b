"""HTTP/1.1 over one kept-alive connection with as little work as possible: a thousand of these share a processor.

Only what a Realtime Database answers is understood: a status line, headers, and a body with a `Content-Length`.
"""

import asyncio
from urllib.parse import urlencode

from device.contract.address import parse_url

_HEAD_BYTES = 64 * 1024


class Connection:
    """A client of one database, connected when first used and again after any failure."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """`url` is `http://HOST:PORT?ns=NAME` or https; `timeout_s` bounds a whole exchange, connecting included.

        Raises:
            SinkError: it is no address.
        """
        place = parse_url(url)
        self._host, self._port, self._secure = place.host, place.port, place.secure
        self._query = {"ns": place.namespace} if place.namespace else {}
        self._netloc = f"{place.host}:{place.port}"
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", **query: str) -> tuple[int, bytes]:
        """Status and body of `path` (without `.json`).

        Raises:
            OSError: no connection, a broken answer, or none in time (TimeoutError).
        """
        target = f"{path}.json?{urlencode(self._query | query)}"
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(head.encode() + body)
        except (EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.close()
            raise ConnectionError(f"broken answer: {error}") from error
        except BaseException:
            self.close()
            raise

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
