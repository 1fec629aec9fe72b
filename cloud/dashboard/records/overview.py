"""The list of a clinician's patients: how each stands, at a glance."""

import asyncio
from dataclasses import dataclass

from cloud.analysis.measures import seen_share
from cloud.dashboard.base import Base
from cloud.dashboard.person import Visit
from cloud.dashboard.records import papers, people
from cloud.dashboard.records.reading import Reading
from cloud.reading.databases import Listed, visits_of
from device.contract import audit
from device.contract.errors import IdentityError
from device.contract.session import Why

_AT_ONCE = 8  # requests


@dataclass(frozen=True)
class Row:
    """One patient.

    Attributes:
        status: as their record says; '' where there is none yet.
        last: their last session; None where there was none.
        sessions: how many.
        consent: the one that sessions rest on; None for none.
        seen: share of the last session in which the face was measured; None where nothing came, or nothing is used.
    """

    pseudonym: str
    status: str = ""
    last: Listed | None = None
    sessions: int = 0
    consent: papers.Consent | None = None
    seen: float | None = None


async def overview(base: Base, reading: Reading, visit: Visit) -> list[Row]:
    """Everybody, those with a session lately first. Raises `DataError`, `IdentityError`."""
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(pseudonym: str) -> Row | None:
        async with few:
            return await _row(base, reading, visit, pseudonym)

    rows = await asyncio.gather(*(one(pseudonym) for pseudonym in await reading.patients(visit)))
    there = [row for row in rows if row is not None]
    return sorted(there, key=lambda row: (-(row.last.began or 0.0) if row.last else 1.0, row.pseudonym))


async def _row(base: Base, reading: Reading, visit: Visit, pseudonym: str) -> Row | None:
    newest, visits, noted = await asyncio.gather(
        reading.person(visit, pseudonym, "versions", orderBy='"$key"', limitToLast="1"),
        reading.visits(visit, pseudonym),
        reading.person(visit, pseudonym, "consents"),
    )
    if not newest and await _is_erased(base, visit, pseudonym):
        return None
    versions, _ = people.versions(newest)
    status = versions[0].content.get("status", "") if versions else ""
    listed = visits_of(pseudonym, visits)
    if any(one.began is None for one in listed):  # clocks that were set only later
        listed = await reading.sessions(visit, pseudonym)
    consent = papers.newest(papers.of_boxes(visits, listed), papers.of_paper(noted)[0])
    last = listed[-1] if listed else None
    seen = await _seen(reading, visit, last) if last and last.why != Why.REVOKED else None
    return Row(pseudonym, status, last, len(listed), consent, seen)


async def _seen(reading: Reading, visit: Visit, last: Listed) -> float | None:
    try:
        return seen_share(await reading.minutes_of(visit, last))
    except IdentityError:
        return None


async def _is_erased(base: Base, visit: Visit, pseudonym: str) -> bool:
    try:
        return await base.get(visit, f"{audit.ERASED_ROOT}/{pseudonym}") is not None
    except IdentityError:
        return False
