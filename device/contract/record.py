"""A record: one processed frame of one face. Versioned JSON, one object; no pixels, no names.

Identity is `(device, session, seq)`; it is also the database key, so that sending a record twice changes nothing.
`boot` is one start of the daemon: the kernel's boot id and the monotonic milliseconds at start, so no two starts share
it. `session` is of the same form; records of before it was known are of one session a start (see
`device/contract/session.py`).

A frame that fails the quality gate has `status` "gated", its `reasons`, and none of `GUESSES`. Absent
knowledge is an absent field. Numbers are rounded; bytes are canonical (see `device/contract/fields.py`).

`FIELDS` below is the list of everything a record may hold, with unit and range; `cloud/record.schema.json` is
generated from it.
"""

import re
from typing import Any

from device.contract import atypicality, personal
from device.contract.choices import DEVICE_ID
from device.contract.errors import DataError
from device.contract.fields import LAST, LATEST_S, Field, Json, check, encode, parse, schema
from device.contract.labels import ACTION_UNITS, CODES, EMOTIONS, EXPRESSIONS, PARTS, Reason, Slower
from device.contract.session import session_of

__all__ = [
    "FIELDS",
    "GUESSES",
    "ROOT",
    "VERSION",
    "Json",
    "decode",
    "encode",
    "json_schema",
    "key",
    "seen_live",
    "started_s",
    "validate",
]

VERSION = 1
ROOT = "records"
#: What only a measured record may hold.
GUESSES = tuple("emotions aus left right hidden codes eyes expressions disagree pain atypicality personal".split())
#: What nobody is shown who watches while the session goes, and the lamp, and the box's page.
_NEVER_LIVE = ("atypicality", "personal")

_ORIGINS = "`calibrated:` and 8 hex digits, or `none`; by older boxes also `automatic:` or `refused`"
FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box: lower-case letters, digits, hyphens", required=True, key=True),
    Field("boot", "string", "one start of the daemon", required=True, key=True),
    Field("session", "string", "the session; in records of older boxes absent: then `boot`", key=True),
    Field("seq", "integer", "number of the record within the session, from 1", 1, LAST, required=True),
    Field("status", "string", "`measured` or `gated`", required=True),
    Field("time.mono", "number", "monotonic time of capture, seconds", 0, LATEST_S, required=True),
    Field("time.wall", "number", "wall time of capture, seconds since 1970", 0, LATEST_S, required=True),
    Field("time.trusted", "boolean", "whether the wall clock was synchronized", required=True),
    Field(
        "frame.index",
        "integer",
        "number of the frame in its source, from 0; those left out count",
        0,
        required=True,
    ),
    Field("frame.dropped", "integer", "frames skipped just before this one, because a newer one came first", 0),
    Field("frame.media", "number", "the video file's own timestamp, seconds", 0),
    Field("reasons", "names", "why the frame was gated", names=tuple(reason.value for reason in Reason)),
    Field(
        "hidden", "names", "parts of the face that something hides; their action units were not measured", names=PARTS
    ),
    Field("track.id", "integer", "number of the patient's track within the session, from 1", 1),
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
    Field("neutral", "string", "the person's face at rest that was in use, " + _ORIGINS),
    Field("codes", "names", "FACS codes of where head and eyes are turned", names=tuple(CODES)),
    Field("eyes.open", "number", "opening of the eyes, share of the person's usual opening", 0, 2),
    Field("eyes.blink", "number", "duration of the blink that ended with this frame, seconds", 0),
    Field("eyes.blinks", "number", "blinks a minute, over what of the last minute had frames enough to tell", 0),
    Field("eyes.perclos", "number", "share of the last minute with eyes at least 80 % closed", 0, 1),
    *(Field(f"expressions.{name}", "number", f"membership of '{name}', from the AUs", 0, 1) for name in EXPRESSIONS),
    Field("disagree", "boolean", "the strongest expression is not what the emotions say: neither is to be relied on"),
    Field("pain", "number", "PSPI: AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43 as 0 or 1", 0, 16),
    *atypicality.RECORD_FIELDS,
    *personal.RECORD_FIELDS,
    Field("models.emotions", "string", "bundle that gave the emotions"),
    Field("models.aus", "string", "estimators that gave the action units"),
    atypicality.MODELS_FIELD,
    personal.MODELS_FIELD,
    Field("ms.detect", "number", "detector and landmark networks and tracking, milliseconds", 0),
    Field("ms.align", "number", "pose, aligned crop and quality gate, milliseconds", 0),
    Field("ms.emotions", "number", "by boxes before the face network: expression network, milliseconds", 0),
    Field("ms.aus", "number", "by boxes before the face network: action units, milliseconds", 0),
    Field("ms.read", "number", "the networks that read the face, milliseconds", 0),
    Field("ms.personal", "number", "the network of the person's own movement, milliseconds", 0),
    Field("ms.interpret", "number", "smoothing, eyes, codes and expressions, milliseconds", 0),
    Field("ms.total", "number", "all stages, milliseconds", 0),
    Field("pace.rate", "number", "frames a second that were processed at most; absent: every frame was", 0, 240),
    Field(
        "pace.why", "names", "why that is less than the box aims at", names=tuple(reason.value for reason in Slower)
    ),
    Field("pace.sparing", "boolean", "in an empty room far faces were looked for less often"),
    Field("host.cpu", "number", "processor share of the daemon, per cent of one core", 0),
    Field("host.rss", "number", "resident memory of the daemon, MB (10^6 bytes)", 0),
    Field("host.memory", "number", "memory of the machine in use, per cent", 0, 100),
    Field("host.temperature", "number", "processor temperature, degrees Celsius", -50, 150),
    Field("host.throttled", "boolean", "whether the machine is throttled or under voltage now"),
)


def decode(line: bytes | str) -> Json:
    """Read and validate one record. Raises `DataError`."""
    record = parse(line, "record")
    validate(record)
    return dict(record)


def key(record: Json) -> str:
    """The record's place in the database: `records/DEVICE/SESSION/sNNNNNNNNN`.

    The letter keeps databases from taking the numbers for an array's indices; padding keeps the keys in order.
    """
    return f"{ROOT}/{record['device']}/{session_of(record)}/s{record['seq']:09d}"


def seen_live(record: Json) -> Json:
    """The record as everybody has it who watches while the session goes: without what compares the person with other
    people or with their own usual movement, and by which bundles. What that cost counts as reading, for stages that do
    not come to the whole would tell of it, too."""
    shown = _but_never_live(record)
    shown |= {name: _but_never_live(shown[name]) for name in ("models", "ms") if name in shown}
    if (cost := record.get("ms", {}).get("personal")) is not None:
        shown["ms"]["read"] = round(shown["ms"].get("read", 0.0) + cost, 2)
    return shown


def _but_never_live(told: Json) -> Json:
    return {name: value for name, value in told.items() if name not in _NEVER_LIVE}


def started_s(session: str) -> float:
    """Monotonic seconds at which a session, or a start of the daemon, began; 0 for an id of another form."""
    _, _, started_ms = session.rpartition("-")
    return int(started_ms, 16) / 1000 if re.fullmatch(r"[0-9a-f]{10}", started_ms) else 0.0


def validate(record: Any) -> None:
    """Check a record against `FIELDS`. Raises `DataError` naming the field."""
    check(record, FIELDS, "record")
    if not DEVICE_ID.fullmatch(record["device"]):
        raise DataError(f"Field 'device' is {record['device']!r}: use lower-case letters, digits and hyphens.")
    check_status(record)


def check_status(record: Json) -> None:
    """Whether a record whose fields are right is gated for reasons and carries no guess. Raises `DataError`."""
    gated = record["status"] == "gated"
    if record["status"] not in ("gated", "measured") or gated != ("reasons" in record):
        raise DataError("Field 'status' is 'gated' with reasons, or 'measured' without.")
    if gated and (guesses := [name for name in GUESSES if name in record]):
        raise DataError(f"A gated record carries no guess, and this one has {', '.join(guesses)}.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a record, generated from `FIELDS`."""
    return schema(FIELDS, f"Affectbox record, version {VERSION}")
