"""Sessions by patient, box and month, and what each group comes to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cloud.reading.faults import Faults
from cloud.statistics.sums import Sums, added
from cloud.statistics.task import Found, Group, One
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, Reason

_HIGH = 0.95


@dataclass(eq=False)
class Gathered:
    """All files.

    Attributes:
        groups: what each comes to, in their order.
        sessions: DEVICE~SESSION of all that count.
        revoked, empty: of those that do not.
        twice: of those that stand in several files; the one with the most records counts.
        faults: what was passed over.
    """

    groups: dict[Group, Sums]
    sessions: list[str]
    revoked: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def gathered(several: Iterable[Found]) -> Gathered:
    """The sessions of all files, each once; the same however the files came. Raises what the first file in the order
    of names raised that could not be read."""
    files = sorted(several, key=lambda found: found.path)
    for found in files:
        if found.trouble:
            raise found.trouble
    faults = Faults()
    for found in files:
        faults.add(found.faults)
    revoked = sorted({visit for found in files for visit in found.revoked})
    chosen, twice = _each_once((one for found in files for one in found.sessions), {*revoked})
    groups: dict[Group, list[Sums]] = {}
    for one in sorted(chosen, key=lambda one: (one.group, one.visit)):
        groups.setdefault(one.group, []).append(one.sums)
    visits = sorted(one.visit for one in chosen)
    empty = sorted({visit for found in files for visit in found.empty}.difference(visits))
    return Gathered({group: added(sums) for group, sums in groups.items()}, visits, revoked, empty, twice, faults)


def _each_once(several: Iterable[One], without: set[str]) -> tuple[list[One], list[str]]:
    chosen: dict[str, One] = {}
    twice = set()
    for one in several:
        other = chosen.setdefault(one.visit, one)
        if other is not one:
            twice.add(one.visit)
            if one.sums.records > other.sums.records:
                chosen[one.visit] = one
    return [one for one in chosen.values() if one.visit not in without], sorted(twice - without)


def row(group: Group, sums: Sums) -> Json:
    """What a group comes to, by the name of each figure; None where it cannot be told. Shares are 0 to 1; those of
    emotions, and of what was not measured, are of the whole time."""
    found: Json = {"patient": group.patient or None, "device": group.device, "month": group.month}
    found |= {"sessions": sums.sessions, "records": sums.records, "minutes": sums.lasted_s / 60}
    found["measured.share"] = _share(sums.measured_s, sums.lasted_s)
    found |= dict(_unmeasured(sums))
    for name in EMOTIONS:
        found[f"emotions.{name}.share"] = _share(sums.emotions_s[name], sums.lasted_s)
    for key in ACTION_UNIT_KEYS:
        levels = sums.levels.get(key)
        found[f"aus.{key}.mean"] = levels.mean if levels else None
        found[f"aus.{key}.p95"] = levels.percentile(_HIGH) if levels else None
        found[f"aus.{key}.episodes_a_minute"] = 60 * sums.episodes[key] / levels.measured_s if levels else None
    found["blinks_a_minute"] = 60 * sums.blinks / sums.eyes_s if sums.eyes_s else None
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in found.items()}


def _unmeasured(sums: Sums) -> Iterator[tuple[str, float | None]]:
    for reason in Reason:
        yield f"unmeasured.{reason.value}.share", _share(sums.unseen_s[reason.value], sums.lasted_s)
    yield "unmeasured.no_records.share", _share(sums.unseen_s[""], sums.lasted_s)


def _share(part: float, whole: float) -> float | None:
    return min(part / whole, 1.0) if whole else None
