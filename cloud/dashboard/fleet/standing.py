"""What the watch keeps in files, for pages: alerts, silences, outlets, a day of numbers. Where no watch has written,
there is nothing, and the page says so."""

import asyncio
import time
from collections import defaultdict
from pathlib import Path

from cloud.watch.board import Board, Post, Silence, Stood
from cloud.watch.history import Bucket, History
from device.contract.errors import ConfigError
from device.contract.fields import Json

#: Of what the table draws a day, in how many pieces, and how long that is good for.
SPARKS = ("temperature", "cpu", "rate", "queue")
PIECES, DAY_S = 48, 86_400
_GOOD_S = 240.0


class Standings:
    """The files in `folder`; None: there is no watch here."""

    def __init__(self, folder: Path | None) -> None:
        """Raises `StorageError`."""
        self.board = Board(folder) if folder else None
        self.history = History.reading(folder) if folder else None
        self._sparks: tuple[float, Json] = (-_GOOD_S, {})
        self._busy = asyncio.Lock()

    async def all(self) -> list[Stood]:
        """Every alert that is not Normal. Raises `StorageError`."""
        return await asyncio.to_thread(self.board.standings) if self.board else []

    async def by_box(self) -> dict[str, tuple[Stood, ...]]:
        """The same by box."""
        found: dict[str, list[Stood]] = defaultdict(list)
        for one in await self.all():
            found[one.device].append(one)
        return {device: tuple(those) for device, those in found.items()}

    async def silences(self, now_ms: int) -> list[Silence]:
        """Those in force. Raises `StorageError`."""
        return await asyncio.to_thread(self.board.silences, now_ms) if self.board else []

    async def silence(self, device: str, rule: str, until_ms: int, by: str, why: str, now_ms: int) -> None:
        """Tell nobody of a box; `rule` "" is every rule. Raises `ConfigError`, `StorageError`."""
        if self.board is None:
            raise ConfigError("No watch runs here, so nobody is told of anything: see docs/dashboard.md.")
        await asyncio.to_thread(self.board.silence, device, rule, until_ms, by, why, now_ms)

    async def unsilence(self, number: int) -> None:
        """End a silence. Raises `StorageError`."""
        if self.board is not None:
            await asyncio.to_thread(self.board.unsilence, number)

    async def posts(self) -> list[Post]:
        """How the outlets are. Raises `StorageError`."""
        return await asyncio.to_thread(self.board.posts) if self.board else []

    async def day(self, device: str, field: str) -> list[Bucket]:
        """A day of one number of a box. Raises `StorageError`."""
        return await asyncio.to_thread(self.history.series, device, field) if self.history else []

    async def sparks(self, now_ms: int) -> Json:
        """A day of `SPARKS` of all boxes, for all pages the same object until there is a newer one. Raises
        `StorageError`."""
        async with self._busy:
            if time.monotonic() - self._sparks[0] >= _GOOD_S:
                self._sparks = time.monotonic(), await asyncio.to_thread(self._read, now_ms // 1000)
            return self._sparks[1]

    def _read(self, now_s: int) -> Json:
        if self.history is None:
            return {}
        piece_s = DAY_S // PIECES
        since_s = (now_s - DAY_S) // piece_s * piece_s + piece_s
        found = {
            field: {device: pieces(points, since_s) for device, points in self.history.sparks(field, since_s).items()}
            for field in SPARKS
        }
        return {"from": since_s * 1000, "step": piece_s * 1000, "of": found}


def pieces(points: list[tuple[int, float]], since_s: int) -> list[float | None]:
    """The mean in each piece of a day, None where nothing was measured. `points`: (seconds since 1970, value)."""
    piece_s = DAY_S // PIECES
    sums, counts = [0.0] * PIECES, [0] * PIECES
    for at_s, value in points:
        index = (at_s - since_s) // piece_s
        if 0 <= index < PIECES:
            sums[index] += value
            counts[index] += 1
    return [float(f"{total / count:.3g}") if count else None for total, count in zip(sums, counts, strict=True)]
