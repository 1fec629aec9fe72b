"""What somebody who is signed in does with their own account: another password, codes of an app."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.responses import Response

from cloud.dashboard.access import totp
from cloud.dashboard.access.calls import Call, gone_on, shown
from cloud.dashboard.access.identities import Identity, Signed
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.place import Asked
from cloud.dashboard.access.visit import OpenVisit
from cloud.dashboard.access.visits import Visits
from device.contract.errors import AffectboxError, IdentityError

_MOST = 256


class Welcome(Protocol):
    """A new visit in the place of the one that asks."""

    async def __call__(self, call: Call, signed: Signed, following: str = "") -> Response: ...


Tried = Callable[[Asked, str, Callable[[], Awaitable[Signed]]], Awaitable[Signed]]


class AccountPages:
    """`/password` and `/authenticator`."""

    def __init__(self, identity: Identity, visits: Visits, welcome: Welcome, tried: Tried) -> None:
        self._identity = identity
        self._visits = visits
        self._welcome = welcome
        self._tried = tried
        #: Secrets that were shown and not confirmed yet, by account.
        self._offered: dict[str, str] = {}

    async def password_page(self, call: Call) -> Response:
        if not isinstance(call.found, OpenVisit):
            return gone_on("/sign-in")
        notice = (
            "Your password was set by somebody else: choose one of your own first." if call.found.must_change else ""
        )
        return self._password_again(call.found, 200, notice=notice)

    def _password_again(self, visit: OpenVisit, status: int, refusal: str = "", notice: str = "") -> Response:
        email = visit.person.email
        return shown(status, "password", "Change your password", refusal=refusal, notice=notice, email=email)

    async def change_password(self, call: Call) -> Response:
        visit = call.found
        if not isinstance(visit, OpenVisit):
            return gone_on("/sign-in")
        current, new = call.typed("current"), call.typed("password")
        try:
            if new != call.typed("again"):
                raise IdentityError("The two new passwords differ: type the same one twice.")
            email = visit.person.email
            signed = await self._tried(call.asked, email, lambda: visit.change_password(current, new))
            self._visits.end_all(visit.person.uid, "Your password was changed: sign in again.")
            return await self._welcome(call, signed, "/")
        except AffectboxError as error:
            return self._password_again(visit, 403, str(error))

    async def authenticator_page(self, call: Call) -> Response:
        visit = call.found
        if not isinstance(visit, OpenVisit) or not isinstance(self._identity, LocalIdentity):
            return gone_on("/sign-in")
        return await self._authenticator_again(self._identity, visit, 200)

    async def _authenticator_again(
        self, identity: LocalIdentity, visit: OpenVisit, status: int, refusal: str = "", notice: str = ""
    ) -> Response:
        uid, email = visit.person.uid, visit.person.email
        if (await asyncio.to_thread(identity.users.get, uid)).secret:
            return shown(status, "authenticator-on", "Authenticator app", refusal=refusal, notice=notice)
        secret = self._offered.setdefault(uid, totp.new_secret())
        while len(self._offered) > _MOST:
            self._offered.pop(next(iter(self._offered)))
        grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        told = {"secret": grouped, "address": totp.address(secret, email)}
        return shown(status, "authenticator", "Authenticator app", refusal=refusal, notice=notice, **told)

    async def change_authenticator(self, call: Call) -> Response:
        """Turn codes on with a first code, or off with the password."""
        visit, identity = call.found, self._identity
        if not isinstance(visit, OpenVisit) or not isinstance(identity, LocalIdentity):
            return gone_on("/sign-in")
        try:
            notice = await self._changed(identity, visit, call)
        except AffectboxError as error:
            return await self._authenticator_again(identity, visit, 403, refusal=str(error))
        return await self._authenticator_again(identity, visit, 200, notice=notice)

    async def _changed(self, identity: LocalIdentity, visit: OpenVisit, call: Call) -> str:
        uid, email = visit.person.uid, visit.person.email

        async def attempt() -> Signed:
            await asyncio.to_thread(identity.users.signed_in, email, call.typed("password"))
            if not (await asyncio.to_thread(identity.users.get, uid)).secret:
                await asyncio.to_thread(
                    identity.users.begin_codes, uid, self._offered.get(uid, ""), call.typed("code")
                )
                return Signed(uid, email, "on")
            await asyncio.to_thread(identity.users.set_secret, uid, "")
            return Signed(uid, email, "off")

        signed = await self._tried(call.asked, email, attempt)
        self._offered.pop(uid, None)
        return f"Codes of your app are {signed.refresh} for the next sign-in."
