"""A dataclass from JSON that somebody else wrote: every field of the type that the class states, nothing unknown."""

import sys
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

_CALLED = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "an object",
    tuple: "a list",
}


def typed(hint: Any, value: Any, key: str = "") -> Any:
    """The value as `hint` has it: a dataclass, tuple, dict with texts as keys, text, truth, whole or finite number,
    or Any; `X | None` is an X where it is there.

    Lists become tuples and whole numbers pass as floats. Texts hold no control characters but line breaks and tabs.

    Raises:
        ValueError: naming what stands at `key` and what should.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return typed(inner[0], value, key)
    if is_dataclass(hint):
        return _object(hint, value, key)
    if origin is tuple and isinstance(value, list):
        hints = inner[:1] * len(value) if inner[-1] is ... else inner
        if len(hints) != len(value):
            raise ValueError(f"'{key}' has {len(value)} items, not {len(hints)}")
        return tuple(typed(each, item, f"{key}[{i}]") for i, (each, item) in enumerate(zip(hints, value, strict=True)))
    if origin is dict and isinstance(value, dict):
        return {typed(str, name, key): typed(inner[1], item, _below(key, name)) for name, item in value.items()}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if hint is float and is_number and abs(value) <= sys.float_info.max:
        return float(value)
    if hint is Any or (hint in (int, bool) and type(value) is hint) or (hint is str and _is_text(value)):
        return value
    raise ValueError(f"{_named(key)} is {shown(value)}, not {_CALLED[origin or hint]}")


def _object(kind: Any, value: Any, key: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{_named(key)} is {shown(value)}, not an object")
    hints = get_type_hints(kind)
    known = {entry.name: entry for entry in fields(kind)}
    for name in value:
        if name not in known:
            raise ValueError(f"there is no field {shown(_below(key, name))}")
    for name, entry in known.items():
        if name not in value and entry.default is MISSING and entry.default_factory is MISSING:
            raise ValueError(f"'{_below(key, name)}' is missing")
    return kind(**{name: typed(hints[name], item, _below(key, name)) for name, item in value.items()})


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and all(character.isprintable() or character in "\n\t" for character in value)


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _named(key: str) -> str:
    return f"'{key}'" if key else "it"


def shown(value: Any) -> str:
    """The value for an error, in one short line of plain characters."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
