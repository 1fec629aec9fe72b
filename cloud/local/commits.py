"""Group commit: writes that arrive while the disk is busy share the next sync.

A sync takes the disk milliseconds, and until it is done nobody is answered. Each write is staged on the tree as the
writes before it left it; when all that had arrived are staged, one transaction makes them durable together, and only
then are their senders answered and the listeners told. A failed transaction fails, and undoes, all of its writes.

The tree of each namespace is thus seen twice: writers see the head, with everything that is staged; readers and
listeners the root, which holds nothing that a power cut could take back.

Source: Gray and Reuter, "Transaction Processing", section 9.4.7, "Group Commit".
"""

import asyncio
import sqlite3
from collections.abc import Callable

from cloud.local.listeners import Write
from cloud.local.store import Store
from cloud.local.tree import Changes, Path

Publish = Callable[[str, Write], None]


class _Group:
    """Writes that become durable together. `ended` is set when they are, or when `error` says why they are not."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, Write]] = []
        self.ended = asyncio.Event()
        self.error: Exception | None = None


class GroupCommit:
    """The way of every write into the store. Used on the event loop's thread."""

    def __init__(self, store: Store, publish: Publish) -> None:
        """`publish` is told each write once it is durable."""
        self._store = store
        self._publish = publish
        self._group: _Group | None = None

    def stage(self, namespace: str, base: Path, changes: Changes, is_patch: bool = False) -> None:
        """Make the changes on the head; `durable` waits until they are on the disk.

        Raises:
            sqlite3.Error: the file cannot be written; the whole group is undone.
        """
        group = self._open_group()
        old = self._store.head(namespace)
        try:
            self._store.stage(namespace, changes)
        except Exception as error:
            self._end(group, error)
            raise
        group.writes.append((namespace, Write(base, changes, is_patch, old, self._store.head(namespace))))

    async def durable(self) -> None:
        """Wait until everything that is staged now is durable. Raises what undid it: `sqlite3.Error`."""
        group = self._group
        if group is not None:
            await group.ended.wait()
            if group.error is not None:
                raise group.error

    async def idle(self) -> None:
        """Wait until nothing is staged. Until the caller waits for something else, nothing will be."""
        while self._group is not None:
            await self._group.ended.wait()

    def _open_group(self) -> _Group:
        if self._group is None:
            self._group = _Group()
            asyncio.get_running_loop().call_soon(self._flush, self._group)  # after whoever is ready to run now
        return self._group

    def _flush(self, group: _Group) -> None:
        if group.ended.is_set():
            return
        try:
            self._store.flush()
        except sqlite3.Error as error:
            self._end(group, error)
            return
        self._end(group, None)
        for namespace, write in group.writes:
            self._publish(namespace, write)

    def _end(self, group: _Group, error: Exception | None) -> None:
        self._group = None
        group.error = error
        group.ended.set()
