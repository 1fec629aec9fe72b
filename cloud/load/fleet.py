"""The fleet: boxes that write a batch a second each, on one event loop, and the count of what came of it.

The boxes' batches are spread evenly over each second. A box sends one batch at a time, as the real one does, and when
answers are late it falls behind and sends fewer. A batch's latency is therefore counted from the moment at which it
was due, not from when it was at last sent: otherwise a database that stands still would look fast to everybody who
politely waited (Tene, "How NOT to Measure Latency", calls this coordinated omission).
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from math import ceil

from cloud.load.connection import Connection
from cloud.load.records import batch, simulated
from device.contract.errors import DataError
from device.contract.record import ROOT, Json, encode

INTERVAL_S = 1.0
TIMEOUT_S = 30.0
_ACCEPTED = 204
_READERS = 8


@dataclass
class Box:
    """One simulated box: its place, and the first `seq` of each batch that the database has acknowledged."""

    device: str
    boot: str
    url: str
    records: int
    acknowledged: list[int] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where its records are in the database."""
        return f"/{ROOT}/{self.device}/{self.boot}"

    def expected(self) -> list[int]:
        """The `seq` of every acknowledged record."""
        return [seq for first in self.acknowledged for seq in range(first, first + self.records)]


@dataclass
class Tally:
    """What happened: batches due, latencies of the accepted ones and their bytes, failures by what they said."""

    due: int = 0
    latencies_s: list[float] = field(default_factory=list)
    bytes_accepted: int = 0
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Findings:
    """What reading back showed: records that are there and missing, and of a sample, how many differ in a byte."""

    found: int
    lost: int
    compared: int
    altered: int


def make_fleet(boxes: int, url: str, boot: str, records: int) -> list[Box]:
    """`boxes` simulated boxes, at a database, with `records` a batch."""
    names = [f"load-{number:05d}" for number in range(1, boxes + 1)]
    return [Box(name, boot, url, records) for name in names]


async def send(fleet: list[Box], seconds: float) -> Tally:
    """Let every box send a batch a second for `seconds`, then wait for the last answers."""
    tally = Tally()
    begin = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        for number, box in enumerate(fleet):
            group.create_task(_live(box, begin + INTERVAL_S * number / len(fleet), begin + seconds, tally))
    return tally


async def _live(box: Box, due: float, end: float, tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    connection = Connection(box.url, TIMEOUT_S)
    tally.due += ceil((end - due) / INTERVAL_S)
    first = 1
    while due < end and loop.time() < end:
        await asyncio.sleep(due - loop.time())
        body = batch(box.device, box.boot, first, box.records)
        try:
            status, answer = await connection.ask("PATCH", "/", body, print="silent")
        except OSError as error:
            tally.failures[type(error).__name__] += 1
        else:
            if status == _ACCEPTED:
                box.acknowledged.append(first)
                tally.latencies_s.append(loop.time() - due)
                tally.bytes_accepted += len(body)
            else:
                tally.failures[f"{status} {answer[:80].decode(errors='replace')}"] += 1
        first += box.records
        due += INTERVAL_S
    connection.close()


async def read_back(fleet: list[Box], sample: int) -> Findings:
    """Ask the database for every acknowledged record's key, and for the bytes of `sample` evenly chosen boxes.

    Raises:
        DataError: the database does not answer.
    """
    every = ceil(len(fleet) / sample)
    queue = [(box, at % every == 0) for at, box in enumerate(fleet)]
    parts: list[Findings] = []
    try:
        await asyncio.gather(*(_read_some(queue, parts) for _ in range(_READERS)))
    except OSError as error:
        raise DataError(f"The records could not be read back ({error}): nothing is proven.") from error
    return Findings(*(sum(getattr(part, name) for part in parts) for name in Findings.__dataclass_fields__))


async def _read_some(queue: list[tuple[Box, bool]], parts: list[Findings]) -> None:
    connections: dict[str, Connection] = {}
    while queue:
        box, whole = queue.pop()
        connection = connections.setdefault(box.url, Connection(box.url, TIMEOUT_S))
        status, body = await connection.ask("GET", box.path, shallow=str(not whole).lower())
        if status != 200:
            raise ConnectionError(f"{status} {body[:80].decode(errors='replace')}")
        parts.append(_compare(box, json.loads(body) or {}, whole))
    for connection in connections.values():
        connection.close()


def _compare(box: Box, held: Json, whole: bool) -> Findings:
    expected = {f"s{seq:09d}": seq for seq in box.expected()}
    there = expected.keys() & held.keys()
    altered = 0
    if whole:
        altered = sum(
            encode(held[name]) != encode(simulated(box.device, box.boot, expected[name], box.records))
            for name in there
        )
    return Findings(len(there), len(expected) - len(there), len(there) if whole else 0, altered)
