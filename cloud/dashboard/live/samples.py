"""Samples for the strips: the columns that a tab is sent of records or seconds, each once, in the database's time.

A box's monotonic clock does not jump, so strips are drawn by it; `Clock` says how far it lies behind the database's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud.dashboard.live.words import first_reason
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS

#: For so long samples are kept, for a tab that opens later.
KEPT_S = 310.0
#: A trusted clock says of a moment that it lies between so many seconds before and after the database had it.
_EARLY_S, _LATE_S = 90.0, 2.0
#: By so much a clock may drift before the strips are drawn anew.
_MOVED_S = 0.5
_DECIMALS = 2


@dataclass
class Clock:
    """How far a box's monotonic clock lies behind the database's, and how that is known.

    Attributes:
        offset_s: added to monotonic seconds gives seconds since 1970 by the database; None while nothing tells.
        trusted: whether the box's own clock tells it; else the moment when the database first had something.
        wrong_s: by how much the box's wall clock is off, where it is; 0 where it is right.
    """

    boot: str = ""
    offset_s: float | None = None
    trusted: bool = False
    wrong_s: float = 0.0

    def hear(self, document: Json, seen_ms: int | None) -> bool:
        """Learn from a document with `boot` and `time`, which the database took at `seen_ms`. Returns whether samples
        that were sent stand elsewhere now."""
        if document["boot"] != self.boot:
            self.boot, self.offset_s, self.trusted, self.wrong_s = document["boot"], None, False, 0.0
        before = self.offset_s
        mono, wall = document["time"]["mono"], document["time"]["wall"]
        plausible = seen_ms is None or -_LATE_S <= seen_ms / 1000 - wall <= _EARLY_S
        if document["time"]["trusted"] and plausible:
            if not self.trusted or before is None or abs(wall - mono - before) > _MOVED_S:
                self.offset_s = wall - mono
            self.trusted, self.wrong_s = True, 0.0
        elif seen_ms is not None:
            arrived = seen_ms / 1000 - mono
            known = before is not None and not self.trusted
            self.offset_s = min(arrived, before) if known and before is not None else arrived
            self.trusted, self.wrong_s = False, wall - seen_ms / 1000
        elif before is None:
            self.offset_s = wall - mono
        return before is not None and self.offset_s is not None and abs(before - self.offset_s) > _MOVED_S

    def database_s(self, mono_s: float) -> float:
        """A monotonic time of this start, in seconds since 1970 by the database."""
        return round(mono_s + (self.offset_s or 0.0), 3)


@dataclass
class Samples:
    """Those of one session that were heard lately; nothing is heard twice."""

    session: str
    _there: dict[tuple[int, int], Json] = field(default_factory=dict)

    def add(self, records: Iterable[Json]) -> list[Json]:
        """Take records or seconds; those that were not there yet, in order."""
        fresh = []
        for record in records:
            identity = (record["span"], record["number"]) if "span" in record else (0, record["seq"])
            if identity not in self._there:
                self._there[identity] = record
                fresh.append(record)
        self._forget()
        return sorted(fresh, key=_mono)

    def newest(self) -> Json | None:
        """The newest one."""
        return max(self._there.values(), key=_mono, default=None)

    def all(self) -> list[Json]:
        """All that are kept, in order."""
        return sorted(self._there.values(), key=_mono)

    def _forget(self) -> None:
        newest = self.newest()
        if newest is None:
            return
        least = _mono(newest) - KEPT_S
        for identity in [identity for identity, record in self._there.items() if _mono(record) < least]:
            del self._there[identity]


def columns(records: Sequence[Json], clock: Clock) -> Json:
    """What a tab is sent of records or seconds, by columns: `at` (seconds since 1970 by the database), `why` (of
    `Reason`, None where it was measured), `hidden` ("upper", "lower", "both" or None), `disagree`, and `values`: a
    column of each emotion, action unit and of pain that any of them has, None where one has it not."""
    rows = [_row(record) for record in records]
    names = [name for name in (*EMOTIONS, *ACTION_UNIT_KEYS, "pain") if any(name in row.values for row in rows)]
    return {
        "at": [clock.database_s(_mono(record)) for record in records],
        "why": [row.why for row in rows],
        "hidden": [row.hidden for row in rows],
        "disagree": [row.disagree for row in rows],
        "values": {name: [row.values.get(name) for row in rows] for name in names},
    }


@dataclass(frozen=True)
class _Row:
    values: Mapping[str, float]
    why: str | None = None
    hidden: str | None = None
    disagree: bool = False


def _row(record: Json) -> _Row:
    return _of_record(record) if "seq" in record else _of_second(record)


def _of_record(record: Json) -> _Row:
    if record["status"] == "gated":
        return _Row({}, why=first_reason(record["reasons"]))
    parts = record.get("hidden", [])
    hidden = "both" if len(parts) > 1 else next(iter(parts), None)
    return _Row(_values(record), hidden=hidden, disagree=bool(record.get("disagree", False)))


def _of_second(second: Json) -> _Row:
    """A second's means; the commonest reason where most of it was not measured."""
    reasons = second.get("reasons", {})
    if second["share"] < 0.5 and reasons:
        return _Row({}, why=max(reasons, key=lambda reason: reasons[reason]))
    return _Row(_values(second.get("mean", {})))


def _values(holder: Mapping[str, Any]) -> dict[str, float]:
    found = {**holder.get("emotions", {}), **holder.get("aus", {})}
    if "pain" in holder:
        found["pain"] = holder["pain"]
    return {name: round(value, _DECIMALS) for name, value in found.items()}


def _mono(record: Json) -> float:
    return float(record["time"]["mono"])
