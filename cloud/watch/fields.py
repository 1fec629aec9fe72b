"""What a box's telemetry says, field by field, and what follows from it and from the documents before it.

A document may be of a later version, or of another program: whatever is not of the expected type counts as not said.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

from device.contract import telemetry
from device.contract.fields import Json

Value = bool | float | str | None
#: What follows from telemetry → what it is.
DERIVED = {
    "silent_s": "seconds since the database last took telemetry of the box; absent where it said that it ends",
    "clock_off_s": "by how many seconds the box's clock is away from the database's",
    "queue": "documents that wait on the box",
    "queue_grows": "whether more waited in each of the last five reports",
    "disk_free_percent": "free room on the outbox's disk, per cent",
    "under_voltage": "whether the power supply gives too little, now",
    "budget_percent": "data sent this month, per cent of the budget",
    "budget_projected_percent": "the same, at the end of the month",
    "versions_behind": "how many versions that other boxes run are newer",
    "twins": "whether two boxes report under this name, within the last quarter of an hour",
    "troubled": "whether something keeps the box from its work",
    "update_failed": "whether the last update was rolled back, or failed",
    "telemetry_unknown": "whether its telemetry is of a version that is not known here",
    "refused_grew_s": "seconds since the database refused one more of its documents",
    "damaged_grew_s": "seconds since one more of its outboxes was found damaged",
    "dropped_grew_s": "seconds since it dropped documents for want of room",
    "unkept_grew_s": "seconds since a full disk did not take a record",
}
#: What only the watch itself knows; see `cloud.watch.watch`.
OF_THE_WATCH = {"database_away_s": "seconds for which the watch could not read the database"}
_OF_TELEMETRY = {one.path: one.meaning for one in telemetry.FIELDS}
#: Everything that a rule can be about → what it is.
KNOWN = _OF_TELEMETRY | DERIVED | OF_THE_WATCH
COUNTERS = ("refused", "damaged", "dropped", "unkept")
TWINS_MS = 15 * 60_000
_USUAL_S, _LONGEST_S = 60.0, 900.0
_KEPT = 5
_FAILED = ("back", "refused")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Memory:
    """What is kept of a box's documents before the newest.

    Attributes:
        seen_ms: when the database took the newest.
        intervals: seconds between the last ones.
        boots: starts of the daemon, each once, the newest last.
        twins_ms: when a start was heard again after another one, 0 for never.
        queues: documents that waited, in the last reports.
        counts: how much was lost, by counter.
        grew_ms: when a counter grew, by counter.
    """

    seen_ms: int = 0
    intervals: tuple[float, ...] = ()
    boots: tuple[str, ...] = ()
    twins_ms: int = 0
    queues: tuple[float, ...] = ()
    counts: Mapping[str, float] = field(default_factory=dict)
    grew_ms: Mapping[str, int] = field(default_factory=dict)

    @property
    def every_s(self) -> float:
        """How often the box reports, in seconds: the median of the last intervals, within a minute and fifteen."""
        return min(max(median(self.intervals), _USUAL_S), _LONGEST_S) if self.intervals else _USUAL_S

    @property
    def silent_after_s(self) -> float:
        """After how many seconds without a report it counts as silent: three are missing."""
        return 3 * self.every_s + 20


def value(document: Any, path: str) -> Value:
    """What stands at a dotted path: a truth value, a finite number or a text; None where there is none of these."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, bool | str):
        return document
    if isinstance(document, int | float) and math.isfinite(document):
        return float(document)
    return None


def number(document: Any, path: str) -> float | None:
    """What stands at a dotted path, if it is a number."""
    found = value(document, path)
    return None if isinstance(found, bool | str) else found


def words(document: Any, path: str) -> str:
    """What stands at a dotted path, if it is a text, else the empty one."""
    found = value(document, path)
    return found if isinstance(found, str) else ""


def seen_ms(document: Any) -> int:
    """When the database took the document, 0 where it does not say."""
    return int(number(document, "seen") or 0)


def queue(document: Any) -> float | None:
    """Documents that wait."""
    counts = [number(document, f"waiting.{name}") for name in ("record", "second", "minute")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def remembered(memory: Memory, document: Any) -> Memory:
    """The memory with one more document; one that the database took before is nothing new."""
    seen = seen_ms(document)
    if seen <= memory.seen_ms:
        return memory
    counts = {name: count for name in COUNTERS if (count := _count(document, name)) is not None}
    grew = {name: seen for name, count in counts.items() if count > memory.counts.get(name, math.inf)}
    waiting = queue(document)
    interval = ((seen - memory.seen_ms) / 1000,) if memory.seen_ms else ()
    return replace(
        memory,
        seen_ms=seen,
        intervals=(*memory.intervals, *interval)[-_KEPT:],
        queues=(*memory.queues, *(() if waiting is None else (waiting,)))[-_KEPT:],
        counts={**memory.counts, **counts},
        grew_ms={**memory.grew_ms, **grew},
        **_starts(memory, words(document, "boot"), seen),
    )


def _starts(memory: Memory, boot: str, seen: int) -> Json:
    if not boot or memory.boots[-1:] == (boot,):
        return {}
    again = boot in memory.boots  # a daemon that starts anew never takes an old name
    boots = (*(one for one in memory.boots if one != boot), boot)[-_KEPT:]
    return {"boots": boots, "twins_ms": seen if again else memory.twins_ms}


def _count(document: Any, name: str) -> float | None:
    if name != "dropped":
        return number(document, name)
    counts = [number(document, f"dropped.{kind}") for kind in ("record", "second", "minute")]
    return sum(count or 0 for count in counts) if any(count is not None for count in counts) else None


def derive(document: Any, memory: Memory, now_ms: int, versions: Iterable[str] = ()) -> dict[str, Value]:
    """Every field of `DERIVED`, None where it cannot be told. `now_ms` is the database's time; `versions` are those
    that boxes of the fleet run."""
    ended = words(document, "state") == telemetry.State.ENDED
    heard = memory.seen_ms or seen_ms(document)
    silent = max(now_ms - heard, 0) / 1000 if heard and not ended else None
    grew = {
        f"{name}_grew_s": (now_ms - memory.grew_ms[name]) / 1000 if name in memory.grew_ms else None
        for name in COUNTERS
    }
    return {
        "silent_s": silent,
        "clock_off_s": _clock_off(document),
        "queue": queue(document),
        "queue_grows": _grows(memory.queues),
        "disk_free_percent": _share(number(document, "disk.free"), number(document, "disk.size")),
        "under_voltage": value(document, "host.under_voltage"),
        "budget_percent": _of_budget(document, "month.bytes"),
        "budget_projected_percent": _of_budget(document, "month.projected"),
        "versions_behind": _behind(words(document, "version"), versions),
        "twins": bool(memory.twins_ms and now_ms - memory.twins_ms < TWINS_MS),
        "troubled": bool(words(document, "trouble") or words(document, "desk.trouble")) if heard else None,
        "update_failed": words(document, "update.state") in _FAILED if words(document, "update.state") else None,
        "telemetry_unknown": number(document, "v") not in range(1, telemetry.VERSION + 1) if heard else None,
        **grew,
    }


def _clock_off(document: Any) -> float | None:
    wall, seen = number(document, "time.wall"), seen_ms(document)
    return None if wall is None or not seen else abs(wall - seen / 1000)


def _grows(queues: tuple[float, ...]) -> bool:
    return len(queues) == _KEPT and all(later > before for before, later in pairwise(queues))


def _share(part: float | None, whole: float | None) -> float | None:
    return round(100 * part / whole, 1) if part is not None and whole else None


def _of_budget(document: Any, path: str) -> float | None:
    budget = number(document, "budget.mb")
    return _share(number(document, path), budget * 1e6 if budget else None)


def _behind(version: str, versions: Iterable[str]) -> float | None:
    if not version:
        return None
    return float(len({_rank(other) for other in versions if _rank(other) > _rank(version)}))


@lru_cache(maxsize=1000)
def _rank(version: str) -> tuple[int, ...]:
    """`0.2.1.dev3+gHASH` → (0, 2, 1, -1, 3): releases by their numbers, what leads to one before it."""
    release, _, leading = version.partition("+")[0].partition(".dev")
    numbers = tuple(int(found) for found in _NUMBER.findall(release)[:4])
    return (*numbers, *([0] * (4 - len(numbers))), -1 if leading else 0, int(leading) if leading.isdecimal() else 0)
