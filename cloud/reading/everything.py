"""All sessions that whoever asks may read: of every box, or of a clinician's own patients and boxes."""

import base64
import binascii
import json

from cloud.reading.databases import Databases, Listed
from cloud.reading.signin import Credential
from device.contract.errors import IdentityError


def everything(databases: Databases, credential: Credential | None) -> list[Listed]:
    """The sessions, by when they began.

    Raises:
        DataError: as `Database.get`.
        IdentityError: they may read no session.
    """
    try:
        found = [one for device in databases.devices() for one in databases.of_device(device)]
    except IdentityError as refusal:
        uid = _uid(credential)
        if not uid:
            raise
        found = _of_clinician(databases, uid, refusal)
    return sorted(found, key=lambda one: (one.began or 0.0, one.device, one.session))


def _of_clinician(databases: Databases, uid: str, refusal: IdentityError) -> list[Listed]:
    role, patients, devices = databases.staff(uid)
    if role != "clinician":
        whose = f"You are {role!r} there, who reads nothing of sessions" if role else "You have no role there"
        raise IdentityError(f"{whose}: ask who administers the database.") from refusal
    listed = [one for patient in patients for one in databases.of_patient(patient)]
    listed += [one for device in devices for one in databases.of_device(device)]
    return list({(one.device, one.session): one for one in reversed(listed)}.values())


def _uid(credential: Credential | None) -> str:
    """Whose an ID token is, as it says itself; '' for none. Nothing is allowed by it: the database decides."""
    if credential is None or credential.above_rules:
        return ""
    try:
        claims = credential.token.split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        uid = told.get("user_id", told.get("sub", ""))
    except (IndexError, ValueError, binascii.Error, AttributeError):
        return ""
    return uid if isinstance(uid, str) else ""
