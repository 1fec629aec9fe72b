"""A database from which something is erased, above its rules: on a server, or a local one that nobody serves."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from cloud.local import tree
from cloud.local.store import Store
from cloud.reading.database import Database, TooLargeError
from device.contract.address import parse_url
from device.contract.errors import DataError, StorageError
from device.contract.fields import Json

#: Paths in one request at most, and children that are read at once.
AT_ONCE = 100
PAGE = 1000


class Shard(Protocol):
    """One database.

    All methods raise `DataError` and `IdentityError`, of a local one `StorageError`.
    """

    @property
    def name(self) -> str:
        """Which it is, for people."""

    def get(self, path: str) -> Any:
        """What stands at a path, None where nothing does."""

    def keys(self, path: str) -> list[str]:
        """The names of what stands below it."""

    def page(self, path: str, after: str, most: int) -> Json:
        """Children whose names follow `after` ('' for the first), in the order of names."""

    def patch(self, changes: Mapping[str, Any]) -> None:
        """Write all, by paths from the root, or nothing; None takes away."""


class Served:
    """One on a server."""

    def __init__(self, url: str, database: Database) -> None:
        """`database` asks as somebody above the rules."""
        place = parse_url(url)
        self.name = f"{place.host}/{place.namespace}" if place.namespace else place.host
        self._database = database

    def get(self, path: str) -> Any:
        return self._database.get(path)

    def keys(self, path: str) -> list[str]:
        return [*children(self._database.get(path, shallow="true"))]

    def page(self, path: str, after: str, most: int) -> Json:
        begin = {"startAfter": f'"{after}"'} if after else {}
        return children(self._database.get(path, orderBy='"$key"', limitToFirst=str(most), **begin))

    def patch(self, changes: Mapping[str, Any]) -> None:
        self._database.patch(changes)


class Unserved:
    """One of a local folder, which no server has open."""

    def __init__(self, store: Store, namespace: str) -> None:
        self.name = namespace
        self._store = store

    def get(self, path: str) -> Any:
        return tree.export(self._node(path))

    def keys(self, path: str) -> list[str]:
        node = self._node(path)
        return tree.ordered(node) if isinstance(node, dict) else []

    def page(self, path: str, after: str, most: int) -> Json:
        node = self._node(path)
        if not isinstance(node, dict):
            return {}
        names = [name for name in tree.ordered(node) if not after or tree.key_order(name) > tree.key_order(after)]
        return {name: tree.export(node[name]) for name in names[:most]}

    def patch(self, changes: Mapping[str, Any]) -> None:
        try:
            head = self._store.head(self.name)
            self._store.commit(self.name, tree.normalize_patch(dict(changes), (), time.time_ns() // 10**6, head))
        except tree.RequestError as error:
            raise DataError(f"The local database refuses a write: {error}") from None
        except sqlite3.Error as error:
            raise unwritten(error) from None

    def _node(self, path: str) -> tree.Node:
        try:
            return tree.get(self._store.root(self.name), tree.parse_path(path))
        except tree.RequestError as error:
            raise DataError(f"The local database refuses a path: {error}") from None


def unwritten(error: sqlite3.Error) -> StorageError:
    """The sentence for a local database that cannot be written."""
    return StorageError(f"The local database cannot be written ({error}): free its disk, and run this again.")


def children(node: Any) -> Json:
    """What stands below a node, by name: databases answer names that are small numbers with a list."""
    if isinstance(node, list):
        return {str(number): child for number, child in enumerate(node) if child is not None}
    return node if isinstance(node, dict) else {}


def pages(shard: Shard, path: str, most: int = PAGE) -> Iterator[Json]:
    """All children of a path, so many at once."""
    after = ""
    while found := shard.page(path, after, most):
        yield found
        after = max(found, key=tree.key_order)
        if len(found) < most:
            return


def delete(shard: Shard, paths: Iterable[str]) -> Iterator[int]:
    """Take away what stands at the paths, of which none contains another; yields how many are gone, after each
    request. What is too large for one request goes in parts."""
    waiting = iter(paths)
    while some := [*islice(waiting, AT_ONCE)]:
        _delete(shard, some)
        yield len(some)


def _delete(shard: Shard, paths: Sequence[str]) -> None:
    try:
        shard.patch(dict.fromkeys(paths))
    except TooLargeError:
        if len(paths) > 1:
            _delete(shard, paths[: len(paths) // 2])
            _delete(shard, paths[len(paths) // 2 :])
            return
        below = [f"{paths[0]}/{key}" for key in shard.keys(paths[0])]
        if not below:
            raise
        for at in range(0, len(below), AT_ONCE):
            _delete(shard, below[at : at + AT_ONCE])
