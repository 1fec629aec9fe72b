"""What of the records goes to the database: all of them, or what each second came to, or each minute.

    mode       sent
    records    every record, and an aggregate a minute
    seconds    an aggregate a second, and one a minute
    minutes    an aggregate a minute

Minutes go in every mode: they cost next to nothing, arrive first after an outage, and are the last to be dropped.
Seconds do not go beside records, for they follow from them. What a span in progress has seen is in memory only: a
power cut costs at most the last second, in mode `minutes` the last minute; files of records (`jsonl:`) have every
record.
"""

import json
from collections.abc import Sequence

from device.contract import aggregate
from device.contract.choices import MODES
from device.contract.errors import DataError
from device.contract.fields import Json, encode
from device.contract.pack import key, pack
from device.delivery.aggregate import Aggregator
from device.delivery.sink import Line

RECORDS, SECONDS, MINUTES = MODES


class Condenser:
    """Takes committed groups of records, and gives what is to be sent; `mode` may change at any time."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._seconds = Aggregator(aggregate.SECOND_S)
        self._minutes = Aggregator(aggregate.MINUTE_S)

    def __call__(self, lines: Sequence[Line]) -> list[Line]:
        """What is to be kept and sent in the place of these records."""
        records = [json.loads(line.body) for line in lines]
        ended = [done for record in records if (done := self._minutes.add(record))]
        if self.mode == SECONDS:
            ended += [done for record in records if (done := self._seconds.add(record))]
        return [*(lines if self.mode == RECORDS else ()), *map(_line, ended)]

    def end(self) -> list[Line]:
        """The aggregates of spans in progress; nothing comes after."""
        return [_line(done) for spans in (self._minutes, self._seconds) if (done := spans.end())]


def pack_bodies(bodies: Sequence[bytes]) -> tuple[str, bytes] | None:
    """The pack of canonical records, or of seconds, of one boot: path and body; None if neither, or too many."""
    documents = [json.loads(body) for body in bodies]
    try:
        packed = pack(documents)
    except (DataError, KeyError, TypeError, AttributeError):
        return None
    return key(packed), encode(packed)


def _line(done: Json) -> Line:
    return Line(aggregate.key(done), encode(done))
