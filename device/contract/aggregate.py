"""Aggregates: what a second, or a minute, of records of one session came to.

    a second    seconds/DEVICE/SESSION/tNNNNNNNNN
    a minute    minutes/DEVICE/SESSION/nNNNNNN

N is `number`: how many whole spans of `span` seconds lie between the session's beginning and the first record in it,
by the monotonic clock. It follows from the records alone, and is the identity: the same span is never there twice.

`share` says how much of the time the numbers stand for: measured frames of all frames. Means and peaks are over the
measured frames, and absent when there is none. As in a record, absent knowledge is an absent field; a zero is a zero.
"""

from typing import Any

from device.contract import record
from device.contract.fields import LAST, LATEST_S, Field, Json, check, schema
from device.contract.labels import Reason
from device.contract.session import session_of

VERSION = 1
SECOND_S, MINUTE_S = 1, 60
SECONDS_ROOT, MINUTES_ROOT = "seconds", "minutes"
#: The fields of a record that are aggregated.
MEASURES = tuple(
    field for field in record.FIELDS if field.path.partition(".")[0] in ("emotions", "aus", "expressions", "pain")
)

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("boot", "string", "one start of the daemon", required=True, key=True),
    Field("session", "string", "the session; from older boxes absent: then `boot`", key=True),
    Field("number", "integer", "spans between the session's beginning and this one", 0, LAST, required=True),
    Field("span", "integer", "length of the span, seconds: 1 or 60", SECOND_S, MINUTE_S, required=True),
    Field("time.mono", "number", "monotonic time of the first frame in it, seconds", 0, LATEST_S, required=True),
    Field("time.wall", "number", "wall time of the first frame in it, seconds since 1970", 0, LATEST_S, required=True),
    Field("time.trusted", "boolean", "whether the wall clock was synchronized then", required=True),
    Field("frames", "integer", "frames processed", 1, required=True),
    Field("skipped", "integer", "frames skipped, because newer ones came first", 0),
    Field("measured", "integer", "frames measured", 0, required=True),
    Field("share", "number", "measured frames of all frames", 0, 1, required=True),
    *(Field(f"reasons.{reason.value}", "integer", "frames gated for this reason", 1) for reason in Reason),
    *(
        Field(f"{statistic}.{field.path}", "number", f"{statistic}: {field.meaning}", field.low, field.high)
        for statistic in ("mean", "peak")
        for field in MEASURES
    ),
)


def key(aggregate: Json) -> str:
    """The aggregate's place in the database."""
    session, number = f"{aggregate['device']}/{session_of(aggregate)}", aggregate["number"]
    if aggregate["span"] == SECOND_S:
        return f"{SECONDS_ROOT}/{session}/t{number:09d}"
    return f"{MINUTES_ROOT}/{session}/n{number:06d}"


def validate(aggregate: Any) -> None:
    """Check an aggregate against `FIELDS`. Raises `DataError` naming the field."""
    check(aggregate, FIELDS, "aggregate")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of an aggregate."""
    return schema(FIELDS, f"Affectbox aggregate, version {VERSION}")
