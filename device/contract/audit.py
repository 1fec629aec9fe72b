"""What a person of the staff did: `audit/YYYY-MM/KEY`. Written once, by whoever did it; only admins read it. What is
changed and its entry are written in the same request.

That a person was erased is also told at `erased/PATIENT`, by the place of the entry (`YYYY-MM/KEY`): the database's
rules let nobody erase a person without both, written in the same request. What boxes recorded of that person is not
erased with it; these are the pseudonyms for which `affectbox-cloud erase` still has to. When nothing is left of them,
that command takes this away, too, and pseudonym and session out of every entry that names them. What it writes itself,
and `retention`, is `by` `affectbox-cloud`.
"""

from device.contract import patient as pseudonyms
from device.contract.choices import DEVICE_ID
from device.contract.fields import Field, Json, check, schema
from device.contract.keys import UID, VISIT, month

VERSION = 1
ROOT = "audit"
ERASED_ROOT = "erased"
#: What was done.
DID = (
    "signed_in",  # to the dashboard
    "opened",  # the record of a person
    "listed",  # their patients
    "session",  # looked at a session of a person
    "watched",  # a session while it went
    "compared",  # sessions of a person
    "exported",  # what stands of a person, to a file
    "edited",  # the record of a person
    "noted",
    "marked",
    "consented",  # noted a consent on paper, or its withdrawal
    "erased",  # a person
    "commanded",  # a box, for a session
    "fleet_commanded",  # boxes, to be updated or examined
    "staff",  # changed who may do what
    "expired",  # what was older than it is kept, of everybody: by the command `retention`
)
ERASED, EXPIRED = "erased", "expired"

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("at", "integer", "when the database took it, milliseconds since 1970", 0, required=True),
    Field("by", "string", "who did it: the id of their account", required=True, pattern=UID),
    Field("did", "string", f"what was done: {', '.join(DID)}", required=True, names=DID),
    Field("patient", "string", "pseudonym of whom it concerns", pattern=pseudonyms.PSEUDONYM.pattern),
    Field("visit", "string", "the session that it concerns, DEVICE~SESSION", pattern=VISIT),
    Field("device", "string", "the box that it concerns", pattern=DEVICE_ID.pattern),
)


def key(now_ms: int, name: str) -> str:
    """The place of an entry in the database; `name` by `keys.new_key` of the same time."""
    return f"{ROOT}/{month(now_ms)}/{name}"


def validate(entry: Json) -> None:
    """Check an entry. Raises `DataError` naming the field."""
    check(entry, FIELDS, "entry of the audit")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of an entry of the audit."""
    return schema(FIELDS, f"Affectbox audit entry, version {VERSION}")
