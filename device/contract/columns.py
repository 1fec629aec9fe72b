"""The columns of a pack: how a field's values of many documents are written, and read again with suspicion.

The format is described in `device/contract/pack.py`. A pack comes from outside and may hold anything: reading one is
bounded in time and memory by `count`, and whatever a writer of ours would not have written is refused.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Field, Json, canonical, check_value, parse

#: Of a pack's text: characters for the names of fields, and for each document. Documents of every field with random
#: values take 1 420 and 400 characters; a session's take 40 each.
TEXT_BASE, TEXT_EACH = 2_500, 500
#: Of the JSON in it, bytes; such documents take 4 600 and 450.
_JSON_BASE, _JSON_EACH, _JSON_MOST = 10_000, 3_000, 5_000_000
_MAX_DIGITS = 6
_VLQ_CHARACTERS = 13  # of one step: 64 bits and a sign
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_CONTENTS = ({"same"}, {"each"}, {"digits", "step"})
ABSENT = object()  # in the place of a value: the document lacks the field


def write(columns: Json) -> str:
    """Columns as text: JSON, deflated, in base64."""
    plain = json.dumps(columns, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    return base64.b64encode(zlib.compress(plain, 9)).decode()


def column(values: Sequence[Any]) -> Json:
    """The column of a field's values, `ABSENT` where a document lacks it."""
    runs = [(there, len(list(run))) for there, run in groupby(value is not ABSENT for value in values)]
    lengths = ([] if runs[0][0] else [0]) + [length for _, length in runs]
    known = [value for value in values if value is not ABSENT]
    return ({"in": lengths} if len(known) < len(values) else {}) | _content(known)


def read(text: str, count: int, fields: Sequence[Field]) -> dict[str, Json]:
    """The columns of `count` documents of these fields, by path: right in form, their values not yet looked at.

    Raises:
        DataError: not base64 of deflated JSON, larger than that many documents can be, a column that is none of theirs
            or not of a column's form, or one missing that each of them has.
    """
    columns = parse(_inflated(text, count), "pack")
    if not isinstance(columns, dict):
        raise DataError("Not a pack: its columns are no object.")
    known = {field.path: field for field in fields}
    for path, column in columns.items():
        if path not in known:
            raise DataError(f"Not a pack: it has a column {ascii(path)[:60]}.")
        _check_form(path, column, count)
    for path, field in known.items():
        if field.required and "in" in columns.get(path, {"in": ()}):
            raise DataError(f"Not a pack: '{path}' is missing, of some or all of it.")
    return columns


def values(column: Json, count: int, field: Field) -> list[Any]:
    """The field's value of each of `count` documents, `ABSENT` where one lacks it. Raises `DataError`."""
    runs = column.get("in", [count])
    known = _known(column, sum(runs[::2]), field)
    at = 0
    spread: list[Any] = []
    for number, length in enumerate(runs):
        here = number % 2 == 0
        spread += known[at : at + length] if here else [ABSENT] * length
        at += length if here else 0
    return spread


def _inflated(text: str, count: int) -> bytes:
    if len(text) > TEXT_BASE + TEXT_EACH * count:
        raise DataError(f"Not a pack: {len(text)} characters are too many for {count} documents.")
    most = min(_JSON_BASE + _JSON_EACH * count, _JSON_MOST)
    try:
        inflate = zlib.decompressobj()
        plain = inflate.decompress(base64.b64decode(text, validate=True), most)
    except (zlib.error, binascii.Error, ValueError) as error:
        raise DataError(f"Not a pack: {error}.") from None
    if not inflate.eof or inflate.unused_data:
        raise DataError(f"Not a pack: its columns end too soon, or are more than {most} bytes.")
    return plain


def _check_form(path: str, column: Any, count: int) -> None:
    """Run lengths that cover the documents, and one kind of content. Raises `DataError`."""
    wrong = DataError(f"Not a pack: its column '{path}' is malformed.")
    if not isinstance(column, dict) or column.keys() - {"in"} not in _CONTENTS:
        raise wrong
    runs = column.get("in", [count])
    if not isinstance(runs, list) or not runs or any(type(run) is not int or run < 0 for run in runs):
        raise wrong
    if sum(runs) != count or 0 in runs[1:]:
        raise wrong
    having = sum(runs[::2])
    if not having or ("each" in column and not _is_list_of(column["each"], having)):
        raise wrong
    digits = column.get("digits", 0)
    if type(digits) is not int or not 0 <= digits <= _MAX_DIGITS or not isinstance(column.get("step", ""), str):
        raise wrong


def _is_list_of(items: Any, count: int) -> bool:
    return isinstance(items, list) and len(items) == count


def _known(column: Json, count: int, field: Field) -> list[Any]:
    """The values where there are any, each a value of the field. Raises `DataError`."""
    if "step" not in column:
        known = column["each"] if "each" in column else [column["same"]]
        for value in known:
            check_value(field, value, "pack")
        return list(known) if "each" in column else known * count
    known = [_restored(scaled, column["digits"]) for scaled in accumulate(from_vlq(column["step"], count))]
    if field.kind == "integer" and column["digits"]:
        raise DataError(f"Field '{field.path}' of a pack is a whole number, and has decimals.")
    for value in (min(known), max(known)):
        check_value(field, value, "pack")
    return known


def _content(values: list[Any]) -> Json:
    if all(value == values[0] for value in values):
        return {"same": values[0]}
    digits = _digits(values)
    if digits is None:
        return {"each": values}
    scaled = [round(value * 10**digits) for value in values]
    steps = [b - a for a, b in zip([0, *scaled], scaled, strict=False)]
    return {"digits": digits, "step": "".join(vlq(step) for step in steps)}


def _digits(values: list[Any]) -> int | None:
    """The fewest decimals that restore every value exactly; None where there are none, or for what is no number."""
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return None
    for digits in range(_MAX_DIGITS + 1):
        if all(_restored(round(value * 10**digits), digits) == value for value in values):
            return digits
    return None


def _restored(scaled: int, digits: int) -> float | int:
    return canonical(scaled / 10**digits) if digits else scaled


def vlq(number: int) -> str:
    """A whole number as Base64 VLQ (ECMA-426)."""
    rest, text = (abs(number) << 1) | (number < 0), ""
    while True:
        rest, low = rest >> 5, rest & 31
        text += _DIGITS[low | (32 if rest else 0)]
        if not rest:
            return text


def from_vlq(text: str, count: int) -> Iterator[int]:
    """The `count` whole numbers of a text in Base64 VLQ. Raises `DataError`: another count, or no such text."""
    number = shift = found = 0
    for digit in text:
        value = _VALUES.get(digit)
        if value is None or shift >= 5 * _VLQ_CHARACTERS:
            raise DataError("Not a pack: its steps are no Base64 VLQ.")
        number |= (value & 31) << shift
        shift += 5
        if not value & 32:
            found += 1
            yield -(number >> 1) if number & 1 else number >> 1
            number = shift = 0
    if shift or found != count:
        raise DataError(f"Not a pack: it has {found} steps for {count} values.")
