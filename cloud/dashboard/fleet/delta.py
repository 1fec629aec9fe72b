"""What a tab has to be told, so that it shows what is: rows with the columns that changed, and rows that are gone."""

from collections.abc import Mapping
from typing import Any

from device.contract.fields import Json

Row = dict[str, Any]


def kept(before: Row | None, now: Row) -> Row:
    """The row with the columns of the one before where they did not change; that one itself where none did."""
    if before is None:
        return now
    merged = {name: before[name] if before.get(name) == column else column for name, column in now.items()}
    same = len(before) == len(merged) and all(before.get(name) is column for name, column in merged.items())
    return before if same else merged


def told(sent: dict[str, Row], rows: Mapping[str, Row]) -> Json:
    """What is new since `sent`, which is brought up to date; empty where nothing is."""
    changed = []
    for device, row in rows.items():
        before = sent.get(device)
        if before is not row:
            sent[device] = row
            new = row if before is None else {n: column for n, column in row.items() if before.get(n) is not column}
            changed.append({"id": device} | new)
    gone = [device for device in sent if device not in rows]
    for device in gone:
        del sent[device]
    return {name: what for name, what in (("rows", changed), ("gone", gone)) if what}
