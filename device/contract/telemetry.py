"""Telemetry: the latest state of a box, at `telemetry/DEVICE`, overwritten; no clinical data.

`seen` is the server's own time when it took the document: it tells whether a box is there even where the box's clock
is wrong. The last document of a run has the state `ended`, and is sent after everything else.

Dropped, unkept and damaged are counts of what was lost, ever or in this run, so that nothing is lost in silence.
"""

from enum import Enum

from device.contract.choices import MODES
from device.contract.fields import LATEST_S, Field, Json, schema
from device.contract.labels import Slower
from device.contract.status import STATES

VERSION = 2
ROOT = "telemetry"
#: Written in the place of `seen`, for the database to fill in. Source: Firebase documentation, "Server values".
SERVER_TIME = {".sv": "timestamp"}
#: How far an update is; the last three are its ends: it runs, the release before runs again, it was not tried.
UPDATE_STATES = ("asked", "fetching", "checking", "unpacking", "trying", "done", "back", "refused")
_COUNTED = ("minute", "second", "record")


class State(str, Enum):
    """What the daemon is doing."""

    IDLE = "idle"  # no session; delivering
    SESSION = "session"
    ENDED = "ended"  # the daemon was stopped, or failed


FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("boot", "string", "one start of the daemon", required=True, key=True),
    Field("seen", "integer", "when the database took this, milliseconds since 1970", 0, required=True),
    Field("time.mono", "number", "monotonic time, seconds", 0, LATEST_S, required=True),
    Field("time.wall", "number", "wall time, seconds since 1970", 0, LATEST_S, required=True),
    Field("time.trusted", "boolean", "whether the wall clock is synchronized", required=True),
    Field("version", "string", "version of the software", required=True),
    Field("state", "string", f"what the daemon is doing: {', '.join(State)}", required=True),
    Field("session", "string", "the session that is open", key=True),
    Field("models.emotions", "string", "bundle that gives the emotions"),
    Field("models.aus", "string", "estimators that give the action units"),
    Field("frames.recorded", "integer", "frames recorded in this run", 0, required=True),
    Field("frames.measured", "integer", "frames measured in this run", 0, required=True),
    Field("frames.skipped", "integer", "frames skipped in this run, because newer ones came first", 0, required=True),
    Field("frames.spared", "integer", "frames left out in this run to keep the pace", 0),
    Field("frames.rate", "number", "frames recorded a second, over the last two seconds of the session", 0),
    Field("ms.detect", "number", "newest cost of a frame, milliseconds: detector, landmarks, tracking", 0),
    Field("ms.align", "number", "the same: pose, aligned crop and quality gate", 0),
    Field("ms.read", "number", "the same: the networks that read the face", 0),
    Field("ms.interpret", "number", "the same: smoothing, eyes, codes and expressions", 0),
    Field("ms.total", "number", "the same: all stages", 0),
    Field("pace.rate", "number", "frames a second that are processed at most; absent: every frame is", 0, 240),
    Field(
        "pace.why", "names", "why that is less than the box aims at", names=tuple(reason.value for reason in Slower)
    ),
    Field("pace.sparing", "boolean", "in an empty room far faces are looked for less often"),
    Field("host.cpu", "number", "processor share of the daemon, per cent of one core", 0),
    Field("host.rss", "number", "resident memory of the daemon, MB (10^6 bytes)", 0, required=True),
    Field("host.memory", "number", "memory of the machine in use, per cent", 0, 100, required=True),
    Field("host.temperature", "number", "processor temperature, degrees Celsius", -50, 150),
    Field("host.throttled", "boolean", "whether the machine is throttled or under voltage now"),
    Field("host.under_voltage", "boolean", "whether the machine is under voltage now"),
    Field("machine.model", "string", "the board, as the system names it"),
    Field("desk.state", "string", f"what the host process is doing: {', '.join(STATES)}", names=STATES),
    Field("desk.trouble", "string", "what keeps it from what was asked for, in words, without a pseudonym"),
    Field("desk.notice", "string", "the last thing that a person should know of, in words, without a pseudonym"),
    Field("update.version", "string", "the release that an update is to bring"),
    Field("update.state", "string", f"how far it is: {', '.join(UPDATE_STATES)}", names=UPDATE_STATES),
    Field("update.text", "string", "the same in a sentence"),
    Field("control.id", "string", "the last command from afar that was heard; see `control/DEVICE/command`", key=True),
    Field("control.done", "boolean", "whether it was done; else it was refused"),
    Field("control.answer", "string", "what became of it, in a sentence"),
    Field("live.refused", "string", "why who watches is sent nothing live, in words; absent: nothing is refused"),
    Field("disk.free", "integer", "free room on the outbox's disk, MB (10^6 bytes)", 0),
    Field("disk.size", "integer", "size of the outbox's disk, MB (10^6 bytes)", 0),
    Field("budget.mb", "number", "bytes on the wire that a month may have, MB (10^6 bytes); 0: no end", 0),
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
    Field("lag", "number", "for how long nothing has gone out, though it was due, seconds", 0, required=True),
    Field("trouble", "string", "why nothing went out, or what stopped the daemon, in words; absent: nothing did"),
    *(
        Field(
            f"dropped.{name}",
            "integer",
            f"documents ever dropped for want of room, or because they waited too long, of kind {name}",
            0,
            required=True,
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
