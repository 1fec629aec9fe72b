"""A command from afar: what is written at `control/DEVICE`. One at a time; the next one takes its place.

A clinician commands the sessions of a box of theirs, an engineer or admin that a box fetches the newest release. The
box hears it where it delivers, and does what its button and its page do: the same interlock decides. A session begins
only with a consent that is recorded on the box, and no release is tried in one. `until`, by the database's clock, ends
it: what arrives later is not done. What became of it stands in the box's telemetry, at `control.id` and
`control.answer`, in a sentence.
"""

from typing import Any

from device.contract import patient
from device.contract.errors import DataError
from device.contract.fields import Field, Json, check, schema

VERSION = 1
ROOT = "control"
#: How far ahead `until` may lie, milliseconds.
LONGEST_MS = 600_000
DO = ("begin", "pause", "resume", "end", "revoke", "update")
#: Those of engineers and admins; the others are clinicians'.
OF_ENGINEERS = ("update",)
#: Those that say of whom.
OF_PATIENT = ("begin", "revoke")

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("id", "string", "name of the command, new for each", required=True, key=True, longest=40),
    Field("do", "string", f"what is to be done: {', '.join(DO)}", required=True),
    Field("patient", "string", f"pseudonym of whom it is about, for {' and '.join(OF_PATIENT)}"),
    Field("until", "integer", "when it is over, milliseconds since 1970 by the database's clock", 0, required=True),
    Field("by", "string", "who commands: the id of their account", required=True),
)


def key(device: str) -> str:
    """The place of a box's command in the database."""
    return f"{ROOT}/{device}"


def validate(command: Any) -> None:
    """Check a command. Raises `DataError`."""
    check(command, FIELDS, "command")
    if command["do"] not in DO:
        raise DataError(f"Field 'do' of a command is one of {', '.join(DO)}.")
    if ("patient" in command) != (command["do"] in OF_PATIENT):
        raise DataError(f"A command names a patient for {' and '.join(OF_PATIENT)}, and else none.")
    if not patient.PSEUDONYM.fullmatch(command.get("patient", "a")):
        raise DataError("Field 'patient' of a command is no pseudonym.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a command."""
    return schema(FIELDS, f"Affectbox command from afar, version {VERSION}")
