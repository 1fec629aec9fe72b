"""What is said to a box from afar, below `control/DEVICE`.

    command    what it is to do. One at a time; the next one takes its place.
    watch      until when somebody watches: so long the box sends what it sees each second, see `live/DEVICE`

A clinician commands the sessions of a box of theirs; an engineer or admin that a box fetches the newest release, or
that it examines itself. The box hears it where it delivers, and does what its button and its page do: the same
interlock decides. A session begins only with a consent that is recorded on the box (`consent` records one, as the page
does), and no release is tried in one. `until`, by the database's clock, ends it: what arrives later is not done. What
became of it stands in the box's telemetry, at `control.id`, `control.done` and `control.answer`, in a sentence.
"""

from typing import Any

from device.contract import patient
from device.contract.choices import AGES, COVERS, GIVERS
from device.contract.errors import DataError
from device.contract.fields import LATEST_S, Field, Json, check, schema
from device.contract.keys import UID

VERSION = 1
ROOT = "control"
COMMAND, WATCH = "command", "watch"
#: How far ahead `until` of a command may lie, milliseconds.
LONGEST_MS = 600_000
#: And that of a watch, which who watches renews.
WATCH_MS = 90_000
#: How often they do, milliseconds.
RENEW_MS = 20_000
DO = (
    "begin",
    "pause",
    "resume",
    "end",
    "revoke",
    "consent",
    "mark",
    "phase",
    "stimulus",
    "update",
    "doctor",
)
#: Those of engineers and admins; the others are clinicians'.
OF_ENGINEERS = ("update", "doctor")
#: Those that say of whom.
OF_PATIENT = ("begin", "revoke", "consent")
#: Those that may say a name, and those that must.
NAMED = ("mark", "phase", "stimulus")
MUST_NAME = ("stimulus",)

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("id", "string", "name of the command, new for each", required=True, key=True, longest=40),
    Field("do", "string", f"what is to be done: {', '.join(DO)}", required=True),
    Field("patient", "string", f"pseudonym of whom it is about, for {', '.join(OF_PATIENT)}"),
    Field(
        "name",
        "string",
        f"name of what is noted, for {', '.join(NAMED)}, of 1 to 40 lower-case letters, digits and hyphens; a phase "
        "without one ends the one before",
        pattern=patient.PSEUDONYM.pattern,
    ),
    Field("consent.covers", "names", "what the consent that is to be recorded covers", names=COVERS),
    Field("consent.by", "string", f"who gave it: {', '.join(GIVERS)}", names=GIVERS),
    Field("consent.until", "number", "when it ends, seconds since 1970; absent: not by itself", 0, LATEST_S),
    Field("consent.age", "string", "how old the person is, years; absent: not told", names=AGES),
    Field("until", "integer", "when it is over, milliseconds since 1970 by the database's clock", 0, required=True),
    Field("by", "string", "who commands: the id of their account", required=True),
)
WATCH_FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("until", "integer", "when it is over, milliseconds since 1970 by the database's clock", 0, required=True),
    Field("by", "string", "who watches: the id of their account", required=True, pattern=UID),
)


def key(device: str) -> str:
    """The place of a box's command in the database."""
    return f"{ROOT}/{device}/{COMMAND}"


def watch_key(device: str) -> str:
    """The place of a box's watch in the database."""
    return f"{ROOT}/{device}/{WATCH}"


def validate(command: Any) -> None:
    """Check a command. Raises `DataError`."""
    check(command, FIELDS, "command")
    do = command["do"]
    if do not in DO:
        raise DataError(f"Field 'do' of a command is one of {', '.join(DO)}.")
    if ("patient" in command) != (do in OF_PATIENT):
        raise DataError(f"A command names a patient for {', '.join(OF_PATIENT)}, and else none.")
    if not patient.PSEUDONYM.fullmatch(command.get("patient", "a")):
        raise DataError("Field 'patient' of a command is no pseudonym.")
    if ("name" in command and do not in NAMED) or ("name" not in command and do in MUST_NAME):
        raise DataError(f"A command has a name for {', '.join(NAMED)}, and else none; a stimulus always has one.")
    _check_consent(do, command.get("consent"))


def validate_watch(watch: Any) -> None:
    """Check a watch. Raises `DataError`."""
    check(watch, WATCH_FIELDS, "watch")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a command."""
    return schema(FIELDS, f"Affectbox command from afar, version {VERSION}")


def _check_consent(do: str, consent: Any) -> None:
    if (consent is not None) != (do == "consent"):
        raise DataError("A command holds a consent where one is to be recorded, and else none.")
    if consent is not None and not {"covers", "by"} <= set(consent):
        raise DataError("A consent says what it covers and who gave it.")
