"""How a document of the contract is described, checked, and written in the one way that it has.

A document is a JSON object. There are no nulls and no empty containers, which the database would drop anyway; whole
numbers are written without a fraction and keys are sorted, so that a document has the same bytes before it is sent and
after it is read back.

Numbers are no larger than what every reader of JSON holds exactly, texts are as long as their field allows and can be
written in UTF-8, and no key holds a dot, which in paths stands between an object and its field.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from device.contract.errors import DataError

Json = dict[str, Any]
LARGEST = 2**53 - 1  # beyond it, whole numbers are not exact in JavaScript, nor in the database
LATEST_S = 10_000_000_000  # of a time in seconds, whatever it counts from: the year 2286
LAST = 999_999_999  # of the numbers in a session: as many digits as keys have
LONGEST = 200  # characters of a text
MAX_DEPTH = 32  # as in the database; no document of ours is deeper than four
KEY = re.compile("[A-Za-z0-9-]{1,40}")
_SHOWN = 60  # characters of a wrong value that a sentence repeats
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
    lists some of `names`, at least one, none twice, `most` at most (0: all); one of kind `string` that has `names` is
    one of them. A text has at most `longest` characters; as a `key` it is part of the document's path, and no more
    than 40 letters, digits and hyphens. It matches `pattern`, where it has one: a regular expression of what Python,
    JSON Schema and the database's rules have in common."""

    path: str
    kind: str
    meaning: str
    low: float | None = None
    high: float | None = None
    required: bool = False
    names: tuple[str, ...] = ()
    longest: int = LONGEST
    key: bool = False
    pattern: str = ""
    most: int = 0

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value of a number."""
        return (-LARGEST if self.low is None else self.low), (LARGEST if self.high is None else self.high)

    @property
    def places(self) -> int:
        """How many names a list may hold."""
        return self.most or len(self.names)


def parse(text: bytes | str, name: str) -> Any:
    """The JSON value of a document called `name`. Raises `DataError`: no JSON, no UTF-8, or nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise DataError(f"Not a {name}: its objects are nested too deeply.") from None
    except ValueError as error:
        raise DataError(f"Not a {name}: {error}.") from None


def encode(document: Json) -> bytes:
    """The document's canonical bytes (one line of JSON, no line break); check it first."""
    return json.dumps(canonical(document), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def check(document: Any, fields: tuple[Field, ...], name: str) -> None:
    """Check a document, called `name` in sentences, against its fields. Raises `DataError` naming the field."""
    if not isinstance(document, dict):
        raise DataError(f"{_one(name).capitalize()} is a JSON object.")
    flat, known = dict(leaves(document)), {field.path: field for field in fields}
    for field in fields:
        if field.required and field.path not in flat:
            raise DataError(f"Field '{field.path}' of {_one(name)} is missing.")
    for path, value in flat.items():
        if path not in known:
            raise DataError(f"Field {_short(path)} is not known to this version of {_one(name)}.")
        check_value(known[path], value, name)


def check_value(field: Field, value: Any, name: str) -> None:
    """Check one value of a document called `name`. Raises `DataError` naming the field."""
    where = f"Field '{field.path}' of {_one(name)}"
    if not isinstance(value, _KINDS[field.kind]) or (isinstance(value, bool) and field.kind != "boolean"):
        called = _CALLED.get(field.kind, f"a {field.kind}")
        raise DataError(f"{where} is {_short(value)}, not {called}.")
    if isinstance(value, str):
        _check_text(field, value, where)
    elif isinstance(value, list):
        if not value or any(item not in field.names for item in value) or len(set(value)) < len(value):
            raise DataError(f"{where} is {_short(value)}: it lists known names, at least one, none twice.")
        if len(value) > field.places:
            raise DataError(f"{where} lists {len(value)} names, and may list {field.places}.")
    else:
        _check_number(field, value, where)


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


def leaves(node: Json, prefix: str = "", depth: int = 1) -> list[tuple[str, Any]]:
    """Every value that is no object, with its dotted path. Raises `DataError`: a key with a dot, or too deep."""
    if depth > MAX_DEPTH:
        raise DataError(f"Objects are nested in more than {MAX_DEPTH} levels.")
    found: list[tuple[str, Any]] = []
    for name, value in node.items():
        if "." in name:
            raise DataError(f"The key {_short(name)} holds a dot.")
        if isinstance(value, dict):
            found += leaves(value, f"{prefix}{name}.", depth + 1)
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


def canonical(value: Any, depth: int = 0) -> Any:
    """The same value with whole numbers as integers. Raises `DataError`: nested too deeply."""
    if depth > MAX_DEPTH:
        raise DataError(f"Objects are nested in more than {MAX_DEPTH} levels.")
    if isinstance(value, dict):
        return {name: canonical(child, depth + 1) for name, child in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    return value


def _object() -> Json:
    return {"type": "object", "additionalProperties": False, "properties": {}, "required": []}


def _property(field: Field) -> Json:
    if field.kind == "names":
        items: Json = {"minItems": 1, "uniqueItems": True, "items": {"enum": list(field.names)}}
        items |= {"maxItems": field.most} if field.most else {}
        return {"type": "array", **items, "description": field.meaning}
    limits: Json = {}
    if field.kind == "string":
        limits = _of_text(field)
    elif field.kind in ("integer", "number"):
        limits = dict(zip(("minimum", "maximum"), field.bounds, strict=True))
    return {"type": field.kind, "description": field.meaning, **limits}


def _of_text(field: Field) -> Json:
    """What the JSON Schema of a text says of its form."""
    if field.names:
        return {"enum": list(field.names)}
    if field.key:
        return {"pattern": f"^{KEY.pattern}$"}
    return {"maxLength": field.longest} | ({"pattern": f"^({field.pattern})$"} if field.pattern else {})


def _check_text(field: Field, value: str, where: str) -> None:
    if field.key and not KEY.fullmatch(value):
        raise DataError(f"{where} is {_short(value)}: it is 1 to 40 letters, digits and hyphens.")
    if len(value) > field.longest:
        raise DataError(f"{where} has {len(value)} characters, and may have {field.longest}.")
    if field.names and value not in field.names:
        raise DataError(f"{where} is {_short(value)}: it is one of {', '.join(field.names)}.")
    if field.pattern and not re.fullmatch(field.pattern, value):
        raise DataError(f"{where} has not the form that it must have ({field.meaning}).")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DataError(f"{where} is {_short(value)}: it holds half a character (a lone surrogate).") from None


def _check_number(field: Field, value: Any, where: str) -> None:
    low, high = field.bounds
    if not low <= value <= high:  # as NaN is not
        raise DataError(f"{where} is {_short(value)}, outside {low} to {high}.")


def _one(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _short(value: Any) -> str:
    """The value as a sentence repeats it: in ASCII, and not all of what is long."""
    text = (
        "a nested list"
        if isinstance(value, list) and any(isinstance(item, list | dict) for item in value)
        else ascii(value)
    )
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
