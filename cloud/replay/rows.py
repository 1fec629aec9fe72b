"""Which rows the diagram of a part of a session has, and what they hold."""

from dataclasses import dataclass

import numpy as np

from cloud.analysis.episodes import by_support
from cloud.analysis.plain import plain
from cloud.analysis.quantities import values_of
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from cloud.replay.part import Part
from cloud.reports.summary import WITHHELD
from device.contract.labels import ACTION_UNITS, SIDED_KEYS, Tier

_MOST_UNITS, _LEAST_UNITS, _MOST_EXPRESSIONS = 12, 8, 3
_NAMES = {unit.key: unit.name.partition(" (")[0].lower() for unit in ACTION_UNITS}
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}


@dataclass(frozen=True, eq=False)
class Row:
    """A quantity over the rows of the table: (N,) values in its own unit, NaN where not measured; where the sides are
    told apart, both."""

    kind: str
    key: str
    tier: Tier
    values: Values
    sides: tuple[Values, Values] | None = None

    @property
    def top(self) -> float:
        """The greatest value that there can be."""
        return 5.0 if self.kind == "aus" else 1.0

    @property
    def name(self) -> str:
        return f"{self.key} {plain(self.key)}" if self.kind == "aus" else self.key.replace("_", " ")

    @property
    def short(self) -> str:
        """The name that FACS has for it, often a shorter one."""
        return f"{self.key} {_NAMES[self.key]}" if self.kind == "aus" else self.name

    def said(self, row: int) -> str:
        """Its value in a row of the table; '–' where not measured, or where no row stands (-1)."""
        value = self.values[row] if row >= 0 else np.nan
        return "–" if np.isnan(value) else f"{value:.1f}" if self.kind == "aus" else f"{value:.2f}"


def rows_of(table: Table, analysis: Analysis, part: Part) -> list[Row]:
    """What had an episode in a part of a session, the best supported first; of action units at least eight, as far as
    there are so many: then those that are relied on most."""
    within = [e for e in analysis.episodes if e.offset_s > part.begin_s and e.onset_s < part.end_s]
    units = [found[0].key for found in by_support(within, "aus")][:_MOST_UNITS]
    others = [unit.key for tier in Tier for unit in ACTION_UNITS if unit.tier is tier and unit.key not in units]
    known = [key for key in others if table.known(f"aus.{key}").any()]
    units += known[: max(_LEAST_UNITS - len(units), 0)]
    found = [_unit(table, key) for key in units]
    expressions = [e[0] for e in by_support(within, "expressions") if e[0].key not in WITHHELD]
    return found + [
        Row("expressions", one.key, Tier(one.tier), values_of(table, "expressions", one.key))
        for one in expressions[:_MOST_EXPRESSIONS]
    ]


def _unit(table: Table, key: str) -> Row:
    sides = None
    if key in SIDED_KEYS and all(table.known(f"{side}.{key}").any() for side in ("left", "right")):
        sides = values_of(table, "left", key), values_of(table, "right", key)
    return Row("aus", key, _TIERS[key], values_of(table, "aus", key), sides)
