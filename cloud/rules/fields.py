"""What the fields of a document may be, in the language of the database's rules.

Fields of one object that may be the same, such as the action units, share one rule with a pattern of their names, and
so do objects that may: the rules are a third as long as with a rule for each.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from device.contract.fields import Field

Rules = dict[str, Any]

MAX_ID = 40  # characters of the id of a session or a start
_IDS = ("boot", "session")
_REFUSED: Rules = {".validate": False}
_SHARED = 3  # fields that may be the same, for a rule of their own


def children(fields: Iterable[Field], keys: Iterable[str], equal: Mapping[str, str] = MappingProxyType({})) -> Rules:
    """The rules below a document: whatever is not known is refused.

    Args:
        fields: what it may hold.
        keys: the wildcards above it, such as `$device`; a field of such a name must say the same.
        equal: field → what else it must be, in the rules' language.
    """
    tree: Rules = {}
    for field in fields:
        *parents, name = field.path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        if field.path in equal:
            node[name] = f"newData.val() === {equal[field.path]}"
        else:
            node[name] = _names(field) if field.kind == "names" else _value(field, keys)
    return _group(tree)


def required(fields: Iterable[Field]) -> str:
    """That a document has all that it must have."""
    names = ", ".join(f"'{field.path.replace('.', '/')}'" for field in fields if field.required)
    return f"newData.hasChildren([{names}])"


def same(fields: Iterable[Field]) -> str:
    """That a document is what is there already."""
    return every(f"data.child('{path}').val() === newData.child('{path}').val()" for path in _leaf_paths(fields))


def padded(number: str, digits: int) -> str:
    """A number, in the rules' language, with zeros before it, as keys have it."""
    zeros = " : ".join(f"{number} < {10**count} ? '{'0' * (digits - count)}'" for count in range(1, digits))
    return f"({zeros} : '') + {number}"


def one_of(name: str, *values: str) -> str:
    """That a field is one of these words."""
    return f"newData.child('{name}').val().matches(/^({'|'.join(values)})$/)"


def every(conditions: Iterable[str]) -> str:
    """That all conditions hold; an empty one says nothing."""
    return " && ".join(condition for condition in conditions if condition)


def _group(node: Rules) -> Rules:
    """Rules of an object's children, of which those with the rule that is longest in all share one."""
    rules = {name: _whole(below) for name, below in node.items()}
    told = {name: json.dumps(rule) for name, rule in rules.items()}
    alike = {rule: count for rule, count in Counter(told.values()).items() if count >= _SHARED}
    shared = max(alike, key=lambda rule: alike[rule] * len(rule), default="")
    names = [name for name, rule in told.items() if rule == shared]
    if not names:
        return {**rules, "$field": _REFUSED}
    own: Rules = json.loads(shared.replace("$field", "$inside"))
    rest = every([f"$field.matches(/^({'|'.join(names)})$/)", own[".validate"]])
    return {**{name: rule for name, rule in rules.items() if name not in names}, "$field": {**own, ".validate": rest}}


def _whole(below: Any) -> Rules:
    """The rules of a child: of a value, of a list, or of an object and what is in it."""
    if isinstance(below, str):
        return {".validate": below}
    return below if ".validate" in below else {".validate": "newData.hasChildren()", **_group(below)}


def _names(field: Field) -> Rules:
    """A list is an object of the numbers from 0."""
    places = "|".join(str(n) for n in range(field.places))
    name = f"newData.isString() && newData.val().matches(/^({'|'.join(field.names)})$/)"
    return {".validate": "newData.hasChild('0')", "$n": {".validate": f"$n.matches(/^({places})$/) && {name}"}}


def _value(field: Field, keys: Iterable[str]) -> str:
    """What a leaf may be. A document says itself whose it is; that must be where it stands."""
    if f"${field.path}" in keys:
        return f"newData.val() === ${field.path}"
    match field.kind:
        case "boolean":
            return "newData.isBoolean()"
        case "string":
            return _text(field)
    low, high = (int(bound) if float(bound).is_integer() else bound for bound in field.bounds)
    whole = "newData.val() % 1 === 0" if field.kind == "integer" else ""
    return every(["newData.isNumber()", whole, f"newData.val() >= {low}", f"newData.val() <= {high}"])


def _text(field: Field) -> str:
    """What a text may be. A name or a pattern says by itself how long it is at most, unless it may repeat."""
    if pattern := "|".join(field.names) or field.pattern:
        most = "" if field.names or "+" not in pattern else f"newData.val().length <= {field.longest}"
        return every(["newData.isString()", f"newData.val().matches(/^({pattern.replace('(?:', '(')})$/)", most])
    return f"newData.isString() && newData.val().length <= {MAX_ID if field.path in _IDS else field.longest}"


def _leaf_paths(fields: Iterable[Field]) -> list[str]:
    """Every place below the document that can hold a value; a list's entries are numbered from 0."""
    paths = []
    for field in fields:
        path = field.path.replace(".", "/")
        paths += [f"{path}/{n}" for n in range(field.places)] if field.kind == "names" else [path]
    return paths
