"""What `affectbox doctor` found when a box was examined from afar: `checkup/DEVICE`, overwritten; no clinical data.

Findings are numbered in the order in which they were made, `c01`, `c02`, …
"""

import re
from collections.abc import Sequence
from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Field, Json, check, schema
from device.contract.finding import Finding, Level

VERSION = 1
ROOT = "checkup"
#: Findings at most.
MOST = 99
#: Name of a finding.
FINDING = "c[0-9]{2}"
_LONGEST = 500
_LEVELS = tuple(level.value for level in Level)

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("seen", "integer", "when the database took this, milliseconds since 1970", 0, required=True),
    Field("id", "string", "the command that asked for it", key=True),
)
#: Of each finding, at `findings/cNN`.
FINDING_FIELDS = (
    Field("name", "string", "what was looked at, in a word", required=True, longest=40),
    Field("state", "string", f"how it is: {', '.join(_LEVELS)}", required=True, names=_LEVELS),
    Field("text", "string", "what was found, in a sentence", required=True, longest=_LONGEST),
    Field("remedy", "string", "what to do, where that is said apart", longest=_LONGEST),
)


def key(device: str) -> str:
    """The place of a box's last examination in the database."""
    return f"{ROOT}/{device}"


def findings(found: Sequence[Finding]) -> Json:
    """The `findings` of a document."""
    return {
        f"c{number:02d}": {"name": one.what[:40], "state": one.level.value, "text": one.text[:_LONGEST]}
        for number, one in enumerate(found[:MOST], 1)
    }


def validate(checkup: Any) -> None:
    """Check a document. Raises `DataError`."""
    if not isinstance(checkup, dict) or not isinstance(checkup.get("findings"), dict):
        raise DataError("A checkup is a JSON object with 'findings'.")
    check({name: value for name, value in checkup.items() if name != "findings"}, FIELDS, "checkup")
    for name, one in checkup["findings"].items():
        if not re.fullmatch(FINDING, name):
            raise DataError("Findings of a checkup are called c01, c02, …")
        check(one, FINDING_FIELDS, "finding")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of an examination."""
    one = {name: value for name, value in schema(FINDING_FIELDS, "").items() if name not in ("$schema", "title")}
    whole = schema(FIELDS, f"Affectbox examination of a box, version {VERSION}")
    held = {"type": "object", "additionalProperties": False, "patternProperties": {f"^{FINDING}$": one}}
    whole["properties"]["findings"] = held
    whole["required"].append("findings")
    return whole
