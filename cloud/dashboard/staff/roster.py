"""Who is on the staff: `staff/UID` of the database, and, where accounts are kept here, the accounts.

The database's rules let administrators alone read and write `staff`. Accounts have no rules above them: whoever
changes one is asked for anew whether they are an administrator now.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cloud.dashboard.access.audit import entry
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.users import User
from cloud.dashboard.means import Means
from cloud.dashboard.person import ADMIN, ROLES, Visit
from device.contract import passphrase
from device.contract import patient as pseudonyms
from device.contract.choices import DEVICE_ID
from device.contract.errors import ConfigError, DataError, IdentityError
from device.contract.fields import Json
from device.contract.keys import UID

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Member:
    """One account and what stands of it at `staff/UID`.

    Attributes:
        email: "" where accounts are not kept here.
        role: "" without.
        disabled, temporary: of an account that is kept here: that it gets in no more; that its password is not its
            owner's yet.
        visits: how many of theirs are open here now.
    """

    uid: str
    email: str
    role: str
    name: str
    patients: tuple[str, ...]
    devices: tuple[str, ...]
    disabled: bool
    temporary: bool
    visits: int

    @property
    def called(self) -> str:
        """How to call them."""
        return self.name or self.email or self.uid


class Roster:
    """See the module. Every method raises `DataError` and `IdentityError` as the database does."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._accounts = means.identity if isinstance(means.identity, LocalIdentity) else None

    @property
    def keeps_accounts(self) -> bool:
        """Whether accounts can be made here."""
        return self._accounts is not None

    async def members(self, visit: Visit) -> list[Member]:
        """Everybody: first who has no role yet, then by name."""
        staff = await self._means.base.object(visit, "staff")
        users = (
            {user.uid: user for user in await asyncio.to_thread(self._accounts.users.all)} if self._accounts else {}
        )
        found = [self._member(uid, staff.get(uid), users.get(uid)) for uid in {*staff, *users}]
        return sorted(found, key=lambda one: (bool(one.role), one.called.casefold()))

    async def member(self, visit: Visit, uid: str) -> Member:
        """One of them. Raises `DataError`: there is no such account."""
        found = next((one for one in await self.members(visit) if one.uid == uid), None)
        if found is None:
            raise DataError("There is no such account: go back to the staff.")
        return found

    async def save(
        self, visit: Visit, uid: str, role: str, name: str, patients: Iterable[str], devices: Iterable[str]
    ) -> None:
        """Write what somebody may do. Raises `ConfigError` for what cannot be."""
        if not _is_uid(uid):
            raise ConfigError("That is no account's id: copy it from the project's list of users.")
        if uid == visit.person.uid and role != ADMIN:
            raise ConfigError("You would lock yourself out: let another administrator change your role.")
        document = _document(role, name, patients, devices) if role else None
        await self._means.base.patch(visit, {f"staff/{uid}": document, **entry(self._means.base, visit, "staff")})
        self._means.visits.hurry(uid)

    async def add(self, visit: Visit, email: str, name: str, role: str) -> tuple[str, str]:
        """A new account: its id, and the password with which its owner signs in once and chooses another."""
        accounts = await self._own(visit)
        document = _document(role, name, (), ())
        password = passphrase.make()
        uid = await asyncio.to_thread(accounts.users.add, email, password, must_change=True)
        try:
            changes = {f"staff/{uid}": document, **entry(self._means.base, visit, "staff")}
            await self._means.base.patch(visit, changes)
        except (DataError, IdentityError):
            await asyncio.to_thread(accounts.users.remove, uid)
            raise
        return uid, password

    async def reset(self, visit: Visit, uid: str) -> str:
        """A password that its owner changes at the next sign-in; their visits end."""
        accounts = await self._other(visit, uid, "change your password at 'Password'")
        password = await accounts.reset(uid)
        self._means.visits.end_all(uid, "Your password was set by an administrator: sign in with it.")
        return password

    async def sign_out(self, visit: Visit, uid: str) -> None:
        """Their visits end."""
        await self._other(visit, uid, "sign out at the head of the page")
        self._means.visits.end_all(uid, "An administrator signed you out: sign in again.")

    async def disable(self, visit: Visit, uid: str, disabled: bool) -> None:
        """Let an account in no more, or again."""
        accounts = await self._other(visit, uid, "let another administrator disable your account")
        await asyncio.to_thread(accounts.users.set_disabled, uid, disabled)
        if disabled:
            self._means.visits.end_all(uid, "This account was disabled: ask an administrator.")

    async def suggestions(self, visit: Visit) -> tuple[list[str], list[str]]:
        """Pseudonyms and boxes that are known already."""
        base = self._means.base
        shallow = ("people", "boxes", "telemetry", "staff")
        people, boxes, telling, staff = [
            await base.object(visit, path, **({} if path == "staff" else {"shallow": "true"})) for path in shallow
        ]
        given = {name for who in staff.values() if isinstance(who, dict) for name in who.get("patients", {})}
        return sorted({*people, *given}), sorted({*boxes, *telling})

    async def _own(self, visit: Visit) -> LocalIdentity:
        """The accounts, for who is an administrator at this moment, which is noted. Raises `IdentityError`."""
        if self._accounts is None:
            raise IdentityError("Accounts of this project are made in the Firebase console.")
        role = await self._means.base.get(visit, f"staff/{visit.person.uid}/role")
        if role != ADMIN:
            raise IdentityError("Only an administrator may change accounts.")
        return self._accounts

    async def _other(self, visit: Visit, uid: str, instead: str) -> LocalIdentity:
        accounts = await self._own(visit)
        if uid == visit.person.uid:
            raise ConfigError(f"That is your own account: {instead}.")
        await asyncio.to_thread(accounts.users.get, uid)
        await self._means.base.patch(visit, entry(self._means.base, visit, "staff"))
        return accounts

    def _member(self, uid: str, document: object, user: User | None) -> Member:
        told = document if isinstance(document, dict) else {}
        role, name = told.get("role"), told.get("name")
        return Member(
            uid,
            user.email if user else "",
            role if role in ROLES else "",
            name if isinstance(name, str) else "",
            _marked(told.get("patients")),
            _marked(told.get("devices")),
            bool(user and user.disabled),
            bool(user and user.must_change),
            len(self._means.visits.of(uid)),
        )


def _document(role: str, name: str, patients: Iterable[str], devices: Iterable[str]) -> Json:
    if role not in ROLES:
        raise ConfigError("Choose a role.")
    plain = " ".join(name.split())
    if len(plain) > _LONGEST_NAME:
        raise ConfigError(f"A name has at most {_LONGEST_NAME} characters.")
    named = {text.strip().lower() for text in patients}
    rooms = {text.strip().lower() for text in devices}
    for text in named:
        pseudonyms.check_pseudonym(text)
    for text in rooms:
        if not DEVICE_ID.fullmatch(text):
            raise ConfigError("A box's name is 1 to 40 small letters, digits and hyphens.")
    found: Json = {"role": role}
    if plain:
        found["name"] = plain
    for key, marks in (("patients", named), ("devices", rooms)):
        if marks:
            found[key] = dict.fromkeys(sorted(marks), True)
    return found


def _is_uid(text: str) -> bool:
    return re.fullmatch(UID, text) is not None


def _marked(node: object) -> tuple[str, ...]:
    return tuple(sorted(name for name, mark in node.items() if mark is True)) if isinstance(node, dict) else ()
