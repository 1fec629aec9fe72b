"""A file from the network, for whoever checks what it holds: it goes on where it broke off.

Whose file it is, its signature says; so the way that it took is not trusted, and plain `http` will do.
"""

import http.client
import os
import ssl
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from device.contract.address import printable
from device.contract.errors import UpdateError
from device.delivery.connection import Connection

_PIECE = 65_536
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5


def download(url: str, file: Path, most_bytes: int, timeout_s: float) -> None:
    """Fetch `url` into `file`. What an earlier try left in `file` with `.part` behind it is gone on with.

    Args:
        most_bytes: more is refused.
        timeout_s: for the answer, and then for each 64 KiB.

    Raises:
        UpdateError: it cannot be had, is too large, or the card does not take it.
    """
    for _ in range(_MOST_REDIRECTS):
        target = _fetched(url, file, most_bytes, timeout_s)
        if not target:
            return
        url = target
    raise UpdateError(f"{printable(url)} leads from one address to the next: check update.url.")


def _fetched(url: str, file: Path, most_bytes: int, timeout_s: float) -> str:
    """Where else it is; empty: it was fetched."""
    part = file.with_name(file.name + ".part")
    split = _checked(url)
    context = ssl.create_default_context() if split.scheme == "https" else None
    connection = Connection(split.hostname or "", split.port or (443 if context else 80), context)
    connection.deadline.set(timeout_s)
    there = part.stat().st_size if part.exists() else 0
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    try:
        connection.request("GET", path, headers={"Range": f"bytes={there}-"} if there else {})
        answer = connection.getresponse()
        if answer.status in _REDIRECTS:
            return urljoin(url, answer.getheader("Location", ""))
        if answer.status == 416:  # what is there is all, or is of something else
            part.replace(file) if answer.getheader("Content-Range", "") == f"bytes */{there}" else part.unlink()
            return "" if file.exists() else url
        if answer.status not in (200, 206):
            raise UpdateError(f"{printable(url)} cannot be had ({answer.status}): check update.url.")
        _copy(answer, part, most_bytes, connection, timeout_s)
        part.replace(file)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UpdateError(
            f"{printable(url)} cannot be had to its end ({error or type(error).__name__}): try again, and it goes on "
            "where it broke off."
        ) from None
    finally:
        connection.close()
    return ""


def _copy(
    answer: http.client.HTTPResponse, part: Path, most_bytes: int, connection: Connection, timeout_s: float
) -> None:
    expected = answer.length
    with part.open("ab" if answer.status == 206 else "wb") as out:
        size = out.tell()
        if size + (expected or 0) > most_bytes:
            raise _too_large(most_bytes)
        while piece := answer.read(_PIECE):
            connection.deadline.set(timeout_s)
            size += len(piece)
            if size > most_bytes:
                raise _too_large(most_bytes)
            out.write(piece)
            expected = None if expected is None else expected - len(piece)
        out.flush()
        os.fsync(out.fileno())
    if expected:
        raise OSError("the other side hung up")


def _too_large(most_bytes: int) -> UpdateError:
    return UpdateError(f"What should be fetched is larger than {most_bytes // 10**6} MB: there is no room for it.")


def _checked(url: str) -> SplitResult:
    split = urlsplit(url)
    if split.scheme not in ("https", "http") or not split.hostname:
        raise UpdateError(f"{printable(url)} is no address of a release: give https://HOST/FOLDER (update.url).")
    return split
