"""What in a database is older than it is kept, by kind of data."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.erasing.ages import Ages, clock_s
from cloud.erasing.shard import Shard, children, pages
from cloud.erasing.whose import Progress
from cloud.reading import belonging
from device.contract import (
    aggregate,
    audit,
    boot,
    checkup,
    live,
    pack,
    patient,
    person,
    record,
    session,
    support,
    telemetry,
)
from device.contract.keys import month

if TYPE_CHECKING:
    from cloud.erasing.keep import Keep

_ORDER = RECORDS, SECONDS, MINUTES, VISITS, NOTES, AUDIT, CLOCKS, STATES = (
    "records",
    "seconds",
    "minutes",
    "visits",
    "notes",
    "audit",
    "clocks",
    "telemetry",
)
#: Where recordings stand alone → of what kind they are. The last three are of older boxes.
_ROOTS = {
    record.ROOT: RECORDS,
    aggregate.SECONDS_ROOT: SECONDS,
    aggregate.MINUTES_ROOT: MINUTES,
    "frames": RECORDS,
    "spans": SECONDS,
    "sessions": MINUTES,
}
_AHEAD_S = 86_400.0  # by how much a box's clock may differ from this one's
#: First letter of a pack's name → what is packed.
_PACKED = {"s": RECORDS, "t": SECONDS}


@dataclass
class Expired:
    """What is over in one database.

    Attributes:
        paths: kind → where.
        sessions: kind → of which sessions.
        unknown: boxes → sessions of which nobody knows when they were.
    """

    shard: Shard
    paths: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    unknown: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def in_order(self) -> list[tuple[str, list[str]]]:
        """Kind and places, in the order in which they are to go: what tells the age of something after it."""
        return [(kind, self.paths[kind]) for kind in _ORDER if self.paths.get(kind)]

    def add(self, kind: str, paths: list[str], of: tuple[str, str]) -> None:
        """Note what is over of a session."""
        if paths:
            self.paths[kind] += paths
            self.sessions[kind].add(of)


def expired(shard: Shard, keep: "Keep", now_s: float, progress: Progress) -> Expired:
    """Look for what is over; nothing is changed. Raises as `Shard`."""
    found = Expired(shard)
    limits = {kind: keep.limit_s(kind, now_s) for kind in (RECORDS, SECONDS, MINUTES, VISITS, CLOCKS)}
    if any(map(math.isfinite, limits.values())):
        visits = _visits(shard)
        devices = {device for root in (pack.ROOT, *_ROOTS, patient.ROOT, boot.ROOT) for device in shard.keys(root)}
        for device in sorted(devices | {device for device, _ in visits}):
            progress(f"sessions of {device} in {shard.name}")
            _of_box(found, Ages(shard, device, now_s + _AHEAD_S), device, visits, limits)
    _of_notes(found, keep.limit_s(NOTES, now_s), progress)
    _of_journal(found, keep.limit_s(AUDIT, now_s))
    _of_states(found, keep.limit_s(STATES, now_s))
    return found


def _visits(shard: Shard) -> dict[tuple[str, str], list[str]]:
    """Box and session → the places of its events, and of what diagnosis support said."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for root in (support.ROOT, session.ROOT):
        for whom in shard.keys(root):
            for key in shard.keys(f"{root}/{whom}"):
                if own := belonging.visit(key):
                    found[own].append(f"{root}/{whom}/{key}")
    return found


def _of_box(
    found: Expired, ages: Ages, device: str, visits: Mapping[tuple[str, str], list[str]], limits: Mapping[str, float]
) -> None:
    shard = found.shard
    there: dict[str, set[str]] = defaultdict(set)
    for root in (pack.ROOT, *_ROOTS, patient.ROOT):
        for name in shard.keys(f"{root}/{device}"):
            there[name].add(root)
    for of, name in visits:
        if of == device:
            there[name].add(session.ROOT)
    kept = set[str]()
    for name, roots in sorted(there.items()):
        began = ages.began(name, sorted(roots - {session.ROOT} or {patient.ROOT})[0])
        if began is None:
            found.unknown[device] += 1
            kept.add(name)
            continue
        over = {kind for kind, limit in limits.items() if began < limit}
        whole = _of_session(found, device, name, roots, over)
        if whole and VISITS in over:
            found.add(VISITS, [*visits.get((device, name), ()), *_note(device, name, roots)], (device, name))
        else:
            kept.add(name)
    _of_clocks(found, device, ages, kept, limits[CLOCKS])


def _of_session(found: Expired, device: str, name: str, roots: set[str], over: set[str]) -> bool:
    """Add what is over of the recordings of a session; whether that is all of them."""
    whole = True
    for root, kind in _ROOTS.items():
        if root in roots:
            if kind in over:
                found.add(kind, [f"{root}/{device}/{name}"], (device, name))
            else:
                whole = False
    if pack.ROOT in roots:
        place = f"{pack.ROOT}/{device}/{name}"
        if over >= {RECORDS, SECONDS}:
            found.add(RECORDS, [place], (device, name))
        elif over.isdisjoint((RECORDS, SECONDS)):
            whole = False
        else:
            by_kind: dict[str, list[str]] = defaultdict(list)
            for key in found.shard.keys(place):
                by_kind[_PACKED.get(key[:1], "")].append(f"{place}/{key}")
            for kind, paths in by_kind.items():
                if kind in over:
                    found.add(kind, paths, (device, name))
                else:
                    whole = False
    return whole


def _note(device: str, name: str, roots: set[str]) -> list[str]:
    return [patient.key(device, name)] if patient.ROOT in roots else []


def _of_clocks(found: Expired, device: str, ages: Ages, kept: set[str], limit: float) -> None:
    """Clocks of starts of which no session is kept: a session's time is that of its machine's start."""
    kernels = {name.partition("-")[0] for name in kept}
    for name, clock in ages.clocks.items():
        at = clock_s(clock)
        if at is not None and at < limit and name.partition("-")[0] not in kernels:
            found.paths[CLOCKS].append(f"{boot.ROOT}/{device}/{name}")


def _of_notes(found: Expired, limit_s: float, progress: Progress) -> None:
    if not math.isfinite(limit_s):
        return
    for whom in found.shard.keys(person.ROOT):
        progress(f"notes in {found.shard.name}")
        below = f"{person.ROOT}/{whom}"
        tops = [f"{below}/notes", *(f"{below}/marks/{key}" for key in found.shard.keys(f"{below}/marks"))]
        for top in tops:
            found.paths[NOTES] += _before(found.shard, top, limit_s)


def _of_journal(found: Expired, limit_s: float) -> None:
    """Whole months, and what is over of the month in which the limit lies."""
    if not math.isfinite(limit_s):
        return
    last = month(int(limit_s * 1000))
    for key in sorted(found.shard.keys(audit.ROOT)):
        if key < last:
            found.paths[AUDIT].append(f"{audit.ROOT}/{key}")
        elif key == last:
            found.paths[AUDIT] += _before(found.shard, f"{audit.ROOT}/{key}", limit_s)


def _of_states(found: Expired, limit_s: float) -> None:
    if not math.isfinite(limit_s):
        return
    for device in found.shard.keys(telemetry.ROOT):
        seen = found.shard.get(f"{telemetry.ROOT}/{device}/seen")
        if isinstance(seen, int) and seen < limit_s * 1000:
            places = (f"{root}/{device}" for root in (telemetry.ROOT, checkup.ROOT, live.ROOT))
            found.paths[STATES] += [place for place in places if found.shard.keys(place)]


def _before(shard: Shard, place: str, limit_s: float) -> Iterator[str]:
    for page in pages(shard, place):
        for key, entry in page.items():
            if isinstance(at := _at(entry), int) and at < limit_s * 1000:
                yield f"{place}/{key}"


def _at(entry: Any) -> Any:
    return children(entry).get("at")
