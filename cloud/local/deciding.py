"""Where a write may decide anew who may read: read from the rules of reading, without evaluating them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cloud.local.tree import Path

_LOOKS_AT = re.compile(r"root\.child\(['\"]/?([^'\"/]+)")
_LOOKS_AT_ITSELF = re.compile(r"(?<!\w)data\.")


@dataclass(frozen=True)
class Deciding:
    """Where it is decided who may read.

    Attributes:
        elsewhere: the first keys below which rules of reading look, wherever they stand themselves.
        here: the first keys below which a rule of reading looks at what stands where it is; `$…` is any other.
    """

    elsewhere: frozenset[str]
    here: frozenset[str]

    @classmethod
    def of(cls, source: Any) -> "Deciding":
        """Of a rule set."""
        reads = list(_reads(source.get("rules") if isinstance(source, dict) else None))
        elsewhere = {key for _, rule in reads for key in _LOOKS_AT.findall(rule)}
        return cls(frozenset(elsewhere), frozenset(key for key, rule in reads if _LOOKS_AT_ITSELF.search(rule)))

    def itself(self, path: Path) -> bool:
        """Whether what stands at a path, above or below it may have part in who reads there."""
        return bool(self.here) and (not path or any(key in (path[0], "") or key[0] == "$" for key in self.here))


def _reads(node: Any, first: str = "") -> Iterator[tuple[str, str]]:
    """The rules of reading, each with the first key of where it stands."""
    for key, below in node.items() if isinstance(node, dict) else ():
        if key == ".read":
            yield first, str(below)
        yield from _reads(below, first or key)
