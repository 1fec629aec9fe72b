"""Who is signed in: visits, held here. A browser has 256 random bits in a cookie, of which a hash is kept.

    signed in ──(nothing done for `idle_s`, or 'lock')──► locked ──(password)──► a new visit, a new cookie
        │                                                   │
        └──(sign-out, `longest_s`, account disabled, role changed, password changed elsewhere)──► over

A visit that is locked has given up its tokens; what is kept is whose it was. Its sockets end, as they do when it is
over. Account and role are looked at twice a minute. Nothing survives a restart: people sign in again.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe

from cloud.dashboard.access.identities import EndedError, Identity, Signed
from cloud.dashboard.access.visit import Cookie, Locked, OpenVisit, hashed, person_of
from cloud.dashboard.base import Base
from cloud.dashboard.person import SignedOutError
from device.contract.errors import DataError, IdentityError

_STEP_S = 5.0


@dataclass(frozen=True)
class Limits:
    """How long a visit lasts, seconds: without a sign of life until it is locked, from sign-in until it is over, and
    between two looks at account and role; and how many there may be, in all and of one account."""

    idle_s: float = 900.0
    longest_s: float = 12 * 3600.0
    check_s: float = 30.0
    most: int = 500
    of_one: int = 16


class Visits:
    """See the module; for one event loop."""

    def __init__(
        self,
        identity: Identity,
        base: Base,
        limits: Limits | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identity = identity
        self._base = base
        self.limits = limits or Limits()
        self._now_s = now_s
        self._open: OrderedDict[Cookie, OpenVisit] = OrderedDict()
        self._locked: OrderedDict[Cookie, Locked] = OrderedDict()
        self._gone: OrderedDict[Cookie, str] = OrderedDict()

    async def open(self, signed: Signed) -> tuple[str, OpenVisit]:
        """The cookie and the visit of somebody who has just signed in. Raises `IdentityError`, `DataError`."""
        visit = OpenVisit(signed, self._identity, self._now_s)
        visit.person = await person_of(self._base, visit)
        visit.checked_s = self._now_s()
        cookie = token_urlsafe(32)
        self._open[hashed(cookie)] = visit
        self._make_room(signed.uid)
        return cookie, visit

    def find(self, cookie: str) -> OpenVisit | Locked | None:
        """Whose cookie this is; one whose time has come is locked or over from here on."""
        name = hashed(cookie)
        visit = self._open.get(name)
        if visit is not None:
            self._end_in_time(name, visit)
        return self._open.get(name) or self._locked.get(name)

    def why(self, cookie: str) -> str:
        """Why the visit of this cookie is over, in a sentence; "" where there was none, or its owner signed out."""
        return self._gone.get(hashed(cookie), "")

    def of(self, uid: str) -> list[OpenVisit]:
        """The open visits of an account."""
        return [visit for visit in self._open.values() if visit.person.uid == uid]

    def end(self, cookie: str) -> None:
        """Its owner signs out."""
        name = hashed(cookie)
        self._locked.pop(name, None)
        if name in self._open:
            self._over(name, "")

    def end_all(self, uid: str, why: str = "", but: OpenVisit | None = None) -> None:
        """Every visit of an account ends, `but` one."""
        for name, visit in list(self._open.items()):
            if visit.person.uid == uid and visit is not but:
                self._over(name, why)
        for name, locked in list(self._locked.items()):
            if locked.uid == uid:
                self._locked.pop(name)

    def hurry(self, uid: str) -> None:
        """Account and role of these visits are looked at the next time round, within some seconds."""
        for visit in self.of(uid):
            visit.checked_s = self._now_s() - self.limits.check_s

    def lock(self, cookie: str) -> None:
        """Lock a visit now."""
        name = hashed(cookie)
        if visit := self._open.get(name):
            self._lock(name, visit)

    async def watch(self) -> None:
        """Lock, end and look again, until cancelled."""
        step_s = min(_STEP_S, self.limits.idle_s / 4, self.limits.check_s / 2)
        never = asyncio.Event()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(step_s):
                    await never.wait()
            await self.look()

    async def look(self) -> None:
        """What `watch` does each time."""
        now = self._now_s()
        for name, visit in list(self._open.items()):
            self._end_in_time(name, visit)
        for name, locked in list(self._locked.items()):
            if now >= locked.until_s:
                self._locked.pop(name)
        due = [item for item in self._open.items() if now - item[1].checked_s >= self.limits.check_s]
        await asyncio.gather(*(self._check(name, visit) for name, visit in due))

    def close(self) -> None:
        """The server stops: every visit ends."""
        for name in list(self._open):
            self._over(name, "")

    async def _check(self, name: Cookie, visit: OpenVisit) -> None:
        """Whether the account still holds, and what its role is now. Who keeps that may be away for a while."""
        visit.checked_s = self._now_s()
        try:
            await visit.check()
            person = await person_of(self._base, visit)
        except (EndedError, SignedOutError) as error:
            self._over(name, str(error))
            return
        except (DataError, IdentityError):
            return
        if person.role != visit.person.role:
            self._over(name, "Your role was changed: sign in again.")
        visit.person = person

    def _end_in_time(self, name: Cookie, visit: OpenVisit) -> None:
        now = self._now_s()
        if visit.closed.is_set():
            self._over(name, visit.why)
        elif now - visit.opened_s >= self.limits.longest_s:
            self._over(name, "You were signed in for long: sign in again.")
        elif now - visit.active_s >= self.limits.idle_s:
            self._lock(name, visit)

    def _lock(self, name: Cookie, visit: OpenVisit) -> None:
        person = visit.person
        until_s = visit.opened_s + self.limits.longest_s
        self._locked[name] = Locked(person.uid, person.email, person.name, until_s)
        self._open.pop(name)
        visit.end("Locked.", locked=True)

    def _over(self, name: Cookie, why: str) -> None:
        if visit := self._open.pop(name, None):
            visit.end(why)
        if why:
            self._gone[name] = why
        while len(self._gone) > self.limits.most:
            self._gone.popitem(last=False)

    def _make_room(self, uid: str) -> None:
        own = [name for name, visit in self._open.items() if visit.person.uid == uid]
        for name in own[: -self.limits.of_one]:
            self._over(name, "You signed in in many other places: this one was signed out.")
        while len(self._open) > self.limits.most:
            self._over(next(iter(self._open)), "Too many people are signed in: sign in again.")
        while len(self._locked) > self.limits.most:
            self._locked.popitem(last=False)
