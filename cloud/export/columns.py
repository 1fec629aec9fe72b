"""A set of columns: what each is called, what it means, and how it comes from the reader's table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloud.reading import parquet
from cloud.reading.table import Table
from cloud.reading.timeline import Values

NUMBER, INTEGER, BOOLEAN, TEXT, NAMES, TIME = "number", "integer", "boolean", "string", "names", "time"
#: (N,) values of a column, from the rows of one session: numbers with NaN where there is none, texts with None, or
#: what pyarrow makes of a field.
Make = Callable[[Table], Any]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: `number`, `integer`, `boolean`, `string`, `names` (a list of texts) or `time` (UTC, to the microsecond).
        meaning: in words.
        of: makes it.
        unit: of a number; '' where it has none.
        low, high: the range of a number, None where it has no end.
        tier: how far an estimate can be relied on; '' for what is no estimate.
    """

    name: str
    kind: str
    meaning: str
    of: Make
    unit: str = ""
    low: float | None = None
    high: float | None = None
    tier: str = ""


@dataclass(frozen=True)
class ColumnSet:
    """The columns of an export.

    Attributes:
        name: as `--set` calls it.
        columns: in their order.
        notes: what whoever uses it has to know, a sentence each.
        format: that is written if nobody says.
    """

    name: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    format: str


def empty(table: Table) -> Values:
    """(N,) of nothing: a column that a program expects, and that is not measured here."""
    return np.full(len(table), np.nan)


def radians(degrees: Values, sign: float) -> Values:
    """(N,) angles in radians, to millionths, turned round where `sign` is -1."""
    found: Values = np.round(sign * np.radians(degrees), 6) + 0.0  # no negative zero
    return found


def schema(columns: ColumnSet) -> Any:
    """The columns' types, as Arrow has them. Raises `RuntimeMissingError`."""
    arrow, _ = parquet.libraries()
    types = {
        NUMBER: arrow.float64(),
        INTEGER: arrow.int64(),
        BOOLEAN: arrow.bool_(),
        TEXT: arrow.string(),
        NAMES: arrow.list_(arrow.string()),
        TIME: arrow.timestamp("us", "UTC"),
    }
    return arrow.schema([(column.name, types[column.kind]) for column in columns.columns])


def batch(columns: ColumnSet, table: Table, form: Any) -> Any:
    """The rows of one session as an Arrow table of the schema `form`."""
    arrow, _ = parquet.libraries()
    made = [_array(arrow, column, column.of(table), form.field(column.name).type) for column in columns.columns]
    return arrow.table(made, schema=form)


def _array(arrow: Any, column: Column, values: Any, kind: Any) -> Any:
    if not isinstance(values, np.ndarray):
        return values
    if column.kind == TEXT:
        return arrow.array(values, kind)
    lacking = np.isnan(values)
    whole = np.where(lacking, 0, values)
    if column.kind == TIME:
        return arrow.array(np.rint(whole * 1e6).astype(np.int64), mask=lacking).cast(kind)
    return arrow.array(whole, mask=lacking).cast(kind)
