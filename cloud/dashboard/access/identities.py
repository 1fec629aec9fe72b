"""What the door asks of whoever keeps the accounts."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from device.contract.errors import IdentityError


class WrongCredentialsError(IdentityError):
    """E-mail or password, or the code, is wrong."""


class EndedError(IdentityError):
    """The account was disabled or erased, or its password changed: no token of it is given any more."""


class WeakPasswordError(IdentityError):
    """A new password is refused; the sentence says why."""


@dataclass(frozen=True)
class Signed:
    """Somebody who has signed in.

    Attributes:
        refresh: what new tokens are given for.
        must_change: their password is somebody else's making, and to be changed first.
    """

    uid: str
    email: str
    refresh: str = field(repr=False)
    must_change: bool = False


@dataclass(frozen=True)
class Token:
    """An ID token, the time at which it ends (seconds since 1970), and what the next one is given for."""

    text: str = field(repr=False)
    ends_s: float
    refresh: str = field(repr=False)


@dataclass(frozen=True)
class Pending:
    """Half a sign-in: the password was right, a code is missing.

    Attributes:
        where: the code is to be found, completing 'Type the code …'.
        proof: of the first half, as the identity needs it.
    """

    email: str
    where: str
    proof: Any = field(repr=False)


class NeedsCodeError(IdentityError):
    """The password is right; a code is needed, too."""

    def __init__(self, pending: Pending) -> None:
        super().__init__(f"Type the code {pending.where}.")
        self.pending = pending


class Identity(Protocol):
    """Accounts. Every method also raises `IdentityError` where whoever keeps them does not answer.

    Attributes:
        keeps_accounts: whether they are kept here, and can be made here.
    """

    keeps_accounts: bool

    async def sign_in(self, email: str, password: str) -> Signed:
        """Raises `WrongCredentialsError`, `NeedsCodeError`, or `EndedError` for a disabled account."""

    async def second(self, pending: Pending, code: str) -> Signed:
        """The second half of a sign-in. Raises `WrongCredentialsError`: not the code; `EndedError`: too late."""

    async def token(self, signed: Signed) -> Token:
        """A new ID token. Raises `EndedError`."""

    async def check(self, signed: Signed, token: Token) -> None:
        """Raises `EndedError` where no new token would be given."""

    async def change_password(self, signed: Signed, current: str, new: str) -> Signed:
        """From now on only this `Signed` holds. Raises `WrongCredentialsError`, `WeakPasswordError`."""
