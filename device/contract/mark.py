"""A phase or stimulus marked afterwards: `people/PATIENT/marks/DEVICE~SESSION/KEY`. Written once.

What the box itself noted during the session stands in its events (`device/contract/session.py`) and is never changed;
these stand beside it. A mark that was a mistake is removed by another of kind `removed`, and both stay.

    of          fields                     meaning
    phase       name, from_s, to_s         a part of the session
    stimulus    name, from_s, to_s or not  something was shown or asked
    removed     removes                    the mark of that name no longer holds
"""

from device.contract import patient as pseudonyms
from device.contract.errors import DataError
from device.contract.fields import Field, Json, check, schema
from device.contract.keys import PATTERN, UID
from device.contract.note import LONGEST_S
from device.contract.person import ROOT

VERSION = 1
PHASE, STIMULUS, REMOVED = KINDS = ("phase", "stimulus", "removed")

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("at", "integer", "when the database took it, milliseconds since 1970", 0, required=True),
    Field("by", "string", "who wrote it: the id of their account", required=True, pattern=UID),
    Field("of", "string", f"what it is: {', '.join(KINDS)}", required=True, names=KINDS),
    Field(
        "name",
        "string",
        "name of the phase or stimulus, of 1 to 40 lower-case letters, digits and hyphens",
        pattern=pseudonyms.PSEUDONYM.pattern,
    ),
    Field("from_s", "number", "its beginning, seconds since the session's first row", 0, LONGEST_S),
    Field("to_s", "number", "its end, seconds since the session's first row", 0, LONGEST_S),
    Field("removes", "string", "name of the mark of the same session that no longer holds", pattern=PATTERN),
)
#: Kind → what it must have, and what it may have beside that.
HOLDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    PHASE: (("name", "from_s", "to_s"), ()),
    STIMULUS: (("name", "from_s"), ("to_s",)),
    REMOVED: (("removes",), ()),
}
_GROUPS = ("name", "from_s", "to_s", "removes")


def key(patient: str, visit: str, name: str) -> str:
    """The place of a mark in the database; `visit` is DEVICE~SESSION, `name` by `keys.new_key`."""
    return f"{ROOT}/{patient}/marks/{visit}/{name}"


def validate(mark: Json) -> None:
    """Check a mark. Raises `DataError`."""
    check(mark, FIELDS, "mark")
    must, may = HOLDS[mark["of"]]
    for group in _GROUPS:
        if group in must and group not in mark:
            raise DataError(f"A mark '{mark['of']}' has '{group}', and this one has not.")
        if group in mark and group not in (*must, *may):
            raise DataError(f"A mark '{mark['of']}' has no '{group}', and this one has.")
    if "to_s" in mark and mark["to_s"] <= mark["from_s"]:
        raise DataError("A mark ends after it begins.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a mark."""
    return schema(FIELDS, f"Affectbox mark, version {VERSION}")
