"""A search for pictures: for pixels and landmarks that were seen, and for any image file, in whatever was written.

What was seen is kept as hashes of windows of `_WINDOW` bytes, one at every `stride` bytes; a text is hashed at every
offset. So any `_WINDOW + stride` neighbouring bytes of what was seen are found, wherever they stand: as they are,
compressed (zlib, gzip), as base64, hexadecimal or a list of numbers, or several of these, one around the other. Of
what looks like base64 it is not known where it begins, so outside four offsets are tried.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_WINDOW, _WORD = 24, 8
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_PLAIN = 12  # a window with fewer different bytes could be anywhere
_DEEPEST = 3
_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{40,}")
_NUMBERS = re.compile(rb"(?:\d{1,3}[, ]{1,2}){40,}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_MOST = 50_000_000
IMAGES = {
    "JPEG": re.compile(rb"\xff\xd8\xff[\xdb\xe0\xe1\xee]"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "AVI": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    "MP4": re.compile(rb"\x00\x00\x00.ftyp", re.DOTALL),
    "TIFF": re.compile(rb"II\*\x00|MM\x00\*"),
    "BMP": re.compile(rb"BM....\x00\x00\x00\x00[\x36\x7a\x8a]\x00\x00\x00", re.DOTALL),
}


class Seen:
    """Pixels and points that must not be found anywhere."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint64]] = []

    def add(self, array: NDArray[np.generic], stride: int = _WORD) -> None:
        """Remember an array's bytes, in windows at every `stride` bytes, a multiple of 8."""
        data = np.ascontiguousarray(array).view(np.uint8).ravel()
        if len(data) < _WINDOW:
            return
        windows = np.lib.stride_tricks.sliding_window_view(data, _WINDOW)[::stride]
        different = (np.diff(np.sort(windows, axis=1), axis=1) != 0).sum(1) + 1
        telling = windows[different >= _PLAIN]
        self._parts.append(_hashed(np.ascontiguousarray(telling).view(np.uint64)))

    def hashes(self) -> NDArray[np.uint64]:
        """All of it, in order."""
        return np.unique(np.concatenate(self._parts)) if self._parts else np.empty(0, np.uint64)


def found_in(data: bytes, hashes: NDArray[np.uint64]) -> set[str]:
    """What of a picture is in `data`."""
    found = set()
    for view in _views(data):
        found |= {name for name, pattern in IMAGES.items() if pattern.search(view)}
        if any(_among(part, hashes) for part in _at_every_offset(view)):
            found.add("pixels or points")
    return found


def _hashed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(N, 3) words → (N,) hashes."""
    return np.asarray((words * _FACTORS).sum(1, dtype=np.uint64))


def _at_every_offset(data: bytes) -> Iterator[NDArray[np.uint64]]:
    for shift in range(_WORD):
        words = np.frombuffer(data[shift : len(data) - (len(data) - shift) % _WORD], np.uint64)
        if len(words) >= _WINDOW // _WORD:
            yield _hashed(np.stack([words[:-2], words[1:-1], words[2:]], axis=1))


def _among(values: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> bool:
    if not len(hashes):
        return False
    at = np.minimum(np.searchsorted(hashes, values), len(hashes) - 1)
    return bool((hashes[at] == values).any())


def _views(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The data, and all that it can be decoded to."""
    yield data
    if depth < _DEEPEST:
        for inner in _decoded(data, offsets=4 if depth == 0 else 1):
            if len(inner) >= _WINDOW:
                yield from _views(inner, depth + 1)


def _decoded(data: bytes, offsets: int) -> Iterator[bytes]:
    for match in _COMPRESSED.finditer(data):
        with_header = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib or gzip
        try:
            inflated = with_header.decompress(data[match.start() :], _MOST)
        except zlib.error:
            continue
        yield inflated
    for match in _ENCODED.finditer(data):
        yield from _unencoded(match[0], offsets)
    for match in _NUMBERS.finditer(data):
        numbers = [int(text) for text in re.findall(rb"\d+", match[0])]
        yield bytes(number & 255 for number in numbers)


def _unencoded(text: bytes, offsets: int) -> Iterator[bytes]:
    if re.fullmatch(rb"[0-9a-fA-F]+", text):
        yield binascii.unhexlify(text[: len(text) // 2 * 2])
        yield binascii.unhexlify(text[1 : 1 + (len(text) - 1) // 2 * 2])
    for at in range(offsets):
        part = text[at:].translate(_URL_SAFE)
        part = part[:-1] if len(part) % 4 == 1 else part
        yield base64.b64decode(part + b"=" * (-len(part) % 4))
