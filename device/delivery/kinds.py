"""What a document on its way to the database is, told by the first part of its path; the order is that of sending."""

import re
from enum import IntEnum

from device.contract.aggregate import SECONDS_ROOT, SESSIONS_ROOT
from device.contract.pack import FRAMES_ROOT, SPANS_ROOT
from device.contract.record import ROOT as RECORDS_ROOT

_NUMBER = re.compile(r"\d{1,18}$")


class Kind(IntEnum):
    """The most telling in the fewest bytes goes first, and is dropped last."""

    NOTE = 0  # the state of the box, its clock: one small document per path
    SUMMARY = 1
    SPAN = 2  # seconds that were packed into one document, to be sent
    SECOND = 3
    PACK = 4  # records that were packed into one document, to be sent
    FRAME = 5  # one record


#: What a packed kind holds, and is counted as.
CONTENT = {Kind.SPAN: Kind.SECOND, Kind.PACK: Kind.FRAME}
_ROOTS = {
    SESSIONS_ROOT: Kind.SUMMARY,
    SPANS_ROOT: Kind.SPAN,
    SECONDS_ROOT: Kind.SECOND,
    FRAMES_ROOT: Kind.PACK,
    RECORDS_ROOT: Kind.FRAME,
}


def kind_of(path: str) -> Kind:
    """The kind of the document at a database path."""
    return _ROOTS.get(path.partition("/")[0], Kind.NOTE)


def number_of(path: str) -> int:
    """The number that a path ends with (`…/s000000042` → 42), 0 without one."""
    found = _NUMBER.search(path)
    return int(found[0]) if found else 0
