"""What the staff call a box: `boxes/DEVICE`, written by engineers and admins, read by all of the staff."""

from device.contract.fields import Field, Json, check, schema
from device.contract.keys import UID

VERSION = 1
ROOT = "boxes"

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("name", "string", "what people call it, such as `Room 2`", required=True, longest=60),
    Field("group", "string", "the group that it is commanded with, such as `site-a`", key=True, longest=40),
    Field("at", "integer", "when the database took this, milliseconds since 1970", 0, required=True),
    Field("by", "string", "who wrote it: the id of their account", required=True, pattern=UID),
)


def key(device: str) -> str:
    """The place of a box's name in the database."""
    return f"{ROOT}/{device}"


def validate(box: Json) -> None:
    """Check a document. Raises `DataError` naming the field."""
    check(box, FIELDS, "box")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a box's name."""
    return schema(FIELDS, f"Affectbox name of a box, version {VERSION}")
