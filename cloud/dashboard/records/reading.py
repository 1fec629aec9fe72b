"""Sessions and what they measured, read as the person who is signed in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cloud.dashboard.means import Means
from cloud.dashboard.person import CLINICIAN, Visit
from cloud.dashboard.records.keeping import Kept
from cloud.reading.belonging import is_session
from cloud.reading.belonging import visit as visit_of
from cloud.reading.databases import Databases, Listed
from cloud.reading.signin import Credential
from cloud.reading.table import Table
from device.contract import patient, session
from device.contract.choices import DEVICE_ID
from device.contract.errors import DataError, IdentityError
from device.contract.patient import PSEUDONYM

Found = TypeVar("Found")
NOT_YOURS = (
    "There is no such patient among yours. Pseudonyms of other people's patients are not shown: ask whoever "
    "administers the dashboard if this one should be yours."
)


@dataclass(frozen=True)
class Held:
    """One session with all that it measured.

    Attributes:
        listed: what the list of sessions says of it.
        table: records; where none were sent, seconds; where neither, minutes.
    """

    listed: Listed
    table: Table

    @property
    def visit(self) -> str:
        """DEVICE~SESSION."""
        return f"{self.listed.device}~{self.listed.session}"


class Reading:
    """Reads for pages; keeps what a visit has read."""

    def __init__(self, means: Means) -> None:
        self._base = means.base
        self._kept = Kept()

    async def check_patient(self, visit: Visit, pseudonym: str) -> None:
        """Raises `IdentityError`: not a patient of theirs."""
        if not PSEUDONYM.fullmatch(pseudonym):
            raise IdentityError(NOT_YOURS)
        if pseudonym not in visit.person.patients and pseudonym not in await self.patients(visit):
            raise IdentityError(NOT_YOURS)

    async def patients(self, visit: Visit) -> list[str]:
        """The pseudonyms of a clinician's patients, as the database has them now."""
        own = await self._base.object(visit, f"staff/{visit.person.uid}/patients")
        return sorted(name for name, is_theirs in own.items() if is_theirs is True)

    async def sessions(self, visit: Visit, pseudonym: str) -> list[Listed]:
        """The sessions of a patient, by when they began."""
        return await self._as(visit, lambda databases: databases.of_patient(pseudonym))

    async def of_device(self, visit: Visit, device: str) -> list[Listed]:
        """The sessions of a box, by when they began."""
        return await self._as(visit, lambda databases: databases.of_device(device))

    async def minutes(self, visit: Visit, sessions: list[Listed]) -> Table:
        """The minutes of sessions."""
        key = ("minutes", *((one.device, one.session) for one in sessions))
        make = self._maker(visit, lambda databases: databases.table(sessions, minutes=True))
        return await self._kept.get(visit, key, make)

    async def minutes_of(self, visit: Visit, one: Listed) -> Table:
        """The minutes of one session, not kept."""
        return await self._as(visit, lambda databases: databases.table([one], minutes=True))

    async def whom(self, visit: Visit, place: str) -> tuple[str, str, str]:
        """Box, session and patient ('' where nobody said, or nobody is named) of DEVICE~SESSION.

        Raises:
            DataError: it is no session's address.
            IdentityError: they may not see it.
        """
        found = visit_of(place)
        if found is None:
            raise DataError("That is no session's address: choose one of the list.")
        device, session_id = found
        try:
            noted = await self._base.get(visit, patient.key(device, session_id))
        except IdentityError:
            raise IdentityError(
                "There is no such session among those of your patients and boxes: choose one of the list."
            ) from None
        named = noted if isinstance(noted, str) and noted != session.UNNAMED and PSEUDONYM.fullmatch(noted) else ""
        return device, session_id, named

    async def session(self, visit: Visit, listed: Listed) -> Held:
        """One session with all that it measured, and what diagnosis support said of it."""

        def read(databases: Databases) -> Held:
            table = databases.table([listed], said=True)
            for kind in ({"seconds": True}, {"minutes": True}):
                if not len(table):
                    other = databases.table([listed], said=True, **kind)
                    table = other if len(other) or not table.sessions else table
            return Held(listed, table)

        return await self._kept.get(visit, ("held", listed.device, listed.session), self._maker(visit, read))

    async def listed(self, visit: Visit, device: str, session_id: str, pseudonym: str) -> Listed:
        """What the list of sessions says of one: of its patient, or of its box where nobody is named."""
        found = await (self.sessions(visit, pseudonym) if pseudonym else self.of_device(visit, device))
        for one in found:
            if (one.device, one.session) == (device, session_id):
                return one
        return Listed(None, device, session_id, pseudonym)

    async def person(self, visit: Visit, pseudonym: str, node: str, **query: str) -> dict[str, Any]:
        """What clinicians wrote of a person: `versions`, `notes`, `marks` or `consents`."""
        return await self._base.object(visit, f"people/{pseudonym}/{node}", **query)

    async def visits(self, visit: Visit, pseudonym: str) -> dict[str, Any]:
        """The events of all sessions of a person."""
        return await self._base.object(visit, f"{session.ROOT}/{pseudonym}")

    def _maker(self, visit: Visit, read: Callable[[Databases], Found]) -> Any:
        async def make() -> Found:
            return await self._as(visit, read)

        return make

    async def _as(self, visit: Visit, read: Callable[[Databases], Found]) -> Found:
        credential = Credential(await visit.token())

        def run() -> Found:
            with Databases([self._base.url], credential) as databases:
                return read(databases)

        return await asyncio.to_thread(run)


def is_place(device: str, session_id: str) -> bool:
    """Whether both can be parts of a session's address."""
    return bool(DEVICE_ID.fullmatch(device)) and is_session(session_id)


def may_have_patients(visit: Visit) -> bool:
    """Whether a role has patients at all."""
    return visit.person.role == CLINICIAN
