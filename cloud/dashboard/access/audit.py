"""An entry for every look at a patient, written with the token of who looks, before anything is shown."""

import contextlib

from cloud.dashboard.access.visit import OpenVisit
from cloud.dashboard.base import Base
from cloud.dashboard.person import Visit
from device.contract import audit as contract
from device.contract.errors import AffectboxError, DataError, IdentityError
from device.contract.fields import Json
from device.contract.keys import new_key


async def audit(
    base: Base, visit: Visit, did: str, *, patient: str = "", visit_id: str = "", device: str = ""
) -> None:
    """Write that a person did something. Show no data of a patient when this raises; its sentence says so.

    Args:
        did: of the contract's list.
        patient: pseudonym.
        visit_id: `DEVICE~SESSION`.

    Raises:
        DataError: the database is away.
        IdentityError: it refuses the entry.
    """
    try:
        await base.patch(visit, entry(base, visit, did, patient=patient, visit_id=visit_id, device=device))
    except (DataError, IdentityError) as error:
        raise type(error)(f"Nothing is shown, as it could not be noted who looks: {error}") from None


def entry(
    base: Base, visit: Visit, did: str, *, patient: str = "", visit_id: str = "", device: str = ""
) -> dict[str, Json]:
    """The same entry for a request that changes something, too: both are written, or none."""
    named = {"patient": patient, "visit": visit_id, "device": device}
    told: Json = {"v": contract.VERSION, "at": {".sv": "timestamp"}, "by": visit.person.uid, "did": did}
    told |= {name: value for name, value in named.items() if value}
    now_ms = base.now_ms()
    return {contract.key(now_ms, new_key(now_ms)): told}


async def told_signed_in(base: Base, visit: OpenVisit) -> None:
    """Note a sign-in, of whoever has a role; that it cannot be noted keeps nobody out, as nothing is shown by it."""
    if visit.person.role:
        with contextlib.suppress(AffectboxError):
            await audit(base, visit, "signed_in")
