"""A pack: many documents of one session as one small document, from which the very documents come back, byte for byte.

    of records     packs/DEVICE/SESSION/sNNNNNNNNN    N: `seq` of the first one in it
    of seconds     packs/DEVICE/SESSION/tNNNNNNNNN    N: `number` of the first one in it

Every document is in one pack, and a pack is never changed. (A record that `affectbox replay` sends again stands alone,
at `records/`: who reads both places unites them by identity.) `FIELDS` says what it holds; `columns` is a JSON object,
deflated (zlib, RFC 1950) and written in base64. To read it:

1. Undo base64 and deflate, and parse the JSON: an object from dotted field path (`aus.AU12`) to column. `device`,
   `boot` and `session` have none; they are the pack's own.
2. A column has `in` when some records lack the field: run lengths, beginning with records that have it, then those
   that lack it, and so on. Without `in` all have it. What follows counts only records that have it.
3. It also has one of
   `same`: the value in each;
   `each`: a list of the values;
   `step`: the differences between neighbours, the first from 0, of the values × 10^`digits`, as Base64 VLQ, the
   notation of source maps (ECMA-426): small steps are one character, and deflate well.

Why columns: neighbouring frames differ little, so most steps are small or nothing. Ten frames a second need a tenth of
what the same records take as JSON; gzip of whole requests saves less, and the database is not documented to take it.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Field, Json, canonical, check, leaves, nest, schema
from device.contract.session import session_of

VERSION = 1
ROOT = "packs"
#: What is packed → letter before the number in the pack's path, field that holds the number.
_OF = {"records": ("s", "seq"), "seconds": ("t", "number")}
FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True),
    Field("boot", "string", "one start of the daemon", required=True),
    Field("session", "string", "the session; from older boxes absent: then `boot`"),
    Field("of", "string", "what is packed: `records` or `seconds`", required=True),
    Field("first", "integer", "number of the first one", 0, required=True),
    Field("last", "integer", "number of the last one", 0, required=True),
    Field("count", "integer", "how many; fewer than the numbers say where the outbox thinned out", 1, required=True),
    Field("time.mono", "number", "monotonic time of the first one, seconds", 0, required=True),
    Field("time.wall", "number", "wall time of the first one, seconds since 1970", 0, required=True),
    Field("time.trusted", "boolean", "whether the wall clock was synchronized at the first one", required=True),
    Field("columns", "string", "the documents, as the module says", required=True),
)
_SHARED = ("device", "boot", "session")
_MAX_BYTES = 16_000_000  # of the columns as JSON: no pack of ours comes near
_MOST = 100_000
_MAX_DIGITS = 6
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_ABSENT = object()


def pack(records: Sequence[Json]) -> Json:
    """One document of records or seconds of one session and start, in the order of their numbers, at least one."""
    first, last = records[0], records[-1]
    of = "records" if "seq" in first else "seconds"
    number = _OF[of][1]
    flat = [dict(leaves(canonical(record))) for record in records]
    paths = sorted({path for record in flat for path in record}.difference(_SHARED))
    columns = {path: _column([record.get(path, _ABSENT) for record in flat]) for path in paths}
    return {
        "v": VERSION,
        **_shared(first),
        "of": of,
        "first": first[number],
        "last": last[number],
        "count": len(records),
        "time": first["time"],
        "columns": base64.b64encode(zlib.compress(_json(columns), 9)).decode(),
    }


def unpack(document: Json) -> list[Json]:
    """The documents, in order. Raises `DataError`."""
    check(document, FIELDS, "pack")
    if document["of"] not in _OF or document["count"] > _MOST:
        raise DataError(f"A pack of {document['count']} {document['of']} is not one of ours.")
    count = document["count"]
    records: list[Json] = [_shared(document) for _ in range(count)]
    try:
        inflate = zlib.decompressobj()
        columns = json.loads(inflate.decompress(base64.b64decode(document["columns"], validate=True), _MAX_BYTES))
        for path, column in columns.items():
            having = list(_having(records, column))
            for record, value in zip(having, _values(column, len(having)), strict=True):
                record[path] = value
    except (zlib.error, binascii.Error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"The columns of a pack cannot be read: {error}.") from error
    return [nest(record) for record in records]


def key(document: Json) -> str:
    """The pack's place in the database."""
    letter, _ = _OF[document["of"]]
    return f"{ROOT}/{document['device']}/{session_of(document)}/{letter}{document['first']:09d}"


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a pack."""
    return schema(FIELDS, f"Affectbox pack, version {VERSION}")


def _shared(document: Json) -> Json:
    return {name: document[name] for name in _SHARED if name in document}


def _column(values: list[Any]) -> Json:
    runs = [(there, len(list(run))) for there, run in groupby(value is not _ABSENT for value in values)]
    lengths = ([] if runs[0][0] else [0]) + [length for _, length in runs]
    known = [value for value in values if value is not _ABSENT]
    return ({"in": lengths} if len(known) < len(values) else {}) | _content(known)


def _content(values: list[Any]) -> Json:
    if all(value == values[0] for value in values):
        return {"same": values[0]}
    digits = _digits(values)
    if digits is None:
        return {"each": values}
    scaled = [round(value * 10**digits) for value in values]
    steps = [b - a for a, b in zip([0, *scaled], scaled, strict=False)]
    return {"digits": digits, "step": "".join(_vlq(step) for step in steps)}


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


def _having(records: list[Json], column: Json) -> Iterator[Json]:
    there, at = True, 0
    for length in column.get("in", [len(records)]):
        if there:
            yield from records[at : at + length]
        there, at = not there, at + length


def _values(column: Json, count: int) -> list[Any]:
    if "same" in column:
        return [column["same"]] * count
    if "each" in column:
        return list(column["each"])
    return [_restored(scaled, column["digits"]) for scaled in accumulate(_from_vlq(column["step"]))]


def _vlq(number: int) -> str:
    rest, text = (abs(number) << 1) | (number < 0), ""
    while True:
        rest, low = rest >> 5, rest & 31
        text += _DIGITS[low | (32 if rest else 0)]
        if not rest:
            return text


def _from_vlq(text: str) -> Iterator[int]:
    number = shift = 0
    for digit in text:
        value = _VALUES[digit]
        number |= (value & 31) << shift
        shift += 5
        if not value & 32:
            yield -(number >> 1) if number & 1 else number >> 1
            number = shift = 0


def _json(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
