"""Who codes: names that differ, and one place for each, so that nobody codes under two windows at once."""

import sqlite3
import time
import unicodedata

from device.contract.errors import ConfigError
from training.annotation.coding import AGREED

#: A window that gave no sign of life for so long is gone.
GONE_S = 30.0
_LONGEST = 40


class SeatTakenError(ConfigError):
    """Somebody codes under this name in another window, or took over from this one."""


def clean_name(text: str) -> str:
    """A coder's name as it is kept: composed, without spaces around. Raises `ConfigError`."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > _LONGEST or not name.isprintable() or set(name) & set('/\\:*?"<>|,;'):
        raise ConfigError(
            f"{text[:60]!r} is no name of a coder: give 1 to {_LONGEST} letters, numbers, spaces, dots or hyphens."
        )
    return name


def add(db: sqlite3.Connection, name: str) -> int:
    """The id of a coder, who is made the first time. Raises `ConfigError`: another one's name differs in case only."""
    folded = name.casefold()
    row = db.execute("SELECT id, name FROM coders WHERE folded = ?", (folded,)).fetchone()
    if row is not None:
        if row[1] != name:
            raise ConfigError(
                f"There is a coder {row[1]!r}: if that is you, write the name so, else give another one."
            )
        return int(row[0])
    if folded == AGREED and name != AGREED:
        raise ConfigError(f"{name!r} is kept for what coders agree on in a review: give another name.")
    id_ = db.execute("INSERT INTO coders (name, folded) VALUES (?, ?)", (name, folded)).lastrowid
    assert id_ is not None
    return id_


def enter(db: sqlite3.Connection, name: str, client: str, take_over: bool) -> int:
    """Take a coder's place; they are made the first time. Returns their id.

    Raises:
        ConfigError: another coder's name differs in case only.
        SeatTakenError: another window has the place, and `take_over` is false.
    """
    id_ = add(db, name)
    _, holder, alive = _row(db, id_)
    if holder not in ("", client) and abs(time.time() - alive) < GONE_S and not take_over:
        raise SeatTakenError(
            f"{name} codes in another window: close that one, or take over from it; two coders need two names."
        )
    db.execute("UPDATE coders SET client = ?, alive = ? WHERE id = ?", (client, time.time(), id_))
    return id_


def require_seat(db: sqlite3.Connection, id_: int, client: str) -> None:
    """Note that a window is there. Raises `SeatTakenError`: another one took over."""
    name, holder, _ = _row(db, id_)
    if holder not in ("", client):
        raise SeatTakenError(f"{name} codes in another window now: go on there, or take over from it.")
    db.execute("UPDATE coders SET client = ?, alive = ? WHERE id = ?", (client, time.time(), id_))


def leave(db: sqlite3.Connection, id_: int, client: str) -> None:
    """Give the place up, if it is this window's."""
    db.execute("UPDATE coders SET client = '' WHERE id = ? AND client = ?", (id_, client))


def names(db: sqlite3.Connection) -> tuple[str, ...]:
    """All coders, in the order in which they came."""
    return tuple(row[0] for row in db.execute("SELECT name FROM coders ORDER BY id").fetchall())


def find(db: sqlite3.Connection, name: str) -> int | None:
    """The id of a coder, None if there is none."""
    row = db.execute("SELECT id FROM coders WHERE name = ?", (clean_name(name),)).fetchone()
    return None if row is None else int(row[0])


def _row(db: sqlite3.Connection, id_: int) -> tuple[str, str, float]:
    row: tuple[str, str, float] = db.execute("SELECT name, client, alive FROM coders WHERE id = ?", (id_,)).fetchone()
    return row
