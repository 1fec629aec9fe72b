"""Request bodies: read with a limit, unpacked, parsed.

One request may bring a million values, so that no other writer waits for more than a second or two; Firebase names no
such limit.

Source: Firebase Realtime Database REST reference and "Limits" (256 MB for one write over REST).
"""

import json
import re
import zlib
from typing import Any

from starlette.requests import Request

from cloud.local.tree import BAD_JSON, RequestError, too_deep

MAX_BODY_BYTES = 256 * 1024 * 1024
MAX_VALUES = 1_000_000

_TOO_LARGE = "Data to write exceeds the maximum size that can be modified with a single request."
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_GZIP = "Invalid data; the body is not gzip, as its Content-Encoding says."


async def read_body(request: Request) -> bytes:
    """The whole body, unpacked if it is gzip.

    Raises:
        RequestError: too large, packed or unpacked; not gzip as announced.
        ClientDisconnect: the client went away before the end.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        _refuse_too_large(len(body))
    return _unpack(body) if request.headers.get("content-encoding") == "gzip" else bytes(body)


def parse_json(body: bytes) -> Any:
    """The JSON value in a body.

    Raises:
        RequestError: empty, not JSON, not UTF-8, NaN or Infinity, nested beyond any limit, too many values.
    """
    if not body.strip():
        raise RequestError("Error: No data supplied.")
    if body.count(b",") >= MAX_VALUES and _TEXT.sub(b"", body).count(b",") >= MAX_VALUES:
        raise RequestError(_TOO_LARGE)
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        raise RequestError(BAD_JSON) from None


def _unpack(body: bytes | bytearray) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)  # gzip
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES + 1)  # a bomb is not unfolded further
    except zlib.error:
        raise RequestError(_NOT_GZIP) from None
    _refuse_too_large(len(plain))
    if not unpacker.eof:
        raise RequestError(_NOT_GZIP)
    return plain


def _refuse_too_large(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise RequestError(_TOO_LARGE)


def _refuse_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")
