"""How a document of the contract is described, checked, and written in the one way that it has.

A document is a JSON object. There are no nulls and no empty containers, which the database would drop anyway; whole
numbers are written without a fraction and keys are sorted, so that a document has the same bytes before it is sent and
after it is read back.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from device.contract.errors import DataError

Json = dict[str, Any]
_KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "names": (list,),
}
_CALLED = {"integer": "a whole number", "names": "a list of names"}


@dataclass(frozen=True)
class Field:
    """One field: dotted `path`, JSON `kind`, meaning with unit, and range where there is one. A field of kind `names`
    lists some of `names`, at least one."""

    path: str
    kind: str
    meaning: str
    low: float | None = None
    high: float | None = None
    required: bool = False
    names: tuple[str, ...] = ()


def encode(document: Json) -> bytes:
    """The document's canonical bytes (one line of JSON, no line break); check it first."""
    return json.dumps(canonical(document), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def check(document: Any, fields: tuple[Field, ...], name: str) -> None:
    """Check a document, called `name` in sentences, against its fields. Raises `DataError` naming the field."""
    if not isinstance(document, dict):
        raise DataError(f"A {name} is a JSON object.")
    flat, known = dict(leaves(document)), {field.path: field for field in fields}
    for field in fields:
        if field.required and field.path not in flat:
            raise DataError(f"Field '{field.path}' of a {name} is missing.")
    for path, value in flat.items():
        if path not in known:
            raise DataError(f"Field '{path}' is not known to this version of a {name}.")
        _check(known[path], value, name)


def schema(fields: Iterable[Field], title: str) -> Json:
    """The JSON Schema (2020-12) of a document."""
    root: Json = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_object()}
    for field in fields:
        *parents, name = field.path.split(".")
        node = root
        for parent in parents:
            if field.required and parent not in node["required"]:
                node["required"].append(parent)
            node = node["properties"].setdefault(parent, _object())
        node["properties"][name] = _property(field)
        if field.required:
            node["required"].append(name)
    return root


def leaves(node: Json, prefix: str = "") -> list[tuple[str, Any]]:
    """Every value that is no object, with its dotted path."""
    found: list[tuple[str, Any]] = []
    for name, value in node.items():
        if isinstance(value, dict):
            found += leaves(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def nest(flat: Json) -> Json:
    """The object that `leaves` came from."""
    root: Json = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
    return root


def canonical(value: Any) -> Any:
    """The same value with whole numbers as integers."""
    if isinstance(value, dict):
        return {name: canonical(child) for name, child in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _object() -> Json:
    return {"type": "object", "additionalProperties": False, "properties": {}, "required": []}


def _property(field: Field) -> Json:
    if field.kind == "names":
        return {"type": "array", "minItems": 1, "items": {"enum": list(field.names)}, "description": field.meaning}
    limits = {"minimum": field.low, "maximum": field.high}
    bounds = {name: value for name, value in limits.items() if value is not None}
    return {"type": field.kind, "description": field.meaning, **bounds}


def _check(field: Field, value: Any, name: str) -> None:
    if not isinstance(value, _KINDS[field.kind]) or (isinstance(value, bool) and field.kind != "boolean"):
        called = _CALLED.get(field.kind, f"a {field.kind}")
        raise DataError(f"Field '{field.path}' of a {name} is {value!r}, not {called}.")
    if isinstance(value, (int, float)) and not _within(value, field.low, field.high):
        raise DataError(f"Field '{field.path}' of a {name} is {value}, outside {field.low} to {field.high}.")
    if isinstance(value, list) and (not value or any(item not in field.names for item in value)):
        raise DataError(f"Field '{field.path}' of a {name} is {value!r}: it lists known names, at least one.")


def _within(value: float, low: float | None, high: float | None) -> bool:
    return math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)
