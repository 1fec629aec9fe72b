"""The durable state: one SQLite file, and the tree of each namespace in memory.

The file is the truth, memory a copy of it that is only replaced after the commit. A row is one written path with its
JSON; the state is all rows laid over each other in the order of `seq`. A write removes the rows at and below its
path (they are covered now) and adds one. So the rows are as coarse as the writes: a batch of 25 records of 60 leaves
is 25 rows and 1 ms of CPU, where a row for each leaf would be 1 500 rows and 6 ms. A deletion leaves a `null` row
only where a row above still holds the path; these are folded away at the next start.

A request is whole or absent after any crash: it is part of one transaction (see `commits.py`). `journal_mode=WAL`
appends and so costs one fsync a commit. `synchronous=FULL` makes that fsync happen before the answer: with NORMAL the
file stays intact, but a power cut takes back the last acknowledged writes, and the sender has already forgotten them.

`locking_mode=EXCLUSIVE` keeps a second server off the file; the kernel drops the lock when the process dies.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path as FilePath
from typing import Any

from cloud.local.tree import Changes, Node, Path, get, write
from device.contract.errors import StorageError

FILE_NAME = "database.sqlite"
_VERSION = 1
_SCHEMA = (
    """CREATE TABLE entry (
        seq INTEGER PRIMARY KEY,  -- order of writing
        ns TEXT NOT NULL,
        path TEXT NOT NULL,       -- "/a/b/"; the root is "/"
        json TEXT NOT NULL,       -- null: deleted from a row above
        UNIQUE (ns, path)
    )""",
    f"PRAGMA user_version = {_VERSION}",
)


class Store:
    """The trees of all namespaces, durable in `folder`. Used by one thread.

    Raises (from the constructor):
        StorageError: the folder cannot be made or written, another server uses it, the file is damaged or newer.
    """

    def __init__(self, folder: FilePath) -> None:
        self._roots: dict[str, Node] = {}
        self._heads: dict[str, Node] = {}
        self._file = folder / FILE_NAME
        _make_folder(folder)
        try:
            self._db = _connect(self._file)
        except (sqlite3.Error, StorageError) as error:
            raise _explain(error, self._file) from None
        try:
            self._load()
        except (sqlite3.Error, StorageError, ValueError) as error:
            self._db.close()
            raise _explain(error, self._file) from None

    def root(self, namespace: str) -> Node:
        """The whole durable tree of one namespace."""
        return self._roots.get(namespace)

    @property
    def folder(self) -> FilePath:
        """Where the file stands, with no link in the path."""
        return self._file.resolve().parent

    def namespaces(self) -> list[str]:
        """The namespaces that hold something."""
        return sorted(name for name, root in self._roots.items() if root is not None)

    def compact(self) -> None:
        """Write the file anew: no byte of what was deleted or overwritten is left in it, nor in its write-ahead log.

        Nothing may be staged. It takes as long as writing the whole file twice, and room for it.

        Raises:
            sqlite3.Error: no room, or the disk fails; what is stored is as it was.
        """
        covered: set[tuple[str, Path | None]] = set()
        above = "\0"
        for namespace, name in self._db.execute("SELECT ns, path FROM entry ORDER BY ns, path"):
            if f"{namespace}\0{name}".startswith(above):
                top = above.partition("\0")[2]
                covered.add((namespace, tuple(top.split("/")[1:-1])))
            else:
                above = f"{namespace}\0{name}"
        self._fold(covered)
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def head(self, namespace: str) -> Node:
        """The tree with what is staged and not yet durable: what the next write builds on."""
        return self._heads.get(namespace, self.root(namespace))

    def commit(self, namespace: str, changes: Changes) -> None:
        """Make all changes, or none. When this returns they survive a power cut. See `stage`."""
        self.stage(namespace, changes)
        self.flush()

    def stage(self, namespace: str, changes: Changes) -> None:
        """Make all changes on the head; `flush` makes everything staged durable at once.

        Args:
            changes: absolute path → normalized node (None deletes); no path contains another.

        Raises:
            sqlite3.Error: the file cannot be written (a full disk); everything staged is undone.
        """
        head = self.head(namespace)
        try:
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            for path, node in changes.items():
                if node is not None or get(head, path) is not None:
                    self._replace(namespace, path, node)
        except BaseException:
            self._undo()
            raise
        self._heads[namespace] = write(head, changes)

    def flush(self) -> None:
        """Commit what is staged. When this returns it survives a power cut. Raises `sqlite3.Error`: all is undone."""
        try:
            if self._db.in_transaction:
                self._db.execute("COMMIT")
        except sqlite3.Error:
            self._undo()
            raise
        self._roots |= self._heads
        self._heads.clear()

    def _undo(self) -> None:
        self._heads.clear()
        if self._db.in_transaction:  # SQLite has rolled back by itself after some errors
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file; its write-ahead log is folded in."""
        self._db.close()

    def _replace(self, namespace: str, path: Path, node: Node) -> None:
        name = _row_name(path)
        self._db.execute(
            "DELETE FROM entry WHERE ns = ? AND path >= ? AND path < ?", (namespace, name, name[:-1] + "0")
        )  # "0" follows "/": the range is the path and everything below it
        if node is not None or self._row_above(namespace, path) is not None:
            insert = "INSERT INTO entry (ns, path, json) VALUES (?, ?, ?)"
            self._db.execute(insert, (namespace, name, json.dumps(node, separators=(",", ":"))))

    def _row_above(self, namespace: str, path: Path) -> Path | None:
        """The shortest path above `path` that has a row."""
        for length in range(len(path)):
            row = (namespace, _row_name(path[:length]))
            if self._db.execute("SELECT 1 FROM entry WHERE ns = ? AND path = ?", row).fetchone():
                return path[:length]
        return None

    def _load(self) -> None:
        roots: dict[str, dict[str, Any]] = {}
        deleted: list[tuple[str, Path]] = []
        for namespace, name, text in self._db.execute("SELECT ns, path, json FROM entry ORDER BY seq"):
            node = json.loads(text, object_pairs_hook=_interned)
            path = tuple(name.split("/")[1:-1])
            _place(roots.setdefault(namespace, {}), (namespace, *path), node)
            if node is None:
                deleted.append((namespace, path))
        holed = {namespace for namespace, _ in deleted}
        for namespace, holder in roots.items():
            root = holder.get(namespace)
            self._roots[namespace] = _pruned(root) if namespace in holed else root
        self._fold({(namespace, self._row_above(namespace, path)) for namespace, path in deleted})

    def _fold(self, rows: set[tuple[str, Path | None]]) -> None:
        """Write rows anew with all that lies over them, so that no `null` row is left."""
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            for namespace, path in rows:
                if path is not None:
                    self._replace(namespace, path, get(self.root(namespace), path))


def _row_name(path: Path) -> str:
    return "".join(f"/{key}" for key in path) + "/"


def _interned(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {sys.intern(key): value for key, value in pairs}


def _place(holder: dict[str, Any], path: Path, node: Node) -> None:
    """Like `tree.write` for one path, but in place: loading n rows must not copy n dicts n times."""
    *parents, last = path
    for key in parents:
        child = holder.get(key)
        if not isinstance(child, dict):
            child = holder[key] = {}
        holder = child
    if node is None:
        holder.pop(last, None)
    else:
        holder[last] = node


def _pruned(node: Node) -> Node:
    """Without the empty dicts that `_place` leaves behind a deletion."""
    if not isinstance(node, dict):
        return node
    return {key: child for key, below in node.items() if (child := _pruned(below)) is not None} or None


def _make_folder(folder: FilePath) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise StorageError(f"{folder} is not a folder; name a folder for the database with --data") from None
    except OSError as error:
        raise StorageError(
            f"cannot make the folder {folder} ({error.strerror}); name another one with --data"
        ) from None


def _connect(file: FilePath) -> sqlite3.Connection:
    """Open or create the file, for its owner alone, and take its lock."""
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    db = sqlite3.connect(file, timeout=0, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten in its place, and not only forgotten
        db.execute("BEGIN EXCLUSIVE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise StorageError(f"{file} was written by a newer Affectbox; update this one")
        if version == 0:
            for statement in _SCHEMA:
                db.execute(statement)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _explain(error: Exception, file: FilePath) -> StorageError:
    """The sentence for what SQLite says."""
    if isinstance(error, StorageError):
        return error
    match getattr(error, "sqlite_errorname", "").split("_")[:2]:
        case ["SQLITE", "BUSY" | "LOCKED"]:
            return StorageError(f"another server already uses {file}; stop it or name another folder with --data")
        case ["SQLITE", "CANTOPEN" | "READONLY" | "PERM"]:
            return StorageError(f"{file} cannot be written; allow it or name another folder with --data")
        case ["SQLITE", "FULL" | "IOERR"]:
            return StorageError(f"{file} cannot be written: {error}; free some space or check the disk")
    return StorageError(f"{file} is damaged ({error}); restore it from a backup, or move it away to start empty")
