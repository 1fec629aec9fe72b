"""What a person's earlier sessions came to, for each bundle that watched them: `PSEUDONYM/history.json`.

    {"v": 1, "sessions": [{"session": …, "visit": …, "bundle": NAME-VERSION, "seconds": 812.4, "mean": 1.03}, …]}
                                                                                                    oldest first

Parts of a visit that was paused are sessions of their own; `visit` is the first of them, and of how many visits were
others before it tells what a session is compared with. Of a session in which too little was measured there is no
`mean`. A session whose consent is withdrawn afterwards is taken out, and its visit with it.

The file is for its owner's eyes, is replaced as a whole or not at all, and holds no time of day and no picture.
"""

import json
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from device.contract.command import warn
from device.contract.errors import StorageError
from device.contract.typed import typed
from device.personal.store import HISTORY, PersonalStore
from device.state import write_private

_FORMAT, _DAMAGED = 1, ".damaged"
#: Sessions of a person that are remembered: of two a week, five years.
MOST = 500


@dataclass(frozen=True)
class Remembered:
    """What a session came to; see the module's docstring."""

    session: str
    visit: str
    bundle: str
    seconds: float
    mean: float | None = None


class History:
    """Of all persons, beside their bundles."""

    def __init__(self, store: PersonalStore, warn: Callable[[str], None] = warn) -> None:
        """`warn` is told, in a sentence without the pseudonym, of a file that cannot be used."""
        self._store, self._warn = store, warn

    def of(self, person: str) -> list[Remembered]:
        """Every remembered session of `person`, oldest first; a damaged file is kept aside and counts as none.

        Raises:
            StorageError: the file is there and cannot be read.
        """
        path = self._file(person)
        try:
            return _parsed(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(
                f"A file of personal.folder cannot be read ({error.strerror}): check its owner."
            ) from error
        except (ValueError, RecursionError):
            with suppress(OSError):
                path.replace(path.with_suffix(_DAMAGED))
            self._warn("What earlier sessions of a person came to cannot be read, and begins anew: personal.folder.")
            return []

    def earlier(self, person: str, bundle: str, visit: str) -> list[float]:
        """Mean of each earlier visit of `person` that the same bundle watched, oldest first. Raises `StorageError`."""
        visits: dict[str, list[Remembered]] = {}
        for one in self.of(person):
            if one.bundle == bundle and one.visit != visit and one.mean is not None:
                visits.setdefault(one.visit, []).append(one)
        return [_mean(parts) for parts in visits.values()]

    def visit_of(self, person: str, session: str, continues: str) -> str:
        """The visit of a session, the first of those that it goes on from. Raises `StorageError`."""
        return next((one.visit for one in self.of(person) if one.session == continues), continues or session)

    def add(self, person: str, session: Remembered) -> None:
        """Remember a session that has ended, unless its bundle was erased meanwhile. Raises `StorageError`; then the
        file is as it was."""
        if (self._store.of(person) / session.bundle).is_dir():
            self._keep(person, [*self.of(person), session][-MOST:])

    def withdraw(self, sessions: Collection[str]) -> None:
        """Remember sessions no longer, nor any part of their visits: somebody withdrew the consent. A damaged file may
        tell of them, and goes, too. Raises `StorageError`."""
        for person in self._store.people():
            known = self.of(person)
            self._drop_damaged(person)
            visits = {one.visit for one in known if one.session in sessions} | {*sessions}
            if len(left := [one for one in known if one.visit not in visits]) < len(known):
                self._keep(person, left)

    def remove(self, person: str, bundle: str) -> None:
        """Forget what a bundle watched. Raises `StorageError`."""
        known = self.of(person)
        if len(left := [one for one in known if one.bundle != bundle]) < len(known):
            self._keep(person, left)

    def _drop_damaged(self, person: str) -> None:
        try:
            self._file(person).with_suffix(_DAMAGED).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"A damaged file of personal.folder cannot be erased ({error.strerror}): check its owner."
            ) from error

    def _keep(self, person: str, sessions: list[Remembered]) -> None:
        told = [{name: value for name, value in asdict(one).items() if value is not None} for one in sessions]
        body = {"v": _FORMAT, "sessions": told}
        try:
            write_private(self._file(person), json.dumps(body, allow_nan=False).encode())
        except OSError as error:
            raise StorageError(
                f"A file of personal.folder cannot be written ({error.strerror}): check its owner, and the card."
            ) from error

    def _file(self, person: str) -> Path:
        return self._store.of(person) / HISTORY


@dataclass(frozen=True)
class _File:
    v: int
    sessions: tuple[Remembered, ...]


def _parsed(body: Any) -> list[Remembered]:
    """Raises `ValueError`: not what this module writes."""
    file: _File = typed(_File, body)
    if file.v != _FORMAT or any(one.mean is not None and one.seconds <= 0 for one in file.sessions):
        raise ValueError(file.v)
    return [*file.sessions]


def _mean(parts: list[Remembered]) -> float:
    """Of a visit, by the time in which it was measured."""
    seconds = sum(one.seconds for one in parts)
    return sum((one.mean or 0.0) * one.seconds for one in parts) / seconds
