"""Accounts of a dashboard on a local database: one SQLite file that only its owner reads.

Of a password its argon2id hash is kept (RFC 9106, 64 MB, 0.2 s on purpose). `epoch` is new whenever everything that
was given to an account before shall end: at a new password, when it is disabled, at 'sign out everywhere'.

Everything here blocks; call it in a thread.
"""

import contextlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cloud.dashboard.access import totp
from cloud.dashboard.access.identities import EndedError, WeakPasswordError, WrongCredentialsError
from cloud.dashboard.access.passwords import LONGEST, check_password, normal
from cloud.local.accounts import keep_private
from device.contract.errors import IdentityError, StorageError

_TABLE = """create table if not exists users (
    uid text primary key, email text not null unique, hash text not null, epoch text not null,
    disabled integer not null default 0, must_change integer not null default 0,
    secret text not null default '', step integer not null default 0)"""
_COLUMNS = "uid, email, hash, epoch, disabled, must_change, secret, step"
_WRONG = "E-mail or password is wrong."
_WRONG_CODE = "That is not the code: type the newest one that your app shows."
DISABLED = "This account was disabled: ask an administrator."
_AT_ONCE = 2  # hashes of 64 MB each


@dataclass(frozen=True)
class User:
    """One account. `secret` is that of an authenticator app, "" without; `step` the last code that was used."""

    uid: str
    email: str
    hash: str
    epoch: str
    disabled: bool
    must_change: bool
    secret: str
    step: int


class Users:
    """See the module."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        """Raises `StorageError`."""
        self._path = path
        self._hasher = hasher or PasswordHasher()
        self._busy = threading.Semaphore(_AT_ONCE)
        #: What the password of nobody is compared with, so that it takes as long as somebody's.
        self._of_nobody = self._hasher.hash(secrets.token_hex(16))
        keep_private(path)
        with self._open() as database:
            database.execute(_TABLE)

    def all(self) -> list[User]:
        """Every account, by e-mail."""
        with self._open() as database:
            return [_user(row) for row in database.execute(f"select {_COLUMNS} from users order by email")]

    def get(self, uid: str) -> User:
        """Raises `EndedError`: there is none."""
        return self._one("uid", uid)

    def add(self, email: str, password: str, uid: str = "", must_change: bool = False) -> str:
        """The id of a new account. Raises `IdentityError`: no e-mail, taken, or a weak password."""
        email = _email(email)
        check_password(password, email)
        uid = uid or f"u{secrets.token_hex(10)}"
        row = (uid, email, self._hash(password), secrets.token_hex(8), must_change)
        try:
            with self._open() as database:
                database.execute("insert into users (uid, email, hash, epoch, must_change) values (?,?,?,?,?)", row)
        except sqlite3.IntegrityError:
            raise IdentityError(f"There is an account for {email} already.") from None
        return uid

    def remove(self, uid: str) -> None:
        """Erase an account."""
        self._set(uid, "delete from users where uid = ?")

    def signed_in(self, email: str, password: str) -> User:
        """Whoever they are; takes as long for nobody. Raises `WrongCredentialsError`; `EndedError`: disabled."""
        try:
            user = self._one("email", email.strip().lower())
        except EndedError:
            self._verify(self._of_nobody, password)
            raise WrongCredentialsError(_WRONG) from None
        if not self._verify(user.hash, password):
            raise WrongCredentialsError(_WRONG)
        if user.disabled:
            raise EndedError(DISABLED)
        if self._hasher.check_needs_rehash(user.hash):
            self._set(user.uid, "update users set hash = ? where uid = ?", self._hash(password))
        return user

    def set_password(self, uid: str, password: str, must_change: bool = False) -> User:
        """A new password; what was given before ends. Raises `WeakPasswordError`."""
        user = self.get(uid)
        check_password(password, user.email)
        if not must_change and self._verify(user.hash, password):
            raise WeakPasswordError("That is the password that you have: take another.")
        change = "update users set hash = ?, must_change = ?, epoch = ? where uid = ?"
        self._set(uid, change, self._hash(password), must_change, secrets.token_hex(8))
        return self.get(uid)

    def set_disabled(self, uid: str, disabled: bool) -> None:
        """Disable an account, or let it in again."""
        self._set(uid, "update users set disabled = ?, epoch = ? where uid = ?", disabled, secrets.token_hex(8))

    def set_secret(self, uid: str, secret: str) -> None:
        """Ask for codes of this secret from now on; "" for no codes."""
        self._set(uid, "update users set secret = ?, step = 0 where uid = ?", secret)

    def begin_codes(self, uid: str, secret: str, code: str) -> None:
        """Ask for codes from now on; the first shows that the app has the secret. Raises `WrongCredentialsError`."""
        step = totp.matching_step(secret, code, time.time(), 0) if secret else None
        if step is None:
            raise WrongCredentialsError(_WRONG_CODE)
        self._set(uid, "update users set secret = ?, step = ? where uid = ?", secret, step)

    def check_code(self, uid: str, code: str) -> User:
        """Raises `WrongCredentialsError`: not the code, or used already."""
        user = self.get(uid)
        step = totp.matching_step(user.secret, code, time.time(), user.step) if user.secret else None
        if step is None:
            raise WrongCredentialsError(_WRONG_CODE)
        self._set(uid, "update users set step = ? where uid = ?", step)
        return user

    def _one(self, column: str, value: str) -> User:
        with self._open() as database:
            row = database.execute(f"select {_COLUMNS} from users where {column} = ?", (value,)).fetchone()
        if row is None:
            raise EndedError("There is no such account any more: ask an administrator.")
        return _user(row)

    def _set(self, uid: str, statement: str, *values: object) -> None:
        with self._open() as database:
            database.execute(statement, (*values, uid))

    def _hash(self, password: str) -> str:
        with self._busy:
            return self._hasher.hash(normal(password))

    def _verify(self, kept: str, password: str) -> bool:
        plain = normal(password[:LONGEST])
        with self._busy, contextlib.suppress(VerificationError, InvalidHashError):
            return self._hasher.verify(kept, plain) and len(password) <= LONGEST
        return False

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as database, database:
                database.execute("pragma secure_delete = on")
                yield database
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise StorageError(f"{self._path} cannot be used for the accounts ({error}).") from None


def _user(row: tuple[object, ...]) -> User:
    uid, email, kept, epoch, disabled, must_change, secret, step = row
    return User(
        str(uid), str(email), str(kept), str(epoch), bool(disabled), bool(must_change), str(secret), int(str(step))
    )


def _email(text: str) -> str:
    plain = text.strip().lower()
    name, at, host = plain.rpartition("@")
    if not (name and at and host) or len(plain) > 200 or not plain.isprintable() or " " in plain:
        raise IdentityError("That is no e-mail address.")
    return plain
