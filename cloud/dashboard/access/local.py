"""Accounts that are kept here, for a dashboard on its own database.

There is no account to begin with. Whoever starts the dashboard the first time is shown a pass-phrase, which is good
once for making the first one; it is forgotten when the process ends.
"""

import asyncio
import hmac
import secrets
import time
from dataclasses import replace
from pathlib import Path

from argon2 import PasswordHasher

from cloud.dashboard.access.identities import EndedError, NeedsCodeError, Pending, Signed, Token, WrongCredentialsError
from cloud.dashboard.access.users import DISABLED, User, Users
from cloud.local.tokens import unsigned
from device.contract import passphrase
from device.contract.enrolment import LIFETIME_S


class LocalIdentity:
    """See `identities.Identity`.

    Attributes:
        users: the accounts; their methods block.
    """

    keeps_accounts = True

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        """Raises `StorageError`."""
        self.users = Users(path, hasher)
        self._phrase = "" if self.users.all() else passphrase.make()

    def first_phrase(self) -> str:
        """What the first account is made with; "" once there is one."""
        if self._phrase and self.users.all():
            self._phrase = ""
        return self._phrase

    async def found(self, phrase: str, email: str, password: str) -> Signed:
        """Make the first account. Raises `WrongCredentialsError`: not the pass-phrase, or used; `IdentityError`."""
        if not self.first_phrase() or not hmac.compare_digest(_plain(phrase), _plain(self._phrase)):
            raise WrongCredentialsError("That is not the pass-phrase that was printed: look where you started this.")
        uid = await asyncio.to_thread(self.users.add, email, password)
        self._phrase = ""
        return _signed(await asyncio.to_thread(self.users.get, uid))

    async def unfound(self, signed: Signed) -> str:
        """The first account could not be made after all; the new pass-phrase."""
        await asyncio.to_thread(self.users.remove, signed.uid)
        self._phrase = passphrase.make()
        return self._phrase

    async def sign_in(self, email: str, password: str) -> Signed:
        user = await asyncio.to_thread(self.users.signed_in, email, password)
        if user.secret:
            raise NeedsCodeError(Pending(user.email, "that your authenticator app shows", _signed(user)))
        return _signed(user)

    async def second(self, pending: Pending, code: str) -> Signed:
        signed: Signed = pending.proof
        await self._holds(signed)
        await asyncio.to_thread(self.users.check_code, signed.uid, code)
        return signed

    async def token(self, signed: Signed) -> Token:
        await self._holds(signed)
        now_s = time.time()
        text = unsigned(signed.uid, now_s, {"email": signed.email})
        return Token(text, now_s + LIFETIME_S, signed.refresh)

    async def check(self, signed: Signed, token: Token) -> None:
        await self._holds(signed)

    async def change_password(self, signed: Signed, current: str, new: str) -> Signed:
        await self._holds(signed)
        await asyncio.to_thread(self.users.signed_in, signed.email, current)
        return _signed(await asyncio.to_thread(self.users.set_password, signed.uid, new))

    async def reset(self, uid: str) -> str:
        """A password that is good until its owner changes it, at once; what was given to the account before ends."""
        new = passphrase.make()
        await asyncio.to_thread(self.users.set_password, uid, new, must_change=True)
        return new

    async def _holds(self, signed: Signed) -> None:
        user = await asyncio.to_thread(self.users.get, signed.uid)
        if user.disabled:
            raise EndedError(DISABLED)
        if not secrets.compare_digest(user.epoch, signed.refresh):
            raise EndedError("Your password was changed, or you signed out everywhere: sign in again.")


def _signed(user: User) -> Signed:
    return replace(Signed(user.uid, user.email, user.epoch), must_change=user.must_change)


def _plain(phrase: str) -> bytes:
    return "".join(character for character in phrase.lower() if character.isalnum()).encode(errors="replace")
