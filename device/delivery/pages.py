"""Reads the rows of an SQLite file from its pages one by one, for a file whose tree of pages leads nowhere any more.

Only leaves of tables are looked at, wherever they are, and what overflows from them; so rows of pages that were freed
are found too. Who asks must be able to tell sound rows from others. Source: https://sqlite.org/fileformat2.html.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
_PAGE_BYTES = 4096  # SQLite's default
_LEAF = 0x0D
_LOG_HEADER, _FRAME_HEADER = 32, 24
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Pages:
    """The pages of a file, numbered from 1; what its log holds of them is newer."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError`."""
        self._path = path
        self._newer = dict(_frames(Path(f"{path}-wal")))
        self.count = max([path.stat().st_size // _PAGE_BYTES, *self._newer])

    def rows(self, number: int) -> Iterator[Row]:
        """The rows of a page as far as they can be read: rowid, then the columns, None for the rowid's own."""
        page = self._page(number)
        start = 100 if number == 1 else 0
        if page[start] != _LEAF:
            return
        (cells,) = struct.unpack_from(">H", page, start + 3)
        for cell in range(min(cells, (_PAGE_BYTES - start) // 2 - 4)):
            try:
                yield self._row(page, struct.unpack_from(">H", page, start + 8 + 2 * cell)[0])
            except (struct.error, IndexError, ValueError):
                continue

    def _page(self, number: int) -> bytes:
        if number in self._newer:
            return self._newer[number]
        with self._path.open("rb") as file:
            file.seek((number - 1) * _PAGE_BYTES)
            return file.read(_PAGE_BYTES).ljust(_PAGE_BYTES, b"\0")

    def _row(self, page: bytes, at: int) -> Row:
        size, at = _varint(page, at)
        rowid, at = _varint(page, at)
        local = _local_bytes(size)
        payload = page[at : at + local]
        if local < size:
            payload += self._overflow(struct.unpack_from(">I", page, at + local)[0], size - local)
        return (rowid, *_columns(payload))

    def _overflow(self, number: int, size: int) -> bytes:
        found = b""
        while len(found) < size and 0 < number <= self.count:
            page = self._page(number)
            found += page[4 : 4 + size - len(found)]
            (number,) = struct.unpack_from(">I", page)
            if len(found) > self.count * _PAGE_BYTES:
                raise ValueError("a circle")
        return found


def _frames(log: Path) -> Iterator[tuple[int, bytes]]:
    """Number and content of each page in a log, oldest first."""
    if not log.exists():
        return
    content = log.read_bytes()
    salts = content[16:24]
    for at in range(_LOG_HEADER, len(content) - _FRAME_HEADER - _PAGE_BYTES + 1, _FRAME_HEADER + _PAGE_BYTES):
        if content[at + 8 : at + 16] == salts:
            body = at + _FRAME_HEADER
            yield struct.unpack_from(">I", content, at)[0], content[body : body + _PAGE_BYTES]


def _local_bytes(size: int) -> int:
    """How much of a payload is on the leaf itself."""
    most = _PAGE_BYTES - 35
    if size <= most:
        return size
    least = (_PAGE_BYTES - 12) * 32 // 255 - 23
    wanted = least + (size - least) % (_PAGE_BYTES - 4)
    return wanted if wanted <= most else least


def _columns(payload: bytes) -> Iterator[Any]:
    end, at = _varint(payload, 0)
    body = end
    while at < end:
        kind, at = _varint(payload, at)
        value, body = _value(payload, kind, body)
        yield value


def _value(payload: bytes, kind: int, at: int) -> tuple[Any, int]:
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    size = _INTEGERS.get(kind, 8 if kind == 7 else (kind - 12) // 2)
    raw = payload[at : at + size]
    if len(raw) < size or kind in (10, 11):
        raise ValueError("cut short")
    if kind in _INTEGERS:
        return int.from_bytes(raw, "big", signed=True), at + size
    if kind == 7:
        return struct.unpack(">d", raw)[0], at + size
    return raw.decode(errors="replace") if kind % 2 else raw, at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + place + 1
    return (value << 8) | data[at + 8], at + 9
