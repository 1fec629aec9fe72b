"""All boxes as the database tells of them, followed change by change. No clock and no network: whoever has these."""

from collections import Counter
from typing import Any

from cloud.watch.fields import Memory, Value, derive, number, remembered, seen_ms, words
from cloud.watch.health import Health, health
from device.contract.fields import Json


class Fleet:
    """What stands at `telemetry` and `boxes`, and what is remembered of each box."""

    def __init__(self) -> None:
        self._documents: Json = {}
        self._boxes: Json = {}
        self._memories: dict[str, Memory] = {}
        self._healths: dict[str, Health] = {}
        self._counted: Counter[str] = Counter()
        self._versions: frozenset[str] = frozenset()

    def telemetry(self, path: str, data: Any, patch: bool) -> list[str]:
        """A change at or below `/telemetry`, as its stream tells it; returns the boxes that it concerns."""
        before, (self._documents, concerned) = self._documents, changed(self._documents, path, data, patch)
        for device in concerned:
            document = self._documents.get(device)
            self._memories[device] = remembered(self._memories.get(device, Memory()), document)
            self._count(words(before.get(device), "version"), words(document, "version"))
        return concerned

    def _count(self, before: str, now: str) -> None:
        if before != now:
            self._counted[before] -= 1
            self._counted[now] += 1
            self._versions = frozenset(version for version, count in self._counted.items() if version and count > 0)

    def boxes(self, path: str, data: Any, patch: bool) -> None:
        """A change at or below `/boxes`."""
        self._boxes, _ = changed(self._boxes, path, data, patch)

    def devices(self) -> list[str]:
        """Every box that says something or has a name."""
        return sorted(self._documents.keys() | self._boxes.keys())

    def document(self, device: str) -> Json:
        """Its telemetry, empty where there is none."""
        found = self._documents.get(device)
        return found if isinstance(found, dict) else {}

    def name(self, device: str) -> str:
        """What people call it."""
        return words(self._boxes.get(device), "name")

    def group(self, device: str) -> str:
        """The group of boxes that it belongs to."""
        return words(self._boxes.get(device), "group")

    def group_size(self, group: str) -> int:
        """How many boxes belong to a group."""
        return sum(words(box, "group") == group for box in self._boxes.values())

    def memory(self, device: str) -> Memory:
        """What is remembered of it."""
        return self._memories.get(device, Memory())

    def newest_ms(self) -> int:
        """The latest time at which the database took telemetry: its clock is not before it."""
        return max((seen_ms(document) for document in self._documents.values()), default=0)

    def is_known(self, device: str) -> bool:
        """Whether it said anything at all."""
        return device in self._documents

    def is_readable(self, device: str) -> bool:
        """Whether what it said is telemetry."""
        return number(self._documents.get(device), "seen") is not None

    def values(self, device: str, now_ms: int) -> dict[str, Value]:
        """The fields of `cloud.watch.fields.DERIVED`."""
        return derive(self._documents.get(device), self.memory(device), now_ms, self._versions)

    def health(self, device: str, now_ms: int) -> Health:
        """How it is; remembers since when."""
        before = self._healths.get(device)
        now = health(device, self._documents.get(device), self.memory(device), now_ms, self._versions, before)
        self._healths[device] = now
        return now


def changed(tree: Json, path: str, data: Any, patch: bool) -> tuple[Json, list[str]]:
    """A tree after a `put` or `patch` event of its stream, and the first-level keys that it concerns.

    Source: Firebase Realtime Database REST reference, "Streaming from the REST API".
    """
    steps = [step for step in path.split("/") if step]
    if patch and isinstance(data, dict):
        concerned: list[str] = []
        for name, child in data.items():
            tree, those = changed(tree, f"{path}/{name}", child, False)
            concerned += those
        return tree, list(dict.fromkeys(concerned))
    if not steps:
        whole = data if isinstance(data, dict) else {}
        return dict(whole), sorted(tree.keys() | whole.keys())
    return _put(tree, steps, data), steps[:1]


def _put(node: Any, steps: list[str], data: Any) -> Json:
    """The node with `data` below it; nodes are not modified, and empty ones are not there."""
    first, *rest = steps
    children = dict(node) if isinstance(node, dict) else {}
    child = _put(children.get(first), rest, data) if rest else data
    if child is None or child == {}:
        children.pop(first, None)
    else:
        children[first] = child
    return children
