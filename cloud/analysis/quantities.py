"""What a table's rows say of action units, expressions, emotions and pain, as far as it is relied on.

Rows carry only the strongest expressions, so that one which is absent counts as 0, unless it requires an action unit
that was not measured, or, where nobody agreed to recording action units, one that was hidden. Where the readings
disagree, no expression and no emotion is relied on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.reading.table import Table
from cloud.reading.timeline import Mask, Values
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, EXPRESSIONS
from device.contract.templates import PEACEFUL, TEMPLATES

_REQUIRED = {template.name: template.required for template in TEMPLATES}
_REQUIRED[PEACEFUL] = tuple((key,) for key in ACTION_UNIT_KEYS)
_LABELS = {"emotions": tuple(sorted(EMOTIONS)), "expressions": tuple(sorted(EXPRESSIONS))}
#: From FACS A of the lip corner puller on, the cheeks may be those of a smile, and are not taken for pain.
_SMILE, _SMILING = "aus.AU12", 1.0
_PARTS = {unit.key: unit.part for unit in ACTION_UNITS}
#: What a consent has to cover → the fields that are recorded only if it does.
_NEEDS = {"expressions": ("emotions", "expressions"), "units": ("aus",)}


@dataclass(frozen=True, eq=False)
class Strongest:
    """The strongest of a group in each row: (N,) number in `names`; -1 where none is strong enough, none was measured,
    or the readings disagree."""

    numbers: NDArray[np.intp]
    names: tuple[str, ...]

    def shares(self, weights: Values) -> dict[str, float]:
        """Weight of each name that occurs, the greatest first."""
        there = self.numbers >= 0
        sums = np.bincount(self.numbers[there], weights[there], len(self.names)).tolist()
        occurring = [(self.names[number], sums[number]) for number in np.unique(self.numbers[there])]
        return dict(sorted(occurring, key=lambda item: -item[1]))

    def within(self, rows: Mask) -> "Strongest":
        """Of these rows alone."""
        return Strongest(self.numbers[rows], self.names)


def withheld(table: Table) -> tuple[str, ...]:
    """What was not recorded because the consent does not cover it, of one session: `expressions`, `units`."""
    consent = table.sessions[0].consent
    return (
        ()
        if consent is None
        else tuple(
            name
            for name, groups in _NEEDS.items()
            if name not in consent.covers and not any(table.known(group).any() for group in groups)
        )
    )


def disagree(table: Table) -> Mask:
    """(N,) where the strongest expression is not what the emotions say."""
    found: Mask = table.values("disagree") == 1
    return found


def values_of(table: Table, kind: str, key: str = "") -> Values:
    """(N,) values of `kind.key`, or of the field `kind` itself without a key; NaN where not measured."""
    values = table.values(f"{kind}.{key}" if key else kind)
    if kind == "expressions":
        values = np.where(_judged(table, key) & np.isnan(values), 0.0, values)
    return np.where(disagree(table), np.nan, values) if kind in _LABELS else values


def pain_without_smile(table: Table) -> Values:
    """(N,) PSPI, NaN where somebody smiled or it was not measured."""
    return np.where(table.values(_SMILE) >= _SMILING, np.nan, table.values("pain"))


def strongest_of(table: Table, kind: str, least: float = 0.0) -> Strongest:
    """The strongest emotion or expression, of at least `least`."""
    names = _LABELS[kind]
    stacked = np.array([table.values(f"{kind}.{name}") for name in names])
    stacked[np.isnan(stacked)] = -1.0
    numbers = stacked.argmax(0)
    strong = (stacked.max(0) >= least) & ~disagree(table)
    return Strongest(np.where(strong, numbers, -1), names)


def _judged(table: Table, expression: str) -> Mask:
    """(N,) where what the expression requires was measured."""
    found = np.ones(len(table), bool)
    unrecorded = "units" in withheld(table)
    for group in _REQUIRED[expression]:
        found &= np.any([_seen(table, unit, unrecorded) for unit in group], axis=0)
    return found


def _seen(table: Table, unit: str, unrecorded: bool) -> Mask:
    if not unrecorded:
        return table.known(f"aus.{unit}")
    seen: Mask = table.measured & ~table.has_name("hidden", _PARTS[unit])
    return seen
