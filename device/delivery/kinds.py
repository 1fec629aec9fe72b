"""What a document on its way to the database is, told by its path; the order is that of sending."""

import re
from enum import IntEnum

from device.contract import aggregate, pack, record

_NUMBER = re.compile(r"\d{1,18}$")


class Kind(IntEnum):
    """The most telling in the fewest bytes goes first, and is dropped last."""

    NOTE = 0  # events of sessions, the state of the box, its clock: one small document per path
    MINUTE = 1
    PACKED_SECONDS = 2  # seconds that were packed into one document, to be sent
    SECOND = 3
    PACKED_RECORDS = 4  # records that were packed into one document, to be sent
    RECORD = 5


#: What a packed kind holds, and is counted as.
CONTENT = {Kind.PACKED_SECONDS: Kind.SECOND, Kind.PACKED_RECORDS: Kind.RECORD}
#: What is counted.
COUNTED = (Kind.MINUTE, Kind.SECOND, Kind.RECORD)
_ROOTS = {
    (aggregate.MINUTES_ROOT, "n"): Kind.MINUTE,
    (pack.ROOT, "t"): Kind.PACKED_SECONDS,
    (aggregate.SECONDS_ROOT, "t"): Kind.SECOND,
    (pack.ROOT, "s"): Kind.PACKED_RECORDS,
    (record.ROOT, "s"): Kind.RECORD,
}


def kind_of(path: str) -> Kind:
    """The kind of the document at a database path, by its root and the letter of its last key."""
    return _ROOTS.get((path.partition("/")[0], path.rpartition("/")[2][:1]), Kind.NOTE)


def number_of(path: str) -> int:
    """The number that a path ends with (`…/s000000042` → 42), 0 without one."""
    found = _NUMBER.search(path)
    return int(found[0]) if found else 0
