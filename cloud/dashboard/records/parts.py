"""The parts of a session that its page tells of: the whole, and each phase, with the means of what was chosen."""

from collections.abc import Iterable

from cloud.analysis import parts as analysis
from cloud.analysis.measures import Measure
from cloud.analysis.parts import Part, Stretch
from cloud.dashboard.records.marks import Mark
from cloud.reading.table import Table


def parts(table: Table, told: Iterable[Mark], measures: Iterable[Measure]) -> list[Part]:
    """The whole session, of at least one row, and its phases in their order."""
    return analysis.parts(table, map(_stretch, told), measures)


def _stretch(one: Mark) -> Stretch:
    return Stretch(one.name, "phase", one.from_s, one.from_s if one.to_s is None else one.to_s, bool(one.key))
