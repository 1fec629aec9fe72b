"""How active each part of the face was, for the heat map: by targets of the digital face."""

from collections.abc import Iterator

import numpy as np

from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS

#: FACS A: from here on a unit is present.
PRESENT = 1.0
_GAZE = ("AD61", "AD62", "AD63", "AD64")
_SIDES = {"left": "L", "right": "R"}


def activity(table: Table) -> dict[str, float]:
    """Target (`AU12_L`, `AU16`, `AD61`) → share of the time in which it was measured that it was present.

    A target that was never measured is absent. Where a record tells no sides, both are as the unit is. Where the eyes
    were never seen to turn, nothing is said of them: not every network finds irises.
    """
    return dict(_found(table)) if table.form is RECORDS else {}


def _found(table: Table) -> Iterator[tuple[str, float]]:
    for unit in ACTION_UNITS:
        both = table.values(f"aus.{unit.key}")
        if np.isnan(both).all():
            continue
        if not unit.sided:
            yield unit.key, _share(both, table.durations)
        for side, letter in _SIDES.items() if unit.sided else ():
            own = table.values(f"{side}.{unit.key}")
            yield f"{unit.key}_{letter}", _share(np.where(np.isnan(own), both, own), table.durations)
    yield from _gaze(table)


def _gaze(table: Table) -> Iterator[tuple[str, float]]:
    turned = {code: table.has_name("codes", code) for code in _GAZE}
    seen_s = float(table.durations[table.known("aus")].sum())
    for code, rows in turned.items() if any(rows.any() for rows in turned.values()) and seen_s else ():
        yield code, min(float(table.durations[rows].sum()) / seen_s, 1.0)


def _share(values: Values, lasting: Values) -> float:
    known = ~np.isnan(values)
    return float(lasting[known & (values >= PRESENT)].sum()) / max(float(lasting[known].sum()), 1e-9)
