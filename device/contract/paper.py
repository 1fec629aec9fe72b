"""A consent on paper, noted by a clinician: `people/PATIENT/consents/KEY`. Written once.

It either covers something, or withdraws an earlier entry, which stays. It lets no session begin: for that the box has
its own (`device/contract/session.py`), which a person records at its page or a clinician from afar.
"""

from device.contract.choices import AGES, COVERS, GIVERS
from device.contract.errors import DataError
from device.contract.fields import Field, Json, check, schema
from device.contract.keys import DAY, PATTERN, UID
from device.contract.person import ROOT

VERSION = 1

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("at", "integer", "when the database took it, milliseconds since 1970", 0, required=True),
    Field("by", "string", "who noted it: the id of their account", required=True, pattern=UID),
    Field("covers", "names", "what it covers; absent where it withdraws an earlier one", names=COVERS),
    Field("giver", "string", f"who gave or withdrew it: {', '.join(GIVERS)}", required=True, names=GIVERS),
    Field("given", "string", "the day on which that was, YYYY-MM-DD", required=True, pattern=DAY),
    Field("until", "string", "the last day on which it holds, YYYY-MM-DD; absent: not ended by itself", pattern=DAY),
    Field("age", "string", "how old the person is, years; absent: not told", names=AGES),
    Field("withdrawn", "string", "name of the consent of the same person that is withdrawn", pattern=PATTERN),
)


def key(patient: str, name: str) -> str:
    """The place of a consent on paper in the database; `name` by `keys.new_key`."""
    return f"{ROOT}/{patient}/consents/{name}"


def validate(consent: Json) -> None:
    """Check a consent. Raises `DataError`."""
    check(consent, FIELDS, "consent on paper")
    if ("covers" in consent) == ("withdrawn" in consent):
        raise DataError("A consent on paper either covers something or withdraws another.")
    if "until" in consent and ("withdrawn" in consent or consent["until"] < consent["given"]):
        raise DataError("A consent on paper ends on no day before it was given, and what withdraws one does not end.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a consent on paper."""
    return schema(FIELDS, f"Affectbox consent on paper, version {VERSION}")
