"""Columns: what many documents hold, a field at a time, as arrays (N,).

    kind of field               array       where a document lacks it
    number, integer, boolean    float64     NaN
    string                      int32       -1; else the number of the text in `Words`
    names                       uint32      0; else a bit for each of the field's names

`of_documents` looks at values by the column, not one by one, and takes only what is plainly right: whatever else there
is, it refuses as `IrregularError`, and the contract's own checks say what is wrong with which document (`sifted`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from device.contract import aggregate, choices, record
from device.contract.fields import LONGEST, Field, Json

Column = NDArray[Any]
Columns = dict[str, Column]
Rows = NDArray[np.intp]
Item = TypeVar("Item")
Found = TypeVar("Found")

_TYPES: dict[str, set[type]] = {
    "integer": {int},
    "number": {int, float},
    "boolean": {bool},
    "string": {str},
    "names": {list},
}
_DTYPES: dict[str, tuple[type, Any]] = {"string": (np.int32, -1), "names": (np.uint32, 0)}
_ABSENT = object()


class IrregularError(Exception):
    """Something here is not plainly right; a closer look says what, or that it is right after all."""


@dataclass(frozen=True)
class Form:
    """What is read: records, or the aggregates of seconds or minutes.

    Attributes:
        of: as packs call them.
        fields: by their paths.
        number: field that numbers them within a session.
        validate: the contract's own check of one; raises `DataError`.
    """

    of: str
    fields: dict[str, Field]
    number: str
    validate: Callable[[Any], None]


RECORDS = Form("records", {field.path: field for field in record.FIELDS}, "seq", record.validate)
SECONDS = Form("seconds", {field.path: field for field in aggregate.FIELDS}, "number", aggregate.validate)
MINUTES = Form("minutes", SECONDS.fields, "number", aggregate.validate)


class Words:
    """Every text that occurs, numbered from 0."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text, a new one for a new text. Raises `IrregularError`: no text of a document."""
        if text not in self._numbers:
            if len(text) > LONGEST or any("\ud800" <= character <= "\udfff" for character in text):
                raise IrregularError
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


def absent(field: Field, count: int) -> Column:
    """(count,) of a field that no document has."""
    dtype, nothing = _DTYPES.get(field.kind, (np.float64, np.nan))
    return np.full(count, nothing, dtype)


def known(column: Column) -> NDArray[np.bool_]:
    """(N,) where a column has a value."""
    if column.dtype == np.float64:
        return ~np.isnan(column)
    return column != 0 if column.dtype == np.uint32 else column >= 0


def encoded(field: Field, values: Sequence[Any], words: Words) -> Column:
    """The values, all of them there, as an array. Raises `IrregularError`."""
    if not _TYPES[field.kind].issuperset(map(type, values)):
        raise IrregularError
    if field.kind == "string":
        return np.fromiter(map(words.number, values), np.int32, len(values))
    if field.kind == "names":
        bits = {name: 1 << at for at, name in enumerate(field.names)}
        return np.fromiter((_bits(names, bits) for names in values), np.uint32, len(values))
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:
        raise IrregularError from None
    check_range(field, numbers)
    return numbers


def check_range(field: Field, numbers: NDArray[np.float64]) -> None:
    """Raises `IrregularError`: a number outside its field's range."""
    low, high = field.bounds
    if len(numbers) and not (numbers.min() >= low and numbers.max() <= high):  # not so for NaN
        raise IrregularError


def of_documents(documents: Sequence[Json], form: Form, words: Words) -> Columns:
    """Columns of documents. Raises `IrregularError`."""
    found: Columns = {}
    for path, values, rows in _paths(documents, np.arange(len(documents))):
        if path not in form.fields:
            raise IrregularError
        found[path] = encoded(form.fields[path], values, words)
        if len(rows) < len(documents):
            column = absent(form.fields[path], len(documents))
            column[rows] = found[path]
            found[path] = column
    check_together(found, form, words)
    return found


def check_together(columns: Columns, form: Form, words: Words) -> None:
    """Raises `IrregularError`: a field is missing that each document has, no box's name, or a status that is not
    borne out: not measured nor gated for reasons, or guesses of what was gated."""
    for path, field in form.fields.items():
        if field.required and (path not in columns or not known(columns[path]).all()):
            raise IrregularError
    if not all(choices.DEVICE_ID.fullmatch(words.texts[number]) for number in np.unique(columns["device"])):
        raise IrregularError
    if form is RECORDS:
        _check_status(columns, words)


def _check_status(columns: Columns, words: Words) -> None:
    status = columns["status"]
    gated = status == words.number("gated")
    reasons = columns.get("reasons", np.zeros(len(status), np.uint32)) != 0
    if not (gated | (status == words.number("measured"))).all() or (gated != reasons).any():
        raise IrregularError
    if gated.any():
        for path, column in columns.items():
            if path.partition(".")[0] in record.GUESSES and known(column[gated]).any():
                raise IrregularError


def concatenated(blocks: list[Columns], form: Form) -> Columns:
    """The blocks as one, with every field that some block or each document has. It takes the blocks apart on the way,
    so that little is in memory twice."""
    lengths = [len(block[form.number]) for block in blocks]
    found: Columns = {}
    for path, field in form.fields.items():
        if field.required or any(path in block for block in blocks):
            parts = (block.pop(path, None) for block in blocks)
            whole = [
                absent(field, length) if part is None else part for part, length in zip(parts, lengths, strict=True)
            ]
            found[path] = np.concatenate([absent(field, 0), *whole])
    return found


def sifted(
    items: Sequence[Item], plain: Callable[[Sequence[Item]], Found], careful: Callable[[Item], Iterable[Found]]
) -> Iterator[Found]:
    """What `plain` makes of all of them together; where something is irregular, of either half, down to single ones,
    which `careful` looks at."""
    try:
        yield plain(items)
    except IrregularError:
        if len(items) == 1:
            yield from careful(items[0])
            return
        half = len(items) // 2
        yield from sifted(items[:half], plain, careful)
        yield from sifted(items[half:], plain, careful)


def _paths(objects: Sequence[Json], rows: Rows, prefix: str = "") -> Iterator[tuple[str, Sequence[Any], Rows]]:
    """Each path that occurs in objects, which stand in documents of these numbers: its values, and the numbers of the
    documents that have it."""
    try:
        for name, values, having in _members(objects, rows):
            if "." in name:
                raise IrregularError
            if type(values[0]) is dict:
                yield from _paths(values, having, f"{prefix}{name}.")
            else:
                yield prefix + name, values, having
    except (TypeError, AttributeError, RecursionError):
        raise IrregularError from None


def _members(objects: Sequence[Json], rows: Rows) -> Iterator[tuple[str, Sequence[Any], Rows]]:
    """Each name in objects, its values, and the numbers of the documents that have it."""
    shapes = set(map(tuple, objects))
    if len(shapes) == 1:  # as most groups of a record are: four times as fast
        for name, values in zip(shapes.pop(), zip(*map(dict.values, objects), strict=True), strict=True):
            yield name, values, rows
        return
    for name in set().union(*shapes):
        found = [one.get(name, _ABSENT) for one in objects]
        there = [value is not _ABSENT for value in found]
        yield name, [*compress(found, there)], rows[there]


def _bits(names: list[Any], bits: dict[str, int]) -> int:
    try:
        found = {bits[name] for name in names}
    except (KeyError, TypeError):
        raise IrregularError from None
    if not found or len(found) < len(names):
        raise IrregularError
    return sum(found)
