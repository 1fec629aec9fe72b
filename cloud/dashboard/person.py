"""Who is signed in, and where pages find them."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from device.contract.errors import IdentityError

CLINICIAN, ENGINEER, ADMIN = ROLES = ("clinician", "engineer", "admin")


class SignedOutError(IdentityError):
    """Nobody is signed in here any more."""


@dataclass(frozen=True)
class Person:
    """A member of staff, as `staff/UID` says.

    Attributes:
        role: of `ROLES`; "" for an account that nobody has given one.
        name: as colleagues see it; "" where nobody wrote one.
        patients, devices: of a clinician: pseudonyms and boxes that are theirs.
    """

    uid: str
    email: str
    role: str = ""
    name: str = ""
    patients: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()


class Visit(Protocol):
    """One sign-in, from the door to sign-out, expiry or lock; held on the server.

    Attributes:
        id: tells visits apart; not the cookie's secret.
        person: whose it is, as the database last said.
        closed: set when it is over; sockets end with it.
    """

    id: str
    person: Person
    closed: asyncio.Event

    async def token(self) -> str:
        """An ID token of the person that holds for some minutes at least. Raises `SignedOutError`."""

    def touch(self) -> None:
        """The person did something."""


visiting: ContextVar[Visit | None] = ContextVar("visiting", default=None)
#: The nonce of the answer that is being made; scripts and styles bear it.
nonce: ContextVar[str] = ContextVar("nonce", default="")


def current_visit() -> Visit:
    """The visit that the request belongs to. Raises `SignedOutError`."""
    visit = visiting.get()
    if visit is None or visit.closed.is_set():
        raise SignedOutError("Nobody is signed in here: sign in.")
    return visit
