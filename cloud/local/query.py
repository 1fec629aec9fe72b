"""Queries: `orderBy`, ranges, limits and `shallow` of the REST protocol, on one node.

Order of values: null < false < true < numbers < strings < objects; ties by key; integer keys first, by number. The
result is again an object (JSON has no order): clients sort it. Without rules there is no `.indexOn` to ask for.

Source: Firebase Realtime Database REST reference, "Filtering Data" and "How Data is Ordered".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cloud.local.tree import Node, RequestError, get, key_order, ordered, parse_path

Index: TypeAlias = tuple[Any, ...]  # what children are ordered by; see `value_order` and `tree.key_order`

_RANGE = ("startAt", "startAfter", "endAt", "endBefore", "equalTo")
_LIMITS = ("limitToFirst", "limitToLast")


@dataclass(frozen=True)
class Query:
    """A parsed query. `conditions` all hold for a child's index; `limit` is negative for the last ones."""

    index: Callable[[str, Node], Index]
    conditions: tuple[Callable[[Index], bool], ...]
    limit: int | None

    def __call__(self, node: Node) -> Node:
        """The children of `node` that the query asks for; a leaf has none."""
        if not isinstance(node, dict):
            return None
        found = [(index, key) for key, child in node.items() if self._holds(index := self.index(key, child))]
        if self.limit is not None:
            found.sort(key=lambda entry: (entry[0], key_order(entry[1])))
            found = found[: self.limit] if self.limit > 0 else found[self.limit :]
        return {key: node[key] for _, key in found} or None

    def _holds(self, index: Index) -> bool:
        return all(condition(index) for condition in self.conditions)


def parse_query(params: Mapping[str, str]) -> Query | None:
    """The query in a URL's parameters, None if there is none.

    Raises:
        RequestError: a parameter is malformed, or two of them exclude each other.
    """
    given = {name for name in (*_RANGE, *_LIMITS) if name in params}
    if "orderBy" not in params:
        if given:
            raise RequestError("orderBy must be defined when other query parameters are defined")
        return None
    _refuse_mixtures(given)
    index, order = _parse_order(params["orderBy"])
    conditions = tuple(_condition(name, order(_constraint(params[name]))) for name in _RANGE if name in given)
    return Query(index, conditions, _parse_limit(params))


def shallow(node: Node) -> Any:
    """The keys of an object, each with `true`; a leaf as it is."""
    return dict.fromkeys(ordered(node), True) if isinstance(node, dict) else node


def value_order(value: Node) -> Index:
    """Sort key of values, in Firebase's order of types; objects are all equal."""
    match value:
        case None:
            return (0,)
        case bool():
            return (1, value)
        case int() | float():
            return (2, value)
        case str():
            return (3, value)
    return (4,)


def _refuse_mixtures(given: set[str]) -> None:
    if given.issuperset(_LIMITS):
        raise RequestError("Only one of limitToFirst and limitToLast may be specified")
    if "equalTo" in given and not given.isdisjoint(_RANGE[:-1]):
        raise RequestError("equalTo cannot be specified in addition to startAfter, startAt, endAt, or endBefore")
    for one, other in (("startAt", "startAfter"), ("endAt", "endBefore")):
        if {one, other} <= given:
            raise RequestError(f"Only one of {one} and {other} may be specified")


def _parse_order(text: str) -> tuple[Callable[[str, Node], Index], Callable[[Node], Index]]:
    """How children are indexed, and how a range's bound is turned into such an index."""
    try:
        order = json.loads(text)
        if order == "$key":
            return (lambda key, child: key_order(key)), _key_bound
        if order == "$value":
            return (lambda key, child: value_order(child)), value_order
        if order == "$priority":
            return (lambda key, child: value_order(None)), value_order
        path = parse_path(order)
    except (ValueError, AttributeError, RecursionError, RequestError):
        path = ()
    if not path:
        raise RequestError("orderBy must be a valid JSON encoded path")
    return (lambda key, child: value_order(get(child, path))), value_order


def _key_bound(value: Node) -> Index:
    if not isinstance(value, str):
        raise RequestError("Provided key index type is invalid, must be string")
    return key_order(value)


def _constraint(text: str) -> Node:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = {}
    if isinstance(value, dict | list):
        raise RequestError("Constraint index field must be a JSON primitive")
    return value  # type: ignore[no-any-return]


def _condition(name: str, bound: Index) -> Callable[[Index], bool]:
    conditions: dict[str, Callable[[Index], bool]] = {
        "startAt": lambda index: index >= bound,
        "startAfter": lambda index: index > bound,
        "endAt": lambda index: index <= bound,
        "endBefore": lambda index: index < bound,
        "equalTo": lambda index: index == bound,
    }
    return conditions[name]


def _parse_limit(params: Mapping[str, str]) -> int | None:
    """The first n as n, the last n as −n."""
    for name, sign in zip(_LIMITS, (1, -1), strict=True):
        if name in params:
            try:
                limit = int(params[name])
            except ValueError:
                raise RequestError(f"{name} must be an integer") from None
            if limit <= 0:
                raise RequestError(f"{name} must be positive")
            return sign * limit
    return None
