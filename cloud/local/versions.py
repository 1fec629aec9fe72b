"""Which states of which namespaces the evaluator of the rules holds, so that each change is told it as a change alone.

A state is known by its tree, the very object, and by a number. Readers see the durable state while writers build on
the staged one, so the last few of each namespace are held.
"""

import itertools
from collections import defaultdict

from cloud.local.tree import Node

_HELD = 4  # states of a namespace


class Versions:
    """The bookkeeping; who uses it tells the evaluator."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._held: defaultdict[str, list[tuple[Node, int]]] = defaultdict(list)
        self._staged: dict[str, int] = {}
        self._dropped: list[int] = []

    def number(self, namespace: str, root: Node) -> int | None:
        """The number of a state; None where the evaluator does not hold it."""
        return next((number for held, number in self._held[namespace] if held is root), None)

    def next(self) -> int:
        """A number that nothing has yet."""
        return next(self._numbers)

    def hold(self, namespace: str, root: Node, number: int) -> None:
        """The evaluator was given a state."""
        held = self._held[namespace]
        held.append((root, number))
        while len(held) > _HELD:
            self._dropped.append(held.pop(0)[1])

    def staged(self, namespace: str) -> int:
        """A number for what a write makes of a namespace; `committed` or `undone` says what became of it."""
        self.undone(namespace)
        self._staged[namespace] = next(self._numbers)
        return self._staged[namespace]

    def committed(self, namespace: str, root: Node) -> None:
        """What was staged last, if anything was, is this tree."""
        if namespace in self._staged:
            self.hold(namespace, root, self._staged.pop(namespace))

    def undone(self, namespace: str) -> None:
        """What was staged last, if anything was, came to nothing."""
        if namespace in self._staged:
            self._dropped.append(self._staged.pop(namespace))

    def dropped(self) -> list[int]:
        """The numbers that the evaluator can forget; each is told once."""
        dropped, self._dropped = self._dropped, []
        return dropped
