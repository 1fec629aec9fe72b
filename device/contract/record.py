"""A record: one processed frame of one face. Versioned JSON, one object; no pixels, no names.

Identity is `(device, boot, seq)`; it is also the database key, so that sending a record twice changes nothing. `boot`
is one start of the daemon: the kernel's boot id and the monotonic milliseconds at start, so no two starts share it.

A frame that fails the quality gate has `status` "gated", its `reasons`, and none of `GUESSES`. Absent
knowledge is an absent field: there are no nulls and no empty containers, which the database would drop anyway.
Numbers are rounded, whole numbers are written without a fraction, keys are sorted: the same record has the same bytes
before it is sent and after it is read back.

`FIELDS` below is the list of everything a record may hold, with unit and range; `cloud/record.schema.json` is
generated from it.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNITS, CODES, EMOTIONS, EXPRESSIONS, Reason

VERSION = 1
ROOT = "records"
#: What only a measured record may hold.
GUESSES = ("emotions", "aus", "left", "right", "codes", "eyes", "expressions", "pain")
DEVICE_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")

Json = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One field of a record: dotted `path`, JSON `kind`, meaning with unit, and range where there is one. A field of
    kind `names` lists some of `names`, at least one."""

    path: str
    kind: str
    meaning: str
    low: float | None = None
    high: float | None = None
    required: bool = False
    names: tuple[str, ...] = ()


_ORIGINS = "`automatic:` or `calibrated:` and 8 hex digits; `none`; `refused`: one was collected, but not at rest"
FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box: lower-case letters, digits, hyphens", required=True),
    Field("boot", "string", "one start of the daemon", required=True),
    Field("seq", "integer", "number of the record within the boot, from 1", 1, required=True),
    Field("status", "string", "`measured` or `gated`", required=True),
    Field("time.mono", "number", "monotonic time of capture, seconds", 0, required=True),
    Field("time.wall", "number", "wall time of capture, seconds since 1970", 0, required=True),
    Field("time.trusted", "boolean", "whether the wall clock was synchronized", required=True),
    Field("frame.index", "integer", "number of the frame in its source, from 0", 0, required=True),
    Field("frame.dropped", "integer", "frames skipped just before this one, because a newer one came first", 0),
    Field("frame.media", "number", "the video file's own timestamp, seconds", 0),
    Field("reasons", "names", "why the frame was gated", names=tuple(reason.value for reason in Reason)),
    Field("track.id", "integer", "number of the patient's track within the boot, from 1", 1),
    Field("track.age", "number", "time since the track began, seconds", 0),
    Field("faces", "integer", "faces in view at the last look, the patient's included", 0),
    Field("face.x", "number", "left edge, share of the frame's width", -1, 2),
    Field("face.y", "number", "top edge, share of the frame's height", -1, 2),
    Field("face.w", "number", "width, share of the frame's width", 0, 2),
    Field("face.h", "number", "height, share of the frame's height", 0, 2),
    Field("pose.yaw", "number", "degrees, to the right of the picture is positive", -180, 180),
    Field("pose.pitch", "number", "degrees, up is positive", -90, 90),
    Field("pose.roll", "number", "degrees, clockwise in the picture is positive", -180, 180),
    Field("quality.presence", "number", "probability that there is a face in the crop", 0, 1),
    Field("quality.width", "number", "width of the face, pixels", 0),
    Field("quality.sharpness", "number", "variance of the Laplacian over variance, of the aligned crop", 0),
    Field("quality.brightness", "number", "mean of the aligned crop", 0, 1),
    *(Field(f"emotions.{name}", "number", f"probability of {name}", 0, 1) for name in EMOTIONS),
    *(
        Field(f"aus.{unit.key}", "number", f"intensity of {unit.name}, FACS A–E = 1–5; {unit.tier.value}", 0, 5)
        for unit in ACTION_UNITS
    ),
    *(
        Field(f"{side}.{unit.key}", "number", f"the same of the person's {side} side, where the sides differ", 0, 5)
        for side in ("left", "right")
        for unit in ACTION_UNITS
        if unit.sided
    ),
    Field("neutral", "string", "the person's face at rest that was subtracted, " + _ORIGINS),
    Field("codes", "names", "FACS codes of where head and eyes are turned", names=tuple(CODES)),
    Field("eyes.open", "number", "opening of the eyes, share of the person's usual opening", 0, 2),
    Field("eyes.blink", "number", "duration of the blink that ended with this frame, seconds", 0),
    Field("eyes.blinks", "number", "blinks a minute, over the last minute", 0),
    Field("eyes.perclos", "number", "share of the last minute with eyes at least 80 % closed", 0, 1),
    *(Field(f"expressions.{name}", "number", f"membership of '{name}', from the AUs", 0, 1) for name in EXPRESSIONS),
    Field("pain", "number", "PSPI: AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43 as 0 or 1", 0, 16),
    Field("models.emotions", "string", "bundle that gave the emotions"),
    Field("models.aus", "string", "estimators that gave the action units"),
    Field("ms.detect", "number", "detector and landmark networks and tracking, milliseconds", 0),
    Field("ms.align", "number", "pose, aligned crop and quality gate, milliseconds", 0),
    Field("ms.emotions", "number", "expression network, milliseconds", 0),
    Field("ms.aus", "number", "blendshape network, action units and smoothing, milliseconds", 0),
    Field("ms.total", "number", "all stages, milliseconds", 0),
    Field("host.cpu", "number", "processor share of the daemon, per cent of one core", 0),
    Field("host.rss", "number", "resident memory of the daemon, MB (10^6 bytes)", 0),
    Field("host.memory", "number", "memory of the machine in use, per cent", 0, 100),
    Field("host.temperature", "number", "processor temperature, degrees Celsius", -50, 150),
    Field("host.throttled", "boolean", "whether the machine is throttled or under voltage now"),
)
_FIELDS = {field.path: field for field in FIELDS}
_REQUIRED = tuple(field.path for field in FIELDS if field.required)
_KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "names": (list,),
}


def encode(record: Json) -> bytes:
    """The record's canonical bytes (one line of JSON, no line break); validate first."""
    return json.dumps(_canonical(record), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def decode(line: bytes | str) -> Json:
    """Read and validate one record. Raises `DataError`."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DataError(f"Not a record: {error}.") from error
    validate(record)
    return dict(record)


def key(record: Json) -> str:
    """The record's place in the database: `records/DEVICE/BOOT/sNNNNNNNNN`.

    The letter keeps databases from taking the numbers for an array's indices; padding keeps the keys in order.
    """
    return f"{ROOT}/{record['device']}/{record['boot']}/s{record['seq']:09d}"


def validate(record: Any) -> None:
    """Check a record against `FIELDS`. Raises `DataError` naming the field."""
    if not isinstance(record, dict):
        raise DataError("A record is a JSON object.")
    flat = dict(_leaves(record))
    for path in _REQUIRED:
        if path not in flat:
            raise DataError(f"Field '{path}' of a record is missing.")
    for path, value in flat.items():
        if path not in _FIELDS:
            raise DataError(f"Field '{path}' is not known to records of version {VERSION}.")
        _check(_FIELDS[path], value)
    if not DEVICE_ID.fullmatch(record["device"]):
        raise DataError(f"Field 'device' is {record['device']!r}: use lower-case letters, digits and hyphens.")
    gated = record["status"] == "gated"
    if record["status"] not in ("gated", "measured") or gated != ("reasons" in record):
        raise DataError("Field 'status' is 'gated' with reasons, or 'measured' without.")
    if gated and (guesses := [name for name in GUESSES if name in record]):
        raise DataError(f"A gated record carries no guess, and this one has {', '.join(guesses)}.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a record, generated from `FIELDS`."""
    schema: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Affectbox record, version {VERSION}",
        **_object(),
    }
    for field in FIELDS:
        *parents, name = field.path.split(".")
        node = schema
        for parent in parents:
            if field.required and parent not in node["required"]:
                node["required"].append(parent)
            node = node["properties"].setdefault(parent, _object())
        node["properties"][name] = _property(field)
        if field.required:
            node["required"].append(name)
    return schema


def _object() -> Json:
    return {"type": "object", "additionalProperties": False, "properties": {}, "required": []}


def _property(field: Field) -> Json:
    if field.kind == "names":
        return {"type": "array", "minItems": 1, "items": {"enum": list(field.names)}, "description": field.meaning}
    limits = {"minimum": field.low, "maximum": field.high}
    bounds = {name: value for name, value in limits.items() if value is not None}
    return {"type": field.kind, "description": field.meaning, **bounds}


def _check(field: Field, value: Any) -> None:
    if not isinstance(value, _KINDS[field.kind]) or (isinstance(value, bool) and field.kind != "boolean"):
        raise DataError(f"Field '{field.path}' of a record is {value!r}, not a {field.kind}.")
    if isinstance(value, (int, float)) and not _within(value, field.low, field.high):
        raise DataError(f"Field '{field.path}' of a record is {value}, outside {field.low} to {field.high}.")
    if isinstance(value, list) and (not value or any(name not in field.names for name in value)):
        raise DataError(f"Field '{field.path}' of a record is {value!r}: it lists known names, at least one.")


def _within(value: float, low: float | None, high: float | None) -> bool:
    return math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)


def _leaves(node: Json, prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in node.items():
        if isinstance(value, dict):
            found += _leaves(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(child) for name, child in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
