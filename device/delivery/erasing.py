"""Erases what an outbox file holds of a person: everything of the sessions in which they were watched.

Which sessions these are says the outbox itself, which remembers the pseudonym of each (`documents.remember`), and who
asks for it. Of a session of which neither says whose it was, everything is left, and counted.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from device.contract import patient, session, support
from device.contract.fields import encode
from device.delivery.kinds import Kind
from device.delivery.sqlite import Connection

#: What an event of a person's own movement holds, as it is written: it tells what was measured.
_OWN_MOVEMENT = encode({"event": session.Event.PERSONAL.value})[1:-1]


@dataclass(frozen=True)
class Erased:
    """What was erased: documents, and how many records and aggregates they stood for.

    Attributes:
        nobodys: records and aggregates left, of sessions of which it is not known whose they were.
        waiting: files that a newer version left, which only that can read.
        copies: whether unused places of the file may still hold copies of what was erased.
    """

    documents: int = 0
    records: int = 0
    nobodys: int = 0
    waiting: tuple[Path, ...] = ()
    copies: bool = False


def people(db: Connection) -> dict[str, str]:
    """Session (`DEVICE/SESSION`) → pseudonym, as far as it is known."""
    events = [path for (path,) in db.execute(f"SELECT path FROM documents WHERE path GLOB '{session.ROOT}/*'")]
    told = {session_in(path): path.split("/")[1] for path in events}
    return told | dict(db.execute("SELECT session, person FROM people"))


def erase(db: Connection, person: str, theirs: Collection[str], known: Collection[str], whose: bool = True) -> Erased:
    """Erase a person and the sessions that are `theirs`, inside the caller's transaction; what is removed is
    overwritten in the file. `known` are all sessions of which it is known whose they were; `whose`: that these were
    theirs is forgotten, too."""
    db.execute("PRAGMA secure_delete=ON")
    rows = db.execute("SELECT id, path, kind, records FROM documents").fetchall()
    gone = [(number, records) for number, path, _, records in rows if session_in(path) in theirs]
    nobodys = sum(records for _, path, kind, records in rows if kind != Kind.NOTE and session_in(path) not in known)
    db.executemany("DELETE FROM documents WHERE id = ?", [(number,) for number, _ in gone])
    if whose:
        db.execute("DELETE FROM people WHERE person = ?", (person,))
    ids = {one.rpartition("/")[2] for one in theirs}
    for name, text in db.execute("SELECT name, value FROM notes").fetchall():
        if (left := _without(text, person, ids)) is None:
            db.execute("DELETE FROM notes WHERE name = ?", (name,))
        elif left != text:
            db.execute("UPDATE notes SET value = ? WHERE name = ?", (left, name))
    return Erased(len(gone), sum(records for _, records in gone), nobodys)


def purge(db: Connection, sessions: Collection[str]) -> int:
    """Remove what sessions recorded, inside the caller's transaction, and overwrite it in the file; their events stay,
    but what diagnosis support said goes, and what their own movement came to. How many records and aggregates these
    were."""
    db.execute("PRAGMA secure_delete=ON")
    own = f"path GLOB '{session.ROOT}/*' AND instr(body, ?)"
    what = f"kind != ? OR path GLOB '{support.ROOT}/*' OR ({own})"
    rows = db.execute(f"SELECT id, path, records FROM documents WHERE {what}", (Kind.NOTE, _OWN_MOVEMENT)).fetchall()
    gone = [(number, records) for number, path, records in rows if session_in(path) in sessions]
    db.executemany("DELETE FROM documents WHERE id = ?", [(number,) for number, _ in gone])
    return sum(records for _, records in gone)


def session_in(path: str) -> str:
    """The session (`DEVICE/SESSION`) that a document belongs to, empty for one that belongs to none."""
    root, *rest = path.split("/")
    if root in (session.ROOT, support.ROOT) and len(rest) == 3:
        return rest[1].replace("~", "/")
    return f"{rest[0]}/{rest[1]}" if len(rest) == 3 or (root == patient.ROOT and len(rest) == 2) else ""


def _without(text: str, person: str, sessions: Collection[str]) -> str | None:
    """A note without what it says of a person and of these sessions; None: it is about them as a whole."""
    try:
        note = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(note, dict):
        return text
    if note.get("patient") == person:
        return None
    gone = {person, *sessions}
    left = {key: value for key, value in note.items() if key not in gone and not _is_one_of(value, gone)}
    return text if len(left) == len(note) else json.dumps(left)


def _is_one_of(value: object, names: Collection[str]) -> bool:
    return isinstance(value, str) and value in names
