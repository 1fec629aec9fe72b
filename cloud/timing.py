"""When records were captured: their own time where the clock was trusted, else corrected by the boot's offset."""

from datetime import UTC, datetime

from device.contract.boot import offset_in, offset_of, wall_time
from device.contract.fields import Json


def captured(records: list[Json], boots: Json) -> str:
    """From when to when, in words.

    Args:
        records: of one boot, in their order.
        boots: boot → what the database holds at `boots/DEVICE/BOOT`, of the same box; empty without a database.
    """
    own = offset_in(records)
    offset = offset_of(records[0]["boot"], {boot: document["offset"] for boot, document in boots.items()})
    offset = own if offset is None else offset
    first, last = wall_time(records[0], offset), wall_time(records[-1], offset)
    if first is None or last is None:
        return "nobody knows when: the clock was never set; order and durations are right"
    late = sum(not record["time"]["trusted"] for record in records)
    note = f" ({late} records corrected, for the clock was set only later)" if late else ""
    return f"{_utc(first)} to {_utc(last)} UTC{note}"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
