"""The JSON tree: what a Realtime Database value is, with no I/O.

A `Node` is a leaf (bool, int, float, str), a non-empty dict of children, or None for "nothing here". Arrays do not
exist inside: they become integer keys on the way in (`normalize`) and come back when the keys are dense (`export`).
Nodes are never modified: `write` returns a new root that shares everything untouched, so that a reader, a listener
or a failed transaction can keep the old root at no cost.

Source: Firebase Realtime Database REST reference, "Structure data" and "Limits"; error sentences are Firebase's.
"""

import base64
import hashlib
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

Node: TypeAlias = "dict[str, Node] | str | bool | int | float | None"
Path: TypeAlias = tuple[str, ...]
Changes: TypeAlias = Mapping[Path, Node]

MAX_DEPTH = 32
MAX_KEY_BYTES = 768
MAX_STRING_BYTES = 10 * 1024 * 1024

BAD_JSON = "Invalid data; couldn't parse JSON object, array, or value."
_BAD_KEY = BAD_JSON + " Perhaps you're using invalid characters in your key names."
_BAD_PATCH = "Invalid data; couldn't parse JSON object. Are you sending a JSON object with valid key names?"
_KEY = re.compile(r"[^\x00-\x1f\x7f.$#\[\]/]+")
_INDEX = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)
_PRIORITY = ".priority"
_LARGE = 2**63
_INTEGER_KEY = re.compile(r"-?\d{1,10}", re.ASCII)


class RequestError(Exception):
    """A request that Firebase refuses: an HTTP status and the sentence for `{"error": …}`."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def too_deep() -> RequestError:
    """The refusal of data beyond 32 levels."""
    return RequestError(f"Invalid data; the path or the data is deeper than {MAX_DEPTH} levels.")


@lru_cache(maxsize=4096)
def check_key(key: str) -> str:
    """The key itself, interned (records repeat their field names), if Firebase allows it.

    Raises:
        RequestError: empty, over 768 bytes, or holding `. $ # [ ] /`, a control character or half a surrogate pair.
    """
    try:
        if not _KEY.fullmatch(key) or len(key.encode()) > MAX_KEY_BYTES:
            raise RequestError(_BAD_KEY)
    except UnicodeEncodeError:
        raise RequestError(_BAD_KEY) from None
    return sys.intern(key)


def parse_path(text: str) -> Path:
    """`a/b//c/` → ("a", "b", "c"); the root is ().

    Raises:
        RequestError: a key that Firebase does not allow, or more than 32 of them.
    """
    try:
        path = tuple(check_key(key) for key in text.split("/") if key)
    except RequestError:
        raise RequestError("Invalid path: Invalid token in path") from None
    if len(path) > MAX_DEPTH:
        raise too_deep()
    return path


def normalize(data: Any, depth: int, now_ms: int, current: Node) -> Node:
    """The node that parsed JSON describes: arrays to integer keys, nulls and empty objects gone, `.sv` resolved.

    `.value` is unwrapped and `.priority` dropped: this database keeps no priorities.

    Args:
        data: what `json.loads` made.
        depth: how many keys lead to it from the root.
        now_ms: the request's time for `{".sv": "timestamp"}`, milliseconds since 1970.
        current: the node that is replaced, for `{".sv": {"increment": n}}`.

    Raises:
        RequestError: a bad key, too deep, a string over 10 MB, an infinite number, an unknown server value.
    """
    if depth > MAX_DEPTH:
        raise too_deep()
    if isinstance(data, dict):
        if ".sv" in data:
            return _server_value(data[".sv"], now_ms, current)
        if ".value" in data:
            return _leaf(data[".value"])
        items: Iterable[tuple[str, Any]] = ((check_key(key), value) for key, value in data.items() if key != _PRIORITY)
    elif isinstance(data, list):
        items = ((str(index), value) for index, value in enumerate(data))
    else:
        return _leaf(data)
    if data and depth == MAX_DEPTH:
        raise too_deep()
    old = current if isinstance(current, dict) else {}
    children: dict[str, Node] = {}
    for key, value in items:
        is_leaf = not isinstance(value, dict | list)
        child = _leaf(value) if is_leaf else normalize(value, depth + 1, now_ms, old.get(key))
        if child is not None:
            children[key] = child
    return children or None


def normalize_patch(data: Any, base: Path, now_ms: int, root: Node) -> dict[Path, Node]:
    """The changes of a PATCH at `base`: absolute path → new node. Its keys may be deep paths.

    Raises:
        RequestError: not an object, a bad key or value, two paths of which one contains the other.
    """
    if not isinstance(data, dict) or "" in data:
        raise RequestError(_BAD_PATCH)
    changes: dict[Path, Node] = {}
    for key, value in data.items():
        path = base + parse_path(key)
        if path == base or path in changes:
            raise RequestError(_BAD_PATCH)
        changes[path] = normalize(value, len(path), now_ms, get(root, path))
    for shorter, longer in pairwise(sorted(changes)):
        if longer[: len(shorter)] == shorter:
            names = f"/{'/'.join(shorter)} that is ancestor of another path /{'/'.join(longer)}"
            raise RequestError(f"Invalid data; update contains a path {names}")
    return changes


def _leaf(value: Any) -> Node:
    kind = type(value)
    if (kind is float and math.isfinite(value)) or (kind is int and -_LARGE <= value < _LARGE):
        return value  # type: ignore[no-any-return]  # most leaves of most writes
    match value:
        case None | bool():
            return value
        case str():
            if len(value) * 4 > MAX_STRING_BYTES and len(value.encode(errors="replace")) > MAX_STRING_BYTES:
                raise RequestError(f"Invalid data; string is longer than {MAX_STRING_BYTES} utf8 bytes.")
            return value
        case int() | float():
            return _number(value)
    raise RequestError(BAD_JSON)


def _number(value: float) -> int | float:
    """Integers of up to 64 bits, else doubles.

    Raises:
        RequestError: a number that no double holds.
    """
    if isinstance(value, int) and -_LARGE <= value < _LARGE:
        return value
    try:
        value = float(value)
    except OverflowError:
        raise RequestError(BAD_JSON) from None
    if not math.isfinite(value):
        raise RequestError(BAD_JSON)
    return value


def _server_value(value: Any, now_ms: int, current: Node) -> Node:
    match value:
        case "timestamp":
            return now_ms
        case {"increment": int() | float() as step} if not isinstance(step, bool):
            is_number = isinstance(current, int | float) and not isinstance(current, bool)
            return _number(step + current if is_number else step)  # type: ignore[operator]
    raise RequestError('Invalid data; \'.sv\' must be "timestamp" or {"increment": NUMBER}.')


def get(node: Node, path: Path) -> Node:
    """The node at `path` below `node`, None where there is nothing."""
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def write(node: Node, changes: Changes) -> Node:
    """A new root with all changes made; no path in `changes` may contain another. Untouched nodes are shared."""
    if () in changes:
        return changes[()]
    groups: defaultdict[str, dict[Path, Node]] = defaultdict(dict)
    for path, value in changes.items():
        groups[path[0]][path[1:]] = value
    children = dict(node) if isinstance(node, dict) else {}
    for key, below in groups.items():
        child = write(children.get(key), below)
        if child is None:
            children.pop(key, None)
        else:
            children[key] = child
    if not children and not isinstance(node, dict):
        return node  # deleting below a leaf leaves the leaf
    return children or None


def key_order(key: str) -> tuple[int, int, int, str]:
    """Sort key of child names: 32-bit integers first, by number; then the others by character."""
    if _INTEGER_KEY.fullmatch(key) and -(2**31) <= int(key) < 2**31:
        return (0, int(key), len(key), key)
    return (1, 0, 0, key)


def export(node: Node) -> Any:
    """The node as Firebase answers it: children in key order, dense integer keys as an array with null in the gaps.

    An array is made when every key is a non-negative integer and the largest is below twice their number.
    """
    if not isinstance(node, dict):
        return node
    if all(map(_INDEX.fullmatch, node)):
        last = max(map(int, node))
        if last < 2 * len(node):
            children: Iterable[Node] = (node.get(str(index)) for index in range(last + 1))
            return [export(child) if isinstance(child, dict) else child for child in children]
    return {key: export(child) if isinstance(child := node[key], dict) else child for key in ordered(node)}


def ordered(keys: Collection[str]) -> list[str]:
    """Child names in Firebase's order; a plain sort will do where none is an integer."""
    return sorted(keys, key=key_order if any(map(_INTEGER_KEY.fullmatch, keys)) else None)


def etag(node: Node) -> str:
    """The node's ETag: 28 characters that are equal for equal values; `null_etag` for nothing."""
    if node is None:
        return "null_etag"
    canonical = json.dumps(node, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(hashlib.sha1(canonical.encode(), usedforsecurity=False).digest()).decode()


def same(one: Node, other: Node) -> bool:
    """Whether two nodes are equal in JSON, where 1, 1.0 and true differ. Shared subtrees cost nothing."""
    return one is other or (one == other and etag(one) == etag(other))
