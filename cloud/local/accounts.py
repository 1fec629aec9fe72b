"""Accounts of boxes on a local database: one SQLite file that only its owner reads, the one that also keeps the
staff's accounts of a local dashboard (`cloud/dashboard/access/users.py`), in a table of its own.

A box is given a custom token, which is good once within an hour, and from then on has a refresh token. Of both only
hashes are kept.
"""

import contextlib
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time

from device.contract.choices import DEVICE_ID
from device.contract.enrolment import LIFETIME_S
from device.contract.errors import IdentityError, StorageError

#: The file, in the folder of the database.
FILE_NAME = "users.db"
_TABLE = """create table if not exists boxes (
    device text primary key, custom text not null, until real not null, refresh text not null default '',
    disabled integer not null default 0)"""


class NoTokenError(Exception):
    """The text is the word of Firebase's that says why, such as `USER_DISABLED`."""


def keep_private(path: Path) -> None:
    """Make a file of accounts, if there is none, which only its owner reads. Raises `StorageError`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StorageError(f"{path} cannot be used for accounts ({error.strerror}): name another folder.") from None


class BoxAccounts:
    """See the module. Safe to use from several threads and processes."""

    def __init__(self, path: Path, wall: Callable[[], float] = time) -> None:
        """Raises `StorageError`: the file cannot be used."""
        self._path, self._wall = path, wall
        keep_private(path)
        with self._open() as database:
            database.execute(_TABLE)

    def provision(self, device: str) -> str:
        """Make or renew a box's account, and sign out whoever has used it before; returns its custom token.

        Raises:
            IdentityError: not a box's id.
            StorageError: the file cannot be used.
        """
        if not DEVICE_ID.fullmatch(device):
            raise IdentityError(f"'{device}' is no box's id: 1 to 40 lower-case letters, digits and hyphens.")
        custom = secrets.token_urlsafe(32)
        row = (device, _hash(custom), self._wall() + LIFETIME_S)
        with self._open() as database:
            database.execute("insert or replace into boxes (device, custom, until) values (?, ?, ?)", row)
        return custom

    def revoke(self, device: str) -> None:
        """Disable a box's account and take its refresh token away. Raises `IdentityError`: there is none."""
        with self._open() as database:
            statement = "update boxes set disabled = 1, refresh = '', custom = '' where device = ?"
            if not database.execute(statement, (device,)).rowcount:
                raise IdentityError("There is no such box: it was never provisioned here.")

    def enrol(self, custom: str) -> tuple[str, str]:
        """The box of a custom token, and its refresh token; the custom token is used up. Raises `NoTokenError`."""
        refresh = secrets.token_urlsafe(32)
        with self._open() as database:
            row = (_hash(refresh), _hash(custom), self._wall())
            found = database.execute(
                "update boxes set refresh = ?, custom = '' where custom = ? and until > ? and not disabled "
                "returning device",
                row,
            ).fetchone()
        if found is None:
            raise NoTokenError("INVALID_CUSTOM_TOKEN")
        return str(found[0]), refresh

    def box_of(self, refresh: str) -> str:
        """The box that has a refresh token. Raises `NoTokenError`."""
        with self._open() as database:
            found = database.execute(
                "select device, disabled from boxes where refresh = ? and refresh != ''", (_hash(refresh),)
            ).fetchone()
        if found is None:
            raise NoTokenError("TOKEN_EXPIRED")
        if found[1]:
            raise NoTokenError("USER_DISABLED")
        return str(found[0])

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as database, database:
                yield database
        except sqlite3.Error as error:
            raise StorageError(f"{self._path} cannot be used for accounts ({error}).") from None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
