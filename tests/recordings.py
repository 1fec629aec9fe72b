"""What a file of JSON lines holds: records, and events of sessions."""

import json
from pathlib import Path

from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract.fields import Json
from device.contract.record import decode
from device.contract.session import is_event, validate


def records_in(path: Path) -> list[Json]:
    """The records, in order; every line has to be whole and valid."""
    return [decode(line) for line in lines_of_records(path)]


def lines_of_records(path: Path) -> list[bytes]:
    """The lines that are records."""
    return [line for line in path.read_bytes().splitlines() if not is_event(json.loads(line))]


def events_in(path: Path) -> list[Json]:
    """The events, in order."""
    events = [event for line in path.read_bytes().splitlines() if is_event(event := json.loads(line))]
    for event in events:
        validate(event)
    return events


def table_of(records: list[Json], events: list[Json] | None = None) -> Table:
    """The reader's table of these records and events."""
    gathering = Gathering()
    gathering.documents(records)
    for event in events or ():
        gathering.event(event)
    table = gathering.table()
    assert not [*table.faults.sentences()], [*table.faults.sentences()]
    return table
