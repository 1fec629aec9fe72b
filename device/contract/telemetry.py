"""Telemetry: the latest state of a box, at `telemetry/DEVICE`, overwritten; no clinical data.

Dropped, unkept and damaged are counts of what was lost, ever or in this run, so that nothing is lost in silence.
"""

from device.contract.fields import Field, Json, schema

VERSION = 1
ROOT = "telemetry"
MODES = ("frames", "seconds", "summary")
_COUNTED = ("summary", "second", "frame")

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True),
    Field("boot", "string", "one start of the daemon", required=True),
    Field("time.mono", "number", "monotonic time, seconds", 0, required=True),
    Field("time.wall", "number", "wall time, seconds since 1970", 0, required=True),
    Field("time.trusted", "boolean", "whether the wall clock is synchronized", required=True),
    Field("mode", "string", f"what is sent: {', '.join(MODES)}", required=True),
    Field(
        "wanted",
        "string",
        "the mode that is configured; another one is sent when the budget demands it",
        required=True,
    ),
    *(
        Field(f"waiting.{name}", "integer", f"documents that wait, of kind {name}", 0, required=True)
        for name in _COUNTED
    ),
    Field("waiting.bytes", "integer", "bytes of all documents in the outbox", 0, required=True),
    *(
        Field(
            f"dropped.{name}", "integer", f"documents ever dropped for want of room, of kind {name}", 0, required=True
        )
        for name in _COUNTED
    ),
    Field("refused", "integer", "documents kept apart, because the database refuses them", 0, required=True),
    Field("unkept", "integer", "records of this run that a full disk did not take", 0, required=True),
    Field("damaged", "integer", "outbox files found damaged and set aside, ever", 0, required=True),
    Field("sent", "integer", "records and aggregates sent in this run", 0, required=True),
    Field("month.bytes", "integer", "bytes on the wire this month, estimated", 0, required=True),
    Field("month.writes", "integer", "writes this month", 0, required=True),
    Field(
        "month.projected", "integer", "bytes on the wire at the end of the month, if it goes on so", 0, required=True
    ),
    Field(
        "month.dollars", "number", "estimated cost of this month's data, beyond any free allowance", 0, required=True
    ),
    Field("month.prices", "string", "date on which the prices were looked up", required=True),
)


def key(device: str) -> str:
    """The place of a box's telemetry in the database."""
    return f"{ROOT}/{device}"


def json_schema() -> Json:
    """The JSON Schema (2020-12) of telemetry."""
    return schema(FIELDS, f"Affectbox telemetry, version {VERSION}")
