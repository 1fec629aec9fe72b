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

from collections.abc import Sequence
from itertools import pairwise

from device.contract import aggregate, record
from device.contract.columns import ABSENT, column, read, values, write
from device.contract.errors import DataError
from device.contract.fields import LAST, LATEST_S, Field, Json, canonical, check, leaves, nest, schema
from device.contract.session import session_of

VERSION = 1
ROOT = "packs"
MOST = 10_000  # documents in a pack: a session of a quarter of an hour, where a box packs a quarter of a minute
#: What is packed → letter before the number in the pack's path, field that holds the number.
_OF = {"records": ("s", "seq"), "seconds": ("t", "number")}
KINDS = tuple(_OF)
FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("boot", "string", "one start of the daemon", required=True, key=True),
    Field("session", "string", "the session; from older boxes absent: then `boot`", key=True),
    Field("of", "string", "what is packed: `records` or `seconds`", required=True),
    Field("first", "integer", "number of the first one", 0, LAST, required=True),
    Field("last", "integer", "number of the last one", 0, LAST, required=True),
    Field("count", "integer", "how many; fewer than the numbers say where some were left out", 1, MOST, required=True),
    Field("time.mono", "number", "monotonic time of the first one, seconds", 0, LATEST_S, required=True),
    Field("time.wall", "number", "wall time of the first one, seconds since 1970", 0, LATEST_S, required=True),
    Field("time.trusted", "boolean", "whether the wall clock was synchronized at the first one", required=True),
    Field("columns", "string", "the documents, as the module says", required=True, longest=1_000_000),
)
_SHARED = ("device", "boot", "session")
_CONTENTS = {"records": record.FIELDS, "seconds": aggregate.FIELDS}


def pack(records: Sequence[Json]) -> Json:
    """One document of records or seconds of one session, in the order of their numbers, at least one.

    Raises:
        DataError: more than `MOST`.
    """
    if len(records) > MOST:
        raise DataError(f"A pack holds {MOST} documents at most.")
    first, last = records[0], records[-1]
    of = "records" if "seq" in first else "seconds"
    number = _OF[of][1]
    flat = [dict(leaves(canonical(one))) for one in records]
    paths = sorted({path for one in flat for path in one}.difference(_SHARED))
    packed = {path: column([one.get(path, ABSENT) for one in flat]) for path in paths}
    return {
        "v": VERSION,
        **_shared(first),
        "of": of,
        "first": first[number],
        "last": last[number],
        "count": len(records),
        "time": first["time"],
        "columns": write(packed),
    }


def columns(document: Json) -> dict[str, Json]:
    """The columns of a pack by field path, right in form (see `device/contract/columns.py`). Raises `DataError`."""
    check(document, FIELDS, "pack")
    if document["of"] not in _OF:
        raise DataError(f"Not a pack: it is of {document['of']!a}.")
    return read(document["columns"], document["count"], fields(document))


def fields(document: Json) -> tuple[Field, ...]:
    """The fields that a pack can have columns of: all that its documents do not share."""
    return tuple(field for field in _CONTENTS[document["of"]] if field.path not in _SHARED)


def unpack(document: Json) -> list[Json]:
    """The documents, in order, each of them valid.

    Raises:
        DataError: what no box of ours would have packed, whatever it is. Bounded in time and memory.
    """
    there, known = columns(document), {field.path: field for field in fields(document)}
    flat: list[Json] = [_shared(document) for _ in range(document["count"])]
    for path, packed in there.items():
        for one, value in zip(flat, values(packed, len(flat), known[path]), strict=True):
            if value is not ABSENT:
                one[path] = value
    found = [nest(one) for one in flat]
    _check_contents(document, found)
    return found


def key(document: Json) -> str:
    """The pack's place in the database."""
    letter, _ = _OF[document["of"]]
    return f"{ROOT}/{document['device']}/{session_of(document)}/{letter}{document['first']:09d}"


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a pack."""
    return schema(FIELDS, f"Affectbox pack, version {VERSION}")


def _shared(document: Json) -> Json:
    return {name: document[name] for name in _SHARED if name in document}


def _check_contents(document: Json, found: Sequence[Json]) -> None:
    """Raises `DataError`: not what the pack says of its contents, not in order, or a record with contradictions."""
    name = _OF[document["of"]][1]
    numbers = [one[name] for one in found]
    if numbers[0] != document["first"] or numbers[-1] != document["last"] or found[0]["time"] != document["time"]:
        raise DataError("Not a pack: its first or last document is not the one that it names.")
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise DataError("Not a pack: its documents are not in order.")
    if document["of"] == "records":
        for one in found:
            record.check_status(one)
