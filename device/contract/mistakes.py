"""What is wrong in a table that people wrote, in one sentence; see `device.contract.toml`."""

import difflib
import re
import reprlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct, ValidationError

from device.contract.errors import ConfigError

#: What msgspec says: what is wrong, and where, such as `$.outputs[0].unit`.
_SAID = re.compile(r"(.*?)(?: - at `\$(\S*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"Object (?:contains (unknown)|missing required) field `(.*)`", re.DOTALL)
_NAMES = {float: "a number", int: "a whole number", str: "text in quotes", bool: "true or false"}


def mistake(error: ValidationError, kind: type[Struct], table: dict[str, Any], where: str) -> ConfigError:
    """The sentence for what msgspec says of `table`, which stands in `where` and should be a `kind`."""
    said = _SAID.fullmatch(str(error))
    assert said is not None
    key, hint, value = _at(said[2] or "", kind, table)
    if field := _FIELD.fullmatch(said[1]):
        name = f"{key}.{field[2]}" if key else field[2]
        text = f"Unknown key '{_plain(name)}' in {where}: {_meant(name, hint, value, kind, table)}"
        return ConfigError(text if field[1] else f"'{name}' is missing in {where}.")
    if _tables(hint) and get_origin(hint) is not tuple:
        return ConfigError(f"'{key}' in {where} must be a table: write [{key}] and keys below it.")
    told = "" if _is_private(hint) or get_origin(hint) is type(value) is dict else f"is {shown(value)}, and "
    return ConfigError(f"'{key}' in {where} {told}must be {described(hint)}.")


def nearest(key: str, known: Iterable[str]) -> str | None:
    """The known key that an unknown one was perhaps meant to be."""
    return next(iter(difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)), None)


def shown(value: Any) -> str:
    """A value as people would write it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    try:
        return short.repr(value) if isinstance(value, (int, float, str, list)) else str(value)
    except ValueError:
        return "a number of thousands of digits"


def described(hint: Any) -> str:
    """What a value of this type may be, to go after 'must be'."""
    if get_origin(hint) is Annotated:
        base, *notes = get_args(hint)
        metas = [note for note in notes if isinstance(note, Meta)]
        told = next((meta.description for meta in metas if meta.description), "")
        return told or " ".join(filter(None, (described(base), *map(_limits, metas))))
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        if _tables(hint):
            return "a list of tables"
        return f"a list{'' if Ellipsis in inner else f' of {len(inner)}'}, each item {described(inner[0])}"
    if get_origin(hint) is dict:
        return f"a table, each value {described(inner[1])}"
    return _NAMES.get(hint, "a table")


def _limits(meta: Meta) -> str:
    if meta.ge is not None and meta.le is not None:
        return f"from {meta.ge:g} to {meta.le:g}" if meta.le < 1e6 else f"from {meta.ge} to {meta.le}"
    bounds = (("of at least", meta.ge), ("above", meta.gt), ("of at most", meta.le), ("below", meta.lt))
    return " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)


def _at(place: str, kind: type[Struct], table: dict[str, Any]) -> tuple[str, Any, Any]:
    """The key at a place of msgspec's, its type and value; of a list of values, all of it."""
    names: list[str] = []
    hint: Any = kind
    value: Any = table
    for name, index in _STEP.findall(place):
        if name:
            names.append(name)
            hint, value = _fields(hint, value)[name], value[name]
        elif _tables(hint):
            value = value[int(index)]
        else:
            break
    return ".".join(names), hint, value


def _tables(hint: Any) -> list[type[Struct]]:
    """The tables that a type is, or is a list of, or is one of."""
    return [part for part in (hint, *get_args(hint)) if isinstance(part, type) and issubclass(part, Struct)]


def _fields(hint: Any, value: Any) -> dict[str, Any]:
    """The keys of the table that `value` should be, and their types. Of several tables its tag tells which."""
    tables = _tables(hint)
    tag = tables[0].__struct_config__.tag_field
    name = value.get(tag) if tag and isinstance(value, dict) else None
    table = next((one for one in tables if one.__struct_config__.tag == name), tables[0])
    hints = get_type_hints(table, include_extras=True)
    fields = {field: hints[field] for field in table.__struct_encode_fields__}
    if tag:
        tags = ", ".join(str(one.__struct_config__.tag) for one in tables)
        fields[tag] = Annotated[str, Meta(description=f"one of {tags}")]
    return fields


def _meant(key: str, hint: Any, value: Any, kind: type[Struct], table: dict[str, Any]) -> str:
    prefix, dot, name = key.rpartition(".")
    here = list(_fields(hint, value))
    elsewhere = {known.rpartition(".")[2]: known for known in keys(kind, table)}
    near = elsewhere.get(name)
    if near is None and (beside := nearest(name, here)):
        near = prefix + dot + beside
    return f"perhaps you meant '{near}'." if near else f"known are {', '.join(here)}."


def keys(kind: type[Struct], table: Any = None) -> Iterator[str]:
    """Every key of a table and the tables in it, dotted."""
    for name, hint in _fields(kind, table).items():
        if _tables(hint):
            part = table.get(name) if isinstance(table, dict) else None
            yield from (f"{name}.{key}" for key in keys(hint, part))
        else:
            yield name


def _is_private(hint: Any) -> bool:
    notes = getattr(hint, "__metadata__", ())
    return any(isinstance(note, Meta) and (note.extra or {}).get("private") for note in notes)


def _plain(text: str) -> str:
    return text if text.isprintable() else ascii(text)[1:-1]
