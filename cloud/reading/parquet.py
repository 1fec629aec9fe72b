"""Parquet: a column for each field by its dotted path, a row for each record, and the events as the file's metadata.

Numbers, whole numbers, booleans and texts are columns of those types, names are lists of texts, and what a record
lacks is null; so any program that reads Parquet reads it. `affectbox.events` in the metadata is a JSON list.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cloud.reading.columns import Columns, IrregularError, absent, check_together, encoded, known
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract.errors import DataError, RuntimeMissingError, StorageError
from device.contract.fields import Field, nest

_EVENTS = b"affectbox.events"
_ROWS = 20_000  # at once


def gather(path: Path, gathering: Gathering) -> None:
    """Take what is in a file.

    Raises:
        DataError: no such file, or none of ours.
        RuntimeMissingError: pyarrow is not installed.
    """
    arrow, parquet = _arrow()
    try:
        with parquet.ParquetFile(path) as file:
            for event in json.loads((file.schema_arrow.metadata or {}).get(_EVENTS, b"[]")):
                gathering.event(event)
            for batch in file.iter_batches(_ROWS):
                _take(batch, gathering)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or 'no Parquet'}): check the path.") from None
    except (arrow.ArrowException, ValueError, TypeError, RecursionError):
        raise DataError(f"{path} is no Parquet file of ours: name one that this program wrote.") from None


def write(table: Table, path: Path) -> None:
    """Write a table's records and events, as they were recorded. Raises `RuntimeMissingError`, `StorageError`."""
    arrow, parquet = _arrow()
    columns = {each: _array(arrow, table, table.form.fields[each]) for each in table.paths}
    events = json.dumps([event for session in table.sessions for event in session.events]).encode()
    try:
        parquet.write_table(arrow.table(columns).replace_schema_metadata({_EVENTS: events}), path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): name a file in a folder of yours.") from None


def _take(batch: Any, gathering: Gathering) -> None:
    try:
        gathering.columns(_columns(batch, gathering))
    except IrregularError:
        rows = ({name: value for name, value in row.items() if value is not None} for row in batch.to_pylist())
        gathering.documents([nest(row) for row in rows])


def _columns(batch: Any, gathering: Gathering) -> Columns:
    """The columns of some rows. Raises `IrregularError`."""
    form, count = gathering.form, batch.num_rows
    found: Columns = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if name not in form.fields:
            raise IrregularError
        there = np.asarray(array.is_valid())
        if there.any():
            values = encoded(form.fields[name], array.drop_null().to_pylist(), gathering.words)
            column = absent(form.fields[name], count)
            column[there] = values
            found[name] = column
    check_together(found, form, gathering.words)
    return found


def _array(arrow: Any, table: Table, field: Field) -> Any:
    """A field of the table as Arrow has it."""
    if field.kind == "string":
        return arrow.array(table.texts(field.path), arrow.string())
    if field.kind == "names":
        numbers, lists = table.lists(field.path)
        return arrow.array([list(lists[number]) if number >= 0 else None for number in numbers])
    values, types = table.values(field.path), {"integer": arrow.int64(), "boolean": arrow.bool_()}
    lacking = ~known(values)
    whole = np.where(lacking, 0, values)
    return arrow.array(whole, mask=lacking).cast(types.get(field.kind, arrow.float64()))


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415  # optional, and heavy
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise RuntimeMissingError("Parquet needs pyarrow: run `pip install 'affectbox[cloud]'`.") from None
    return pyarrow, parquet
