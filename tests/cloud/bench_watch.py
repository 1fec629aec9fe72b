"""What watching a fleet costs: `make bench-watch`. Every box reports once a second, 60 times as often as real ones do,
through a real event stream; the watch, with the rules that are shipped, runs in a process of its own.

Processor time is that of the watch alone, in per cent of a core of this machine; memory is what it holds at the end.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil

from cloud.dashboard.base import Base, Bearer, Change
from cloud.watch.account import Account
from cloud.watch.rules import load_rules
from cloud.watch.watch import Watch
from tests.cloud.watch.boxes import said

FLEETS = (100, 500)
WARM_S, SECONDS = 10, 60
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def _report(number: int, at_s: float) -> dict[str, object]:
    """A report of a box; what it tells changes from second to second."""
    degrees = 50.0 + (number + int(at_s)) % 35
    return said(f"box-{number:03}", int(at_s * 1000), host__temperature=degrees, frames__rate=9.0, lag=at_s % 7)


def _event(path: str, data: object) -> bytes:
    return f"event: put\ndata: {json.dumps({'path': path, 'data': data}, separators=(',', ':'))}\n\n".encode()


async def _stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, boxes: int) -> None:
    """A database in which every box reports once a second, each at its own moment of it."""
    with suppress(ConnectionError, asyncio.CancelledError):
        asked = await reader.readuntil(b"\r\n\r\n")
        names = {f"box-{number:03}": {"name": f"Room {number}", "group": f"g{number % 20}"} for number in range(boxes)}
        tells = b"/telemetry" in asked
        writer.write(_HEAD.encode() + _event("/", {} if tells else names))
        began_s = time.monotonic()
        turn = 0
        while tells and not reader.at_eof():
            for number in range(turn % 10, boxes, 10):
                writer.write(_event(f"/box-{number:03}", _report(number, time.time())))
            await writer.drain()
            turn += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), max(began_s + turn / 10 - time.monotonic(), 0))
        await reader.read()


class _Counted(Base):
    """Counts what its streams tell."""

    told = 0

    async def stream(self, who: Bearer, path: str, **query: str) -> AsyncIterator[Change]:
        async for change in super().stream(who, path, **query):
            self.told += 1
            yield change


async def _watch(url: str, folder: Path) -> None:
    """The watched process: prints what it took."""

    async def make() -> str:
        return "a.b.c"

    base = _Counted(url)
    watch = Watch(load_rules(), folder, base, Account(make), lambda sentence: None)
    running = asyncio.create_task(watch.run())
    await asyncio.wait({running}, timeout=WARM_S)
    began_s, used_s, told = time.monotonic(), time.process_time(), base.told
    await asyncio.wait({running}, timeout=SECONDS)
    took_s, used_s = time.monotonic() - began_s, time.process_time() - used_s
    rate = (base.told - told) / took_s
    memory_mb = psutil.Process().memory_info().rss / 1e6
    alerts = len(watch.board.standings())
    running.cancel()
    await asyncio.wait({running})
    written_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    used = f"{used_s / took_s:7.1%} of a core{memory_mb:5.0f} MB"
    print(f"{rate:5.0f} reports/s{used}{alerts:4} alerts, {written_mb:.1f} MB on disk")


async def _measure(boxes: int) -> None:
    server = await asyncio.start_server(lambda r, w: _stream(r, w, boxes), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"{boxes:4} boxes at 1 Hz:", end="", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "tests.cloud.bench_watch", f"http://127.0.0.1:{port}", folder]
        process = await asyncio.create_subprocess_exec(*words)
        await process.wait()
    server.close()


def main() -> None:
    """Measure every fleet."""
    for boxes in FLEETS:
        asyncio.run(_measure(boxes))


if __name__ == "__main__":
    asyncio.run(_watch(sys.argv[1], Path(sys.argv[2]))) if len(sys.argv) > 1 else main()
