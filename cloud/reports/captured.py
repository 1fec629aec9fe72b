"""When a session was captured, in words."""

from datetime import UTC, datetime

import numpy as np

from cloud.reading.table import Table
from cloud.reports.summary import records


def captured(table: Table) -> str:
    """From when to when; the table is of one session."""
    first, last = table.wall[0], table.wall[-1]
    if np.isnan(first) or np.isnan(last):
        return "nobody knows when: the clock was never set; order and durations are right"
    late = int((table.values("time.trusted") == 0).sum())
    note = f" ({records(late)} corrected, for the clock was set only later)" if late else ""
    return f"{moment(first)} to {moment(last)} UTC{note}"


def moment(seconds: float | None) -> str:
    """`2026-11-27 15:00:00`, of seconds since 1970; `?` where nobody knows, or no calendar has it."""
    try:
        return "?" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "?"
