"""What clinicians write of a person, each with its entry of the audit in the same request: both stand, or neither."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from cloud.dashboard.base import Base
from cloud.dashboard.person import Visit
from device.contract import audit
from device.contract.fields import Json
from device.contract.keys import new_key
from device.contract.telemetry import SERVER_TIME

#: What it was noted of, for each visit, that its owner looked: (patient, session).
_noted: WeakKeyDictionary[Visit, set[tuple[str, str]]] = WeakKeyDictionary()


def signed(visit: Visit) -> Json:
    """What every document says of who wrote it, and when; the database fills in the time."""
    return {"v": 1, "at": SERVER_TIME, "by": visit.person.uid}


async def write(base: Base, visit: Visit, did: str, patient: str, changes: Mapping[str, Any], of: str = "") -> None:
    """Write changes, by paths from the root, and that somebody `did` this; with no change the entry alone.

    Args:
        did: of `device.contract.audit.DID`.
        patient: whom it concerns, '' for nobody who is named.
        of: the session that it concerns, DEVICE~SESSION.

    Raises:
        DataError: the database is away.
        IdentityError: they may not, or somebody else was first.
    """
    now_ms = base.now_ms()
    place = audit.key(now_ms, new_key(now_ms))
    named = {"patient": patient, "visit": of}
    entry = signed(visit) | {"did": did} | {name: value for name, value in named.items() if value}
    also = {f"{audit.ERASED_ROOT}/{patient}": place.removeprefix(f"{audit.ROOT}/")} if did == audit.ERASED else {}
    await base.patch(visit, {**changes, **also, place: entry})
    noted(visit, patient, of)


async def look(base: Base, visit: Visit, did: str, patient: str, of: str = "") -> None:
    """Note that somebody looks, unless that was noted in this visit. What reads for a page that is open asks for it,
    so that who calls its callbacks by hand, without opening the page, is noted too. Raises as `write`."""
    if (patient, of) not in _noted.get(visit, ()):
        await write(base, visit, did, patient, {}, of)


def noted(visit: Visit, patient: str, of: str = "") -> None:
    """An entry of the audit says that the visit looked at a patient, or at a session of theirs."""
    _noted.setdefault(visit, set()).add((patient, of))
