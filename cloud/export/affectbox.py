"""The set `affectbox`: every field of a record under its own name, and what a row needs to stand for itself.

The box is no column: as the programs that read folders of `device=…/month=…` want it, it stands in the folder's name
alone, and in the metadata of Parquet, from which this program's own reader takes it.
"""

from functools import partial
from typing import Any

import numpy as np

from cloud.analysis.measures import lasted_s
from cloud.analysis.parts import stimuli
from cloud.export.columns import NAMES, NUMBER, TEXT, TIME, Column, ColumnSet
from cloud.export.units import tier_of, unit_of
from cloud.reading import parquet
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table, Texts
from cloud.reading.timeline import GAP_S
from device.contract.fields import Field
from device.contract.session import RESPONSE_S

_FOLDER = "device"


def _field(field: Field) -> Column:
    return Column(
        field.path,
        field.kind,
        f"{field.meaning}; of: {', '.join(field.names)}" if field.kind == NAMES else field.meaning,
        partial(_values, field=field),
        unit_of(field.path, field.kind),
        field.low,
        field.high,
        tier_of(field.path),
    )


def _values(table: Table, field: Field) -> Any:
    return parquet.array(table, field)


def _patient(table: Table) -> Texts:
    return np.full(len(table), table.sessions[0].patient or None, object)


def _phase(table: Table) -> Texts:
    """(N,) the phase in which each row is."""
    found = np.full(len(table), None, object)
    for span in table.sessions[0].phases:
        found[(table.time >= span.begin_s) & (table.time < span.end_s)] = span.name
    return found


def _stimulus(table: Table) -> Texts:
    """(N,) the stimulus after which each row is."""
    found = np.full(len(table), None, object)
    for one in stimuli(table.sessions[0], lasted_s(table)):
        found[(table.time >= one.begin_s) & (table.time < one.end_s)] = one.name
    return found


#: What stands beside the fields of records: no field is called so.
BESIDE = (
    Column("patient", TEXT, "pseudonym of whom the session watched, or `unnamed`; empty: nobody said", _patient),
    Column("phase", TEXT, "name of the phase of the session in which this is", _phase),
    Column(
        "stimulus",
        TEXT,
        f"name of what was shown or asked before this: until the next, the phase's end, or {RESPONSE_S:.0f} s later",
        _stimulus,
    ),
    Column(
        "wall_time",
        TIME,
        "when it was captured, corrected where the clock was set only later; empty: the clock was never set",
        lambda table: table.wall,
        "UTC",
    ),
    Column(
        "session_time",
        NUMBER,
        "since the session's first record; by the video's own time where it has one",
        lambda table: table.time,
        "s",
        0,
    ),
    Column(
        "lasts",
        NUMBER,
        f"how long the record stands: until the next one, at most {GAP_S} s, for what follows a gap is not known",
        lambda table: table.durations,
        "s",
        0,
        GAP_S,
    ),
)
SET = ColumnSet(
    "affectbox",
    (*BESIDE, *(_field(field) for path, field in RECORDS.fields.items() if path != _FOLDER)),
    (
        "`device` (the box) and `month` (UTC, by the session's first record; `unknown` where the clock was never set) "
        "are the names of the folders.",
        "What was not measured is empty, never 0.",
        "Frames do not come evenly: weigh means and shares by `lasts`.",
        "Left and right are the person's own.",
    ),
    "parquet",
)
