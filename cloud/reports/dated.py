"""When a session was, in the words of its readers: in the time zone of the machine that writes."""

import math
from datetime import UTC, datetime

import numpy as np

from cloud.reading.table import Table


def local(at_s: float | None) -> datetime | None:
    """A time in seconds since 1970; None where nobody knows, or no calendar has it."""
    try:
        known = at_s is not None and not math.isnan(at_s)
        return datetime.fromtimestamp(at_s, UTC).astimezone() if known and at_s is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def day_of(table: Table) -> str:
    """`27 November 2026`; 'date unknown'."""
    at = local(_first(table))
    return f"{at.day} {at:%B %Y}" if at else "date unknown"


def times_of(table: Table) -> str:
    """`Friday 27 November 2026, 15:00 to 15:50 CET`, and how far that can be relied on."""
    begin, end = local(_first(table)), local(float(table.wall[-1]))
    if begin is None or end is None:
        return "Nobody knows when: the clock was never set; order and durations are right"
    said = f"{begin:%A} {begin.day} {begin:%B %Y, %H:%M} to {end:%H:%M %Z}"
    late = bool((table.values("time.trusted") == 0).any())
    return f"{said} (the clock was set only during the session; times before that are corrected)" if late else said


def _first(table: Table) -> float | None:
    known = table.wall[~np.isnan(table.wall)]
    return float(known[0]) if len(known) else None
