"""One visit: its tokens, the person whose it is, and its end."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import NewType

from cloud.dashboard.access.identities import EndedError, Identity, Signed, Token
from cloud.dashboard.base import Base
from cloud.dashboard.person import ROLES, Person, SignedOutError

#: The hash of a cookie.
Cookie = NewType("Cookie", str)
_RENEW_S = 300.0


@dataclass(frozen=True)
class Locked:
    """Whose visit was locked, and until when it can be opened again, by the clock of `Visits`."""

    uid: str
    email: str
    name: str
    until_s: float


class OpenVisit:
    """See `person.Visit`.

    Attributes:
        opened_s, active_s, checked_s: when it began, when its owner last did something, and when account and role were
            last looked at; by the clock of `Visits`.
        locked: that it ended by being locked.
        why: it ended, in a sentence; "" where its owner ended it.
        must_change: its owner must choose a password before anything else.
    """

    def __init__(self, signed: Signed, identity: Identity, now_s: Callable[[], float]) -> None:
        self.id = token_hex(8)
        self.person = Person(signed.uid, signed.email)
        self.closed = asyncio.Event()
        self.must_change = signed.must_change
        self.locked, self.why = False, ""
        self.opened_s = self.active_s = self.checked_s = now_s()
        self._now_s = now_s
        self._signed = signed
        self._identity = identity
        self._token: Token | None = None
        self._renewing = asyncio.Lock()

    async def token(self) -> str:
        """An ID token that holds for minutes. Raises `SignedOutError`; `IdentityError`: nobody gives one just now."""
        async with self._renewing:
            if self.closed.is_set():
                raise SignedOutError(self.why or "You signed out: sign in again.")
            if self._token is None or self._token.ends_s - time.time() < _RENEW_S:
                await self._renew()
            assert self._token is not None
            return self._token.text

    async def check(self) -> None:
        """Raises `EndedError`, and `IdentityError` where nobody says."""
        await self.token()
        if self._token is not None:
            await self._identity.check(self._signed, self._token)

    async def change_password(self, current: str, new: str) -> Signed:
        """Raises as `Identity.change_password`."""
        return await self._identity.change_password(self._signed, current, new)

    def touch(self) -> None:
        """Its owner did something."""
        self.active_s = self._now_s()

    def end(self, why: str, locked: bool = False) -> None:
        """It is over."""
        self.why, self.locked, self._token = why, locked, None
        self.closed.set()

    async def _renew(self) -> None:
        try:
            self._token = await self._identity.token(self._signed)
        except EndedError as error:
            self.end(str(error))
            raise SignedOutError(str(error)) from None
        self._signed = replace(self._signed, refresh=self._token.refresh)


async def person_of(base: Base, visit: OpenVisit) -> Person:
    """What `staff/UID` says of whose visit it is. Raises `DataError`, `IdentityError`."""
    found = await base.object(visit, f"staff/{visit.person.uid}")
    role, name = found.get("role"), found.get("name")
    return Person(
        visit.person.uid,
        visit.person.email,
        role if role in ROLES else "",
        name if isinstance(name, str) else "",
        _marked(found.get("patients")),
        _marked(found.get("devices")),
    )


def _marked(node: object) -> frozenset[str]:
    return frozenset(name for name, mark in node.items() if mark is True) if isinstance(node, dict) else frozenset()


def hashed(cookie: str) -> Cookie:
    """What is kept of a cookie."""
    return Cookie(hashlib.sha256(cookie.encode(errors="replace")).hexdigest())
