"""The columns of a pack, read with suspicion (until the contract does it itself)."""

import base64
import binascii
import json
import zlib
from typing import Any

from device.contract import aggregate, record
from device.contract.errors import DataError
from device.contract.fields import Field, Json, check
from device.contract.pack import FIELDS

MOST = 10_000
TEXT_BASE, TEXT_EACH = 2_500, 500
_JSON_BASE, _JSON_EACH, _JSON_MOST = 10_000, 3_000, 5_000_000
_MAX_DIGITS = 6
_CONTENTS = ({"same"}, {"each"}, {"digits", "step"})
_OF = {
    of: {field.path: field for field in fields if field.path not in ("device", "boot", "session")}
    for of, fields in (("records", record.FIELDS), ("seconds", aggregate.FIELDS))
}


def columns_of(document: Json) -> dict[str, Json]:
    """The columns by field path, right in form. Raises `DataError`."""
    check(document, FIELDS, "pack")
    if document["of"] not in _OF or document["count"] > MOST:
        raise DataError("Not a pack: none of ours.")
    try:
        columns = json.loads(_inflated(document["columns"], document["count"]))
    except (ValueError, RecursionError):
        raise DataError("Not a pack: its columns are no JSON.") from None
    if not isinstance(columns, dict):
        raise DataError("Not a pack: its columns are no object.")
    known = _OF[document["of"]]
    for path, column in columns.items():
        if path not in known:
            raise DataError(f"Not a pack: it has a column {ascii(path)[:60]}.")
        _check_form(path, column, document["count"])
    return columns


def fields_of(document: Json) -> dict[str, Field]:
    return _OF[document["of"]]


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
    wrong = DataError(f"Not a pack: its column '{path}' is malformed.")
    if not isinstance(column, dict) or column.keys() - {"in"} not in _CONTENTS:
        raise wrong
    runs = column.get("in", [count])
    if not isinstance(runs, list) or not runs or any(type(run) is not int or run < 0 for run in runs):
        raise wrong
    if sum(runs) != count or 0 in runs[1:]:
        raise wrong
    having = sum(runs[::2])
    if not having or ("each" in column and not (isinstance(column["each"], list) and len(column["each"]) == having)):
        raise wrong
    digits = column.get("digits", 0)
    if type(digits) is not int or not 0 <= digits <= _MAX_DIGITS or not isinstance(column.get("step", ""), str):
        raise wrong
