"""A note of a clinician on a person: `people/PATIENT/notes/KEY`. Written once; a later one may correct it,
and both stay.

`visit` and `moment` tell to which session and second it belongs. `moment` counts as the charts of a session do, from
its first row; where that is not known yet, as while the session goes, `wall` alone tells the time.
"""

from device.contract.errors import DataError
from device.contract.fields import LATEST_S, Field, Json, check, schema
from device.contract.keys import PATTERN, UID, VISIT
from device.contract.person import LONGEST, ROOT

VERSION = 1
#: A session is no longer than this many seconds, for a moment in it: four weeks.
LONGEST_S = 2_419_200

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("at", "integer", "when the database took it, milliseconds since 1970", 0, required=True),
    Field("by", "string", "who wrote it: the id of their account", required=True, pattern=UID),
    Field("text", "string", "the note", required=True, longest=LONGEST),
    Field("visit", "string", "the session that it belongs to, DEVICE~SESSION", pattern=VISIT),
    Field("moment", "number", "the moment in that session, seconds since its first row", 0, LONGEST_S),
    Field("wall", "number", "the moment that it is about, seconds since 1970", 0, LATEST_S),
    Field("corrects", "string", "name of the note of the same person that it corrects", pattern=PATTERN),
)


def key(patient: str, name: str) -> str:
    """The place of a note in the database; `name` by `keys.new_key`."""
    return f"{ROOT}/{patient}/notes/{name}"


def validate(note: Json) -> None:
    """Check a note. Raises `DataError`."""
    check(note, FIELDS, "note")
    if not note["text"]:
        raise DataError("A note says something.")
    if "moment" in note and "visit" not in note:
        raise DataError("A note that names a moment names the session, too.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a note."""
    return schema(FIELDS, f"Affectbox note, version {VERSION}")
