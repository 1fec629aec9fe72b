"""The rows of one session as Parquet, CSV or JSON."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

import numpy as np

from cloud.erasing import known
from cloud.export import fhir
from cloud.export.columns import NAMES, ColumnSet, batch, schema
from cloud.reading import parquet
from cloud.reading.table import Table
from device.contract import boot
from device.contract.errors import DataError
from device.contract.fields import Json

_ROWS = 10_000  # a row group
_BETWEEN = "|"  # names in a field of CSV


def writer(columns: ColumnSet, name: str) -> Callable[[Table, IO[bytes]], None]:
    """What writes a session's rows in a format."""
    if name == "ndjson":
        return fhir.write
    return partial(to_parquet if name == "parquet" else to_csv, columns)


def to_parquet(columns: ColumnSet, table: Table, file: IO[bytes]) -> None:
    """Write a session's rows as Parquet, with what its events tell as metadata."""
    _, library = parquet.libraries()
    beside = [name for name in schema(columns).names if name not in table.form.fields]
    form = schema(columns).with_metadata(_metadata(table, beside))
    with library.ParquetWriter(file, form, compression="zstd") as writer:
        writer.write_table(batch(columns, table, form), _ROWS)


def to_csv(columns: ColumnSet, table: Table, file: IO[bytes]) -> None:
    """Write a session's rows as CSV, with a header; lists of names with | between them."""
    parquet.libraries()
    from pyarrow import csv  # noqa: PLC0415  optional, and heavy

    form = schema(columns)
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    file.write((",".join(form.names) + "\n").encode())
    flat = _flat(columns, form)
    with csv.CSVWriter(file, flat, write_options=options) as writer:
        writer.write_table(_flattened(columns, batch(columns, table, form), flat), _ROWS)


def _metadata(table: Table, beside: list[str]) -> dict[str, str]:
    """What this program's own reader needs beside the columns (`cloud/reading/parquet.py`)."""
    session = table.sessions[0]
    told: Json = {
        parquet.DEVICE: session.device,
        parquet.EVENTS: list(session.events),
        parquet.CLOCKS: [*_clocks(table)],
        parquet.WHOM: {known.visit(session.device, session.id): session.patient} if session.patient else {},
        parquet.BESIDE: beside,
        parquet.ENDED: session.why,
    }
    return {name: json.dumps(value) for name, value in told.items()}


def _clocks(table: Table) -> Iterator[Json]:
    """The clocks by which rows were corrected."""
    late = (table.values("time.trusted") == 0) & ~np.isnan(table.wall)
    mono, starts = table.values("time.mono"), table.texts("boot")
    for start in dict.fromkeys(starts[late].tolist()):
        row = int(np.argmax(late & (starts == start)))
        clock = {"offset": float(table.wall[row] - mono[row]), "mono": float(mono[row]), "trusted": True}
        whole = {"v": boot.VERSION, "device": table.sessions[0].device, "boot": start} | clock
        try:
            boot.validate(whole)
        except DataError:
            continue
        yield whole


def _flat(columns: ColumnSet, form: Any) -> Any:
    arrow, _ = parquet.libraries()
    lists = {column.name for column in columns.columns if column.kind == NAMES}
    return arrow.schema([(one.name, arrow.string() if one.name in lists else one.type) for one in form])


def _flattened(columns: ColumnSet, rows: Any, flat: Any) -> Any:
    """The rows with lists as texts."""
    arrow, _ = parquet.libraries()
    from pyarrow import compute  # noqa: PLC0415

    made = [
        compute.binary_join(rows[column.name].combine_chunks(), _BETWEEN)
        if column.kind == NAMES
        else rows[column.name]
        for column in columns.columns
    ]
    return arrow.table(made, schema=flat)
