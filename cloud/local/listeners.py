"""Listening: which event a write means for whoever streams a node, and the queues between the writer and the streams.

A writer never waits: it appends to each concerned listener's queue and goes on. A queue that is full (its reader is
slow) is replaced by one `put` of the whole node: a slow reader misses steps, never the state, and memory is bounded.

A stream ends with `auth_revoked` when the token that opened it has ended, and with `cancel` when a write, or other
rules, take its permission away: also a write of what is listened to, where the rules look at that. What is still
queued then is not sent.

Source: Firebase Realtime Database REST reference, "Streaming from the REST API".
"""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from cloud.local.asker import FREELY, Permit
from cloud.local.query import Query
from cloud.local.tree import Changes, Node, Path, RequestError, export, get, same

KEEP_ALIVE_S = 30.0
QUEUE_EVENTS = 64


@dataclass(frozen=True)
class Write:
    """What one request changed. `base` is its path; `changes` are absolute, none contains another."""

    base: Path
    changes: Changes
    is_patch: bool
    old_root: Node
    new_root: Node


@dataclass(frozen=True)
class Event:
    """A `put` of `node`, or a `patch` when `patch` holds the nodes by their path below `path`.

    `path` is relative to the listened node.
    """

    path: Path
    node: Node = None
    patch: Changes | None = None

    def encode(self) -> bytes:
        """The event as it is sent: `event: put`, `data: {"path": …, "data": …}`."""
        if self.patch is None:
            kind, data = "put", export(self.node)
        else:
            kind, data = "patch", {"/".join(path): export(node) for path, node in self.patch.items()}
        return encode_event(kind, {"path": "/" + "/".join(self.path), "data": data})


def encode_event(kind: str, data: Any) -> bytes:
    """One server-sent event."""
    return f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


_CANCEL = encode_event("cancel", None)
_REVOKED = encode_event("auth_revoked", "credential is no longer valid")


def event_for(path: Path, query: Query | None, write: Write) -> Event | None:
    """What `write` means for a listener at `path`; None if nothing.

    A write at or below the node arrives as it was made. A write above it arrives as a `put` of the node, and only if
    the node changed; so does any write under a query, whose result is put whole.
    """
    touched = {at: node for at, node in write.changes.items() if at[: len(path)] == path[: len(at)]}
    if not touched:
        return None
    if query is None and all(len(at) > len(path) for at in touched):
        base = write.base[len(path) :]
        if not write.is_patch:
            return Event(base, node=write.changes[write.base])
        return Event(base, patch={at[max(len(path), len(write.base)) :]: node for at, node in touched.items()})
    old, new = get(write.old_root, path), get(write.new_root, path)
    if query is not None:
        old, new = query(old), query(new)
    unchanged = path not in touched and same(old, new)
    return None if unchanged else Event((), node=new)


class Listener:
    """One open stream: a bounded queue of events."""

    def __init__(self, path: Path, query: Query | None, permit: Permit, root: Node) -> None:
        self._path = path
        self._query = query
        self._permit = permit
        self._farewell: bytes | None = None
        self._queue: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._put_whole(root)

    def offer(self, write: Write, root: Node, is_decisive: bool) -> None:
        """Queue what the write means for this stream.

        Args:
            root: what stands now, after all the writes that became durable with this one.
            is_decisive: the write may decide anew who reads. Then it is `root` that the reader must be allowed to see,
                and what came before it is not shown.
        """
        event = event_for(self._path, self._query, write)
        is_decisive = is_decisive or (event is not None and self._permit.itself())
        if is_decisive:
            self.check(root)
        if event is None or self._farewell is not None:
            return
        if len(self._queue) < QUEUE_EVENTS and (write.new_root is root or not is_decisive):
            self._queue.append(event)
        else:
            self._put_whole(root)
        self._wake.set()

    def check(self, root: Node) -> None:
        """End the stream if its reader may not read any more."""
        try:
            self._permit.check(root)
        except RequestError:
            self._end(_CANCEL)

    def close(self) -> None:
        """End the stream, at once."""
        self._closed = True
        self._wake.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """The encoded events, first the whole node; `keep-alive` when there is nothing to say for a while."""
        while not self._closed:
            left_s = self._permit.until_s - time.time()
            if left_s <= 0:
                self._end(_REVOKED)
            if self._farewell is not None:
                yield self._farewell
                return
            if self._queue:
                yield await asyncio.to_thread(self._queue.popleft().encode)  # a big node must not stop the writers
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout(min(KEEP_ALIVE_S, left_s)):
                    await self._wake.wait()
            except TimeoutError:
                if left_s > KEEP_ALIVE_S:
                    yield encode_event("keep-alive", None)

    def _end(self, farewell: bytes) -> None:
        self._farewell = farewell if self._permit.until_s > time.time() else _REVOKED
        self._queue.clear()
        self._wake.set()

    def _put_whole(self, root: Node) -> None:
        node = get(root, self._path)
        self._queue.clear()
        self._queue.append(Event((), node=self._query(node) if self._query else node))


class Hub:
    """All open streams, by namespace. `root` gives a namespace's present tree; `concern_readers` says whether changes
    may decide anew who may read."""

    def __init__(
        self, root: Callable[[str], Node], concern_readers: Callable[[Changes], bool] = lambda changes: False
    ) -> None:
        self._root = root
        self._concern_readers = concern_readers
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._closed = False

    def publish(self, namespace: str, write: Write) -> None:
        """Tell every stream of the namespace; never waits."""
        root, is_decisive = self._root(namespace), self._concern_readers(write.changes)
        for listener in self._listeners[namespace]:
            listener.offer(write, root, is_decisive)

    def check_all(self) -> None:
        """End the streams of those who may not read any more, after the rules were changed."""
        for namespace, listeners in self._listeners.items():
            for listener in listeners:
                listener.check(self._root(namespace))

    async def listen(
        self, namespace: str, path: Path, query: Query | None, permit: Permit = FREELY
    ) -> AsyncIterator[bytes]:
        """The stream of one node, registered until its reader goes away, may not read any more, or the hub closes."""
        if self._closed:
            return
        root = self._root(namespace)
        listener = Listener(path, query, permit, root)  # read and registered at once: no write slips between
        listener.check(root)
        self._listeners[namespace].add(listener)
        try:
            async for event in listener.stream():
                yield event
        finally:
            self._listeners[namespace].discard(listener)

    def close(self) -> None:
        """End all streams, and let no new one begin."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close()
