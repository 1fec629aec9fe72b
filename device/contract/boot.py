"""A boot's wall time: by how much the wall clock is ahead of the monotonic one, once that is known.

A Pi has no clock battery: after a power cut its wall clock is wrong until the network sets it, and says so in
`time.trusted` of each record. `time.mono` of the same record is right from the start. So when the clock becomes
trusted, one small document, at `boots/DEVICE/BOOT`, gives the offset between the two, and readers correct every
record of that boot that was not trusted, sent or not. It is written once: the offset changes only when the clock is
set anew, and records that were made under a trusted clock keep their own time.

`boot` names one start of the daemon: the kernel's boot id, `-`, milliseconds. The monotonic clock belongs to the
kernel's boot, so a start without an offset of its own takes that of another start of the same kernel boot. A boot that
ended before the clock was ever set has none: its records keep their order and their durations, and no right time.
"""

from collections.abc import Iterable, Mapping

from device.contract.fields import LATEST_S, Field, Json, check, schema

VERSION = 1
ROOT = "boots"

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("boot", "string", "one start of the daemon", required=True, key=True),
    Field("offset", "number", "wall clock minus monotonic clock, seconds", -LATEST_S, LATEST_S, required=True),
    Field("mono", "number", "monotonic time at which the offset was taken, seconds", 0, LATEST_S, required=True),
    Field("trusted", "boolean", "whether the wall clock was synchronized then: always true", required=True),
)


def key(document: Json) -> str:
    """The document's place in the database."""
    return f"{ROOT}/{document['device']}/{document['boot']}"


def validate(document: Json) -> None:
    """Check a document against `FIELDS`. Raises `DataError` naming the field."""
    check(document, FIELDS, "boot")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a boot's offset."""
    return schema(FIELDS, f"Affectbox boot, version {VERSION}")


def offset_of(boot: str, offsets: Mapping[str, float]) -> float | None:
    """The offset of a boot in seconds, its own or that of another start of the same kernel boot; None if unknown."""
    if boot in offsets:
        return offsets[boot]
    kernel = boot.partition("-")[0]
    return next((offset for other, offset in sorted(offsets.items()) if other.partition("-")[0] == kernel), None)


def offset_in(records: Iterable[Json]) -> float | None:
    """The offset that the first trusted record of a boot itself gives, for recordings that never saw a database."""
    times = (record["time"] for record in records)
    return next((time["wall"] - time["mono"] for time in times if time["trusted"]), None)


def moment(mono_s: float, wall_s: float, trusted: bool) -> Json:
    """The `time` of a document, in seconds, rounded to thousandths."""
    return {"mono": round(mono_s, 3), "wall": round(wall_s, 3), "trusted": trusted}


def wall_time(record: Json, offset: float | None) -> float | None:
    """When a record was captured, seconds since 1970; None where nobody knows."""
    time = record["time"]
    if time["trusted"]:
        return float(time["wall"])
    return None if offset is None else float(time["mono"] + offset)
