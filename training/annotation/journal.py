"""The journal of a project: every act as it came, and what the states were before, so that it can be taken back.

An act and the states that it changes are one transaction. To take an act back writes the states that were before it;
to do it again does it again, which comes to the same, for the states are those that it was done upon. Either is an act
of its own in the journal, of which no line is ever changed. What a coder asked of the network stays asked.
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

import msgspec

from training.annotation import tables
from training.annotation.acts import Act, Ask, Redo, Undo
from training.annotation.catalog import Catalog
from training.annotation.effects import Effects, Forward
from training.annotation.keeping import read
from training.annotation.tables import Of, Texts

_ACTS = msgspec.json.Decoder(Act)
_FORWARD = msgspec.json.Decoder(Forward)


class Way(IntEnum):
    """What an act in the journal was."""

    ASIDE = 0  # it changed nothing, or cannot be taken back
    FORWARD = 1
    UNDO = 2
    REDO = 3


@dataclass(frozen=True)
class Done:
    """What an act changed: the sequence, '' for none, and its states as they are now."""

    sequence: str = ""
    states: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One act in the journal; `at_s` by the wall clock, Unix seconds. Of acts that take back or do again, `of` is the
    id of the act that they are about, and `sequence` its sequence."""

    id: int
    coder: str
    at_s: float
    act: Act
    sequence: str
    of: int | None


@dataclass
class _Stack:
    """Ids of a coder's acts: those that can be taken back, and those that can be done again; newest last."""

    last: int = 0
    done: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)

    @property
    def newest(self) -> list[int]:
        """The last act, and those that would be taken back and done again next."""
        return [id_ for id_ in (self.last, *self.done[-1:], *self.undone[-1:]) if id_]

    def add(self, id_: int, way: Way) -> None:
        self.last = id_
        if way is Way.FORWARD:
            self.done.append(id_)
            self.undone.clear()
        elif way is Way.UNDO and self.done:
            self.undone.append(self.done.pop())
        elif way is Way.REDO and self.undone:
            self.done.append(self.undone.pop())


class Journal:
    """Acts upon the states of all coders, each within a transaction of the caller."""

    def __init__(self, catalog: Catalog, effects: Effects) -> None:
        self._catalog = catalog
        self._effects = effects
        self._names = {entry.id: entry.name for entry in catalog.entries()}
        self._stacks: dict[int, _Stack] = {}

    def known(self, db: sqlite3.Connection, coder: int, key: tuple[str, int]) -> Done | None:
        """What the act of this key changed, as it is now; None if it never came."""
        query = "SELECT id, sequence, of FROM acts WHERE client = ? AND number = ?"
        if (row := db.execute(query, key).fetchone()) is None:
            return None
        id_, sequence, of = row
        touched = db.execute("SELECT kind, name FROM befores WHERE act = ?", (of or id_,)).fetchall()
        now = {(Of(kind), name): tables.state(db, coder, sequence, Of(kind), name) for kind, name in touched}
        return Done(self._names.get(sequence, ""), now)

    def do(self, db: sqlite3.Connection, coder: int, act: Act, key: tuple[str, int]) -> Done:
        """Do an act and write it down. Raises as `Effects.after`."""
        if isinstance(act, Undo | Redo):
            return self._again(db, coder, act, key)
        sequence = self._catalog.entry(act.sequence).id
        after = self._effects.after(db, coder, act, _next_id(db))
        before = {of: tables.state(db, coder, sequence, *of) for of in after}
        changed = {of: text for of, text in after.items() if text != before[of]}
        way = Way.FORWARD if changed and not isinstance(act, Ask) else Way.ASIDE
        id_ = _write(db, coder, act, key, sequence, way)
        rows = [(id_, of.value, name, before[of, name]) for of, name in changed]
        db.executemany("INSERT INTO befores VALUES (?, ?, ?, ?)", rows)
        tables.set_states(db, coder, sequence, changed)
        return Done(act.sequence, changed)

    def next(self, db: sqlite3.Connection, coder: int) -> tuple[Act | None, Act | None]:
        """The acts that would be taken back, and done again, next."""
        stack = self._stack(db, coder)
        return (_act(db, stack.done[-1]) if stack.done else None, _act(db, stack.undone[-1]) if stack.undone else None)

    def lines(self, db: sqlite3.Connection, coder: int | None) -> Iterator[Line]:
        """The whole journal, of one coder or of all, oldest first."""
        query = "SELECT acts.id, coders.name, at, act, acts.sequence, of FROM acts JOIN coders ON coders.id = coder"
        query += " WHERE coder = ? ORDER BY acts.id" if coder is not None else " ORDER BY acts.id"
        for id_, name, at, act, sequence, of in db.execute(query, () if coder is None else (coder,)).fetchall():
            yield Line(id_, name, at, read(_ACTS, act), self._names.get(sequence, ""), of)

    def _again(self, db: sqlite3.Connection, coder: int, act: Undo | Redo, key: tuple[str, int]) -> Done:
        stack = self._stack(db, coder)
        ids, way = (stack.done, Way.UNDO) if isinstance(act, Undo) else (stack.undone, Way.REDO)
        if not ids:
            _write(db, coder, act, key, None, Way.ASIDE)
            return Done()
        of = ids[-1]
        sequence, kept = db.execute("SELECT sequence, act FROM acts WHERE id = ?", (of,)).fetchone()
        changed = _befores(db, of) if way is Way.UNDO else self._effects.after(db, coder, read(_FORWARD, kept), of)
        _write(db, coder, act, key, sequence, way, of)
        tables.set_states(db, coder, sequence, changed)
        return Done(self._names.get(sequence, ""), changed)

    def _stack(self, db: sqlite3.Connection, coder: int) -> _Stack:
        """With what came since it was looked at, also by another process."""
        stack = _read_on(db, coder, self._stacks.get(coder, _Stack()))
        if not all(_is_there(db, id_) for id_ in stack.newest):  # of a transaction that was not, or erased since
            stack = _read_on(db, coder, _Stack())
        self._stacks[coder] = stack
        return stack


def _read_on(db: sqlite3.Connection, coder: int, stack: _Stack) -> _Stack:
    query = "SELECT id, way FROM acts WHERE coder = ? AND id > ? ORDER BY id"
    for id_, way in db.execute(query, (coder, stack.last)).fetchall():
        stack.add(id_, Way(way))
    return stack


def _next_id(db: sqlite3.Connection) -> int:
    (last,) = db.execute("SELECT max(id) FROM acts").fetchone()
    return (last or 0) + 1


def _is_there(db: sqlite3.Connection, id_: int) -> bool:
    return db.execute("SELECT 1 FROM acts WHERE id = ?", (id_,)).fetchone() is not None


def _act(db: sqlite3.Connection, id_: int) -> Act:
    kept: Act = read(_ACTS, db.execute("SELECT act FROM acts WHERE id = ?", (id_,)).fetchone()[0])
    return kept


def _befores(db: sqlite3.Connection, act: int) -> Texts:
    rows = db.execute("SELECT kind, name, value FROM befores WHERE act = ?", (act,)).fetchall()
    return {(Of(kind), name): value for kind, name, value in rows}


def _write(
    db: sqlite3.Connection,
    coder: int,
    act: Act,
    key: tuple[str, int],
    sequence: int | None,
    way: Way,
    of: int | None = None,
) -> int:
    query = "INSERT INTO acts (coder, client, number, at, sequence, act, way, of) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    row = (coder, *key, round(time.time(), 3), sequence, msgspec.json.encode(act), way.value, of)
    id_ = db.execute(query, row).lastrowid
    assert id_ is not None
    return id_
