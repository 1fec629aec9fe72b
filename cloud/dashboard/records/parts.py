"""The parts of a session: the whole, and each phase, with the means of what was chosen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloud.analysis.measures import LEAST_SHARE, Measure, is_enough, lasted_s, rows, seen_s, seen_share
from cloud.analysis.uncertainty import Estimate, estimate
from cloud.dashboard.records.marks import Mark
from cloud.reading.table import Table

#: Of a part of a session, seconds that must have been seen at least, to say much.
LEAST_S = 60.0


@dataclass(frozen=True)
class Part:
    """A part of a session.

    Attributes:
        seen: share that was measured.
        enough: whether that is enough to say much.
        means: by the ids of measures; without those that it does not tell of.
        afterwards: whether it was marked afterwards.
    """

    name: str
    lasted_s: float
    seen: float
    enough: bool
    means: Mapping[str, Estimate]
    afterwards: bool = False


def parts(table: Table, told: Iterable[Mark], measures: Iterable[Measure]) -> list[Part]:
    """The whole session, of at least one row, and its phases in their order."""
    chosen = [*measures]
    whole = Part("whole session", lasted_s(table), seen_share(table) or 0.0, is_enough(table), means(table, chosen))
    return [whole, *(part(table, one, chosen) for one in told)]


def part(table: Table, one: Mark, measures: Iterable[Measure]) -> Part:
    """One phase."""
    end_s = one.from_s if one.to_s is None else one.to_s
    inside = table.select((table.time >= one.from_s) & (table.time < end_s))
    lasted = end_s - one.from_s
    seen = min(float(seen_s(inside).sum()), lasted)
    share = seen / max(lasted, 1e-9)
    return Part(
        one.name, lasted, share, share >= LEAST_SHARE and seen >= LEAST_S, means(inside, measures), bool(one.key)
    )


def means(table: Table, measures: Iterable[Measure]) -> dict[str, Estimate]:
    """Mean and interval of each measure that rows tell of."""
    if not len(table):
        return {}
    return {one.id: found for one in measures if (found := estimate(*rows(table, one), (0.0, one.high)))}
