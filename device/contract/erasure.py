"""A person is erased from a box: the request below `control/DEVICE`, and the proof that stays.

    control/DEVICE/erase/PATIENT    erase this person, any number at a time; by an admin, or with the service account
    erased_on/DEVICE/ID             what became of the request ID, without the pseudonym; written by the box
    erasing/DEVICE/ID               that the request ID was made, without the pseudonym, milliseconds since 1970: so
                                    that engineers, who read no pseudonyms, see that something waits for a box

A box that is away hears it when it returns. What it could not erase it tells in `left`; the request then stands, and
is tried again. When nothing is left, the proof is written and the request taken away in one step.
"""

from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Field, Json, check, schema
from device.contract.keys import PATTERN
from device.contract.patient import PSEUDONYM
from device.contract.remote import ROOT as CONTROL

VERSION = 1
#: Below `control/DEVICE`.
ERASE = "erase"
ROOT = "erased_on"
ASKED_ROOT = "erasing"
LONGEST_LEFT = 500

REQUEST_FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("id", "string", "name of the request, new for each", required=True, pattern=PATTERN),
    Field("at", "integer", "when the database took this, milliseconds since 1970", 0, required=True),
)
FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("id", "string", "name of the request", required=True, pattern=PATTERN),
    Field("done", "integer", "when the database took this, milliseconds since 1970", 0, required=True),
    Field("face", "boolean", "whether a face at rest was erased", required=True),
    Field("personal", "boolean", "whether bundles of their own movement were erased; absent: no"),
    Field("consent", "boolean", "whether a consent, or the memory of sessions, was erased", required=True),
    Field("outbox", "integer", "documents that were erased from the outbox", 0, required=True),
    Field("lines", "integer", "lines that were erased from the box's own files of records", 0, required=True),
    Field(
        "left",
        "string",
        "what could not be erased, in words, without a pseudonym; absent: nothing is left",
        longest=LONGEST_LEFT,
    ),
)


def request_key(device: str, patient: str) -> str:
    """The place of a request in the database."""
    return f"{CONTROL}/{device}/{ERASE}/{patient}"


def key(device: str, request: str) -> str:
    """The place of the proof in the database."""
    return f"{ROOT}/{device}/{request}"


def asked_key(device: str, request: str) -> str:
    """The place at which it stands that the request was made."""
    return f"{ASKED_ROOT}/{device}/{request}"


def validate_request(request: Any) -> None:
    """Check a request. Raises `DataError`."""
    check(request, REQUEST_FIELDS, "request to erase")


def requests(standing: Any) -> dict[str, str]:
    """Pseudonym → name of the request, of all that stand at `control/DEVICE/erase` and can be requests."""
    found = {}
    if isinstance(standing, list):  # as the database makes of a node whose keys are numbers
        standing = {str(number): request for number, request in enumerate(standing)}
    for patient, request in standing.items() if isinstance(standing, dict) else ():
        try:
            validate_request(request)
        except DataError:
            continue  # the rules would not have let it in
        if PSEUDONYM.fullmatch(patient):
            found[patient] = str(request["id"])
    return found


def validate(proof: Any) -> None:
    """Check a proof. Raises `DataError`."""
    check(proof, FIELDS, "proof of an erasure")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a proof."""
    return schema(FIELDS, f"Affectbox proof of an erasure, version {VERSION}")
