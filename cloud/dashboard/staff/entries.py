"""The audit, read: a month of entries, filtered, with names, and as a table for other programs."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cloud.dashboard.base import Base
from cloud.dashboard.person import Visit
from device.contract import audit
from device.contract.errors import DataError

#: What was done, in words.
WORDS = {
    "signed_in": "signed in",
    "opened": "opened the record",
    "listed": "listed patients",
    "session": "looked at a session",
    "watched": "watched a session live",
    "compared": "compared sessions",
    "exported": "exported data",
    "edited": "edited the record",
    "noted": "wrote a note",
    "marked": "marked a part of a session",
    "consented": "noted a consent",
    "erased": "erased a person",
    "commanded": "commanded a session",
    "fleet_commanded": "commanded boxes",
    "staff": "changed who may do what",
    "expired": "deleted what was older than it is kept",
}
#: With these a spreadsheet begins a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEAD = ("time_utc", "name", "account", "did", "patient", "session", "device")


@dataclass(frozen=True)
class Entry:
    """One entry. `at_ms`: milliseconds since 1970; `name`: of who did it, or their account; else "" where absent."""

    at_ms: int
    by: str
    name: str
    did: str
    patient: str
    visit: str
    device: str

    @property
    def time(self) -> str:
        """YYYY-MM-DD HH:MM:SS, in Greenwich."""
        return datetime.fromtimestamp(self.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


async def months(base: Base, visit: Visit) -> list[str]:
    """The months of which there are entries, the newest first; this month in any case."""
    found = await base.object(visit, audit.ROOT, shallow="true")
    return sorted({*found, audit.key(base.now_ms(), "x").split("/")[1]}, reverse=True)


async def entries(
    base: Base, visit: Visit, month: str, by: str = "", patient: str = "", names: Mapping[str, str] | None = None
) -> tuple[list[Entry], int]:
    """Entries of a month, the newest first, and how many there are that this version cannot read."""
    found = await base.object(visit, f"{audit.ROOT}/{month}")
    read, unread = [], 0
    for document in found.values():
        try:
            audit.validate(document)
        except DataError:
            unread += 1
        else:
            read.append(_entry(document, names or {}))
    wanted = patient.strip().lower()
    kept = [one for one in read if (not by or one.by == by) and (not wanted or one.patient == wanted)]
    return sorted(kept, key=lambda one: one.at_ms, reverse=True), unread


def as_csv(kept: list[Entry]) -> str:
    """A table (RFC 4180). What a spreadsheet would take for a formula has an apostrophe before it.

    Source: OWASP, "CSV Injection".
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(_HEAD)
    for one in kept:
        row = (one.time, one.name, one.by, one.did, one.patient, one.visit, one.device)
        table.writerow(f"'{text}" if text.startswith(_FORMULA) else text for text in row)
    return out.getvalue()


def _entry(document: Mapping[str, Any], names: Mapping[str, str]) -> Entry:
    by = document["by"]
    told = [str(document.get(key, "")) for key in ("did", "patient", "visit", "device")]
    return Entry(document["at"], by, names.get(by, by), *told)
