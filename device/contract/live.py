"""The newest second of a session, while somebody watches: `live/DEVICE`, overwritten each second.

A box writes it only while `control/DEVICE/watch` says so and a session runs, and takes it away when one of both ends.
It is a pack of the records of that second (`device/contract/pack.py`), without those that travel to `packs/` being any
fewer; and what would help the measuring, as the page for setting up says it. Its `session` tells whose it is.
"""

from typing import Any

from device.contract import pack
from device.contract.choices import HINTS
from device.contract.errors import DataError
from device.contract.fields import Field, Json, check, schema

VERSION = pack.VERSION
ROOT = "live"
_OWN = (
    Field("seen", "integer", "when the database took this, milliseconds since 1970", 0, required=True),
    Field("hints", "names", "what would help, most urgent first; absent: nothing", names=HINTS),
)
FIELDS = (*pack.FIELDS, *_OWN)
#: Records at most: a second of the fastest camera.
MOST = 240


def key(device: str) -> str:
    """The place of a box's newest second in the database."""
    return f"{ROOT}/{device}"


def live(records: list[Json], seen: Any, hints: list[str]) -> Json:
    """The document of a second's records, in their order, at least one; `seen` as `telemetry.SERVER_TIME`."""
    document = pack.pack(records) | {"seen": seen}
    return document | ({"hints": hints} if hints else {})


def records(document: Json) -> list[Json]:
    """The very records, in order, each of them valid. Raises `DataError`: not of ours."""
    validate(document)
    return pack.unpack({name: value for name, value in document.items() if name not in ("seen", "hints")})


def validate(document: Any) -> None:
    """Check a document, but not what is in its columns. Raises `DataError`."""
    check(document, FIELDS, "live view")
    if document["of"] != "records" or document["count"] > MOST:
        raise DataError("A live view is of the records of a second.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a live view."""
    return schema(FIELDS, f"Affectbox live view, version {VERSION}")
