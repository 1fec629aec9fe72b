"""Sessions to report on: simulated ones, as files of JSON lines."""

from collections.abc import Callable
from dataclasses import replace

from cloud.demo.people import PEOPLE, Plan
from cloud.demo.sessions import documents
from device.contract.fields import Json
from device.contract.pack import unpack
from device.contract.record import encode

_BEGINS_S = 1_795_800_000.0  # a Friday in November 2026
SHORT = Plan(PEOPLE[0], 5, _BEGINS_S, 1.5, "ordinary", True, 10, "report/short")
LONG = replace(SHORT, minutes=50.0, chance="report/long")
EMPTY = replace(SHORT, minutes=0.3, chance="report/empty")


def session_lines(plan: Plan, change: Callable[[Json], Json] | None = None) -> bytes:
    """A file of the session's events and records; of `EMPTY` nothing was measured. `change`: of each record."""
    change = _in_the_dark if plan is EMPTY else change
    lines = []
    for path, document in documents(plan):
        assert isinstance(document, (dict, str))
        if path.startswith(("visits/", "support/")):
            lines.append(encode(document))
        elif path.startswith("packs/"):
            lines += [encode(change(one) if change else one) for one in unpack(document)]
    return b"\n".join(lines) + b"\n"


def one_sided(record: Json) -> Json:
    """A record whose right side moves half as much as the left."""
    if "aus" not in record:
        return record
    sided = {key: value for key, value in record["aus"].items() if key in _SIDED}
    return record | {"left": sided, "right": {key: round(value / 2, 2) for key, value in sided.items()}}


def _in_the_dark(record: Json) -> Json:
    kept = {name: record[name] for name in ("v", "device", "boot", "session", "seq", "time", "frame")}
    return kept | {"status": "gated", "reasons": ["too_dark"], "faces": 0}


_SIDED = ("AU1", "AU2", "AU4", "AU6", "AU12", "AU15")
