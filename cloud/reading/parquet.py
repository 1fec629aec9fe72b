"""Parquet: a column for each field by its dotted path, a row for each record, and the rest as the file's metadata.

Numbers, whole numbers, booleans and texts are columns of those types, names are lists of texts, and what a record
lacks is null; so any program that reads Parquet reads it. The metadata, each of JSON:

    affectbox.events   the sessions' events, a list
    affectbox.clocks   of starts whose clock was set only later, as the database has them, a list
    affectbox.whom     DEVICE~SESSION → pseudonym of whom it watched
    affectbox.columns  what stands in the file beside the fields of records, and is not read, a list of names
    affectbox.device   the box, where no column names it, because the file's folder does
    affectbox.ended    why the one session of the file had ended when it was written; empty: it had not, or nobody told
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cloud.reading.belonging import visit
from cloud.reading.columns import Columns, IrregularError, absent, check_together, encoded, known
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract.errors import DataError, RuntimeMissingError, StorageError
from device.contract.fields import Field, nest

EVENTS, CLOCKS, WHOM, DEVICE, BESIDE, ENDED = (
    f"affectbox.{name}" for name in ("events", "clocks", "whom", "device", "columns", "ended")
)
_IDENTITY = ("device", "boot", "session")
_ROWS = 20_000  # at once


def gather(path: Path, gathering: Gathering, only: tuple[str, str] | None = None) -> None:
    """Take what is in a file; with `only` the rows of that box and session alone, and no events.

    Raises:
        DataError: no such file, or none of ours.
        RuntimeMissingError: pyarrow is not installed.
    """
    with _opened(path) as file:
        told = _metadata(file)
        _tell(told if only is None else told | {EVENTS: []}, gathering)
        for batch in file.iter_batches(_ROWS):
            own = _own(batch, told)
            _take(own.filter(_are_of(own, *only)) if only else own, gathering)


def held(path: Path) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The boxes and sessions of which a file has rows, and its metadata (see above). Raises as `gather`."""
    found: dict[tuple[str, str], None] = {}
    with _opened(path) as file:
        told = _metadata(file)
        named = [name for name in _IDENTITY if name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS, columns=named):
            rows = _own(batch, told).to_pydict()
            sessions = rows.get("session", rows["boot"])
            found |= dict.fromkeys(zip(rows["device"], map(_or, sessions, rows["boot"]), strict=True))
    return [*found], told


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, and what goes wrong with it in a sentence."""
    arrow, parquet = libraries()
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or 'no Parquet'}): check the path.") from None
    except (arrow.ArrowException, ValueError, TypeError, KeyError, RecursionError):
        raise DataError(f"{path} is no Parquet file of ours: name one that this program wrote.") from None


def write(table: Table, path: Path) -> None:
    """Write a table's records and events, as they were recorded. Raises `RuntimeMissingError`, `StorageError`."""
    arrow, parquet = libraries()
    columns = {each: array(table, table.form.fields[each]) for each in table.paths}
    events = json.dumps([event for session in table.sessions for event in session.events])
    try:
        parquet.write_table(arrow.table(columns).replace_schema_metadata({EVENTS: events}), path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): name a file in a folder of yours.") from None


def _metadata(file: Any) -> dict[str, Any]:
    """What an open file tells of itself, by `affectbox.…`. Raises `ValueError`."""
    found = file.schema_arrow.metadata or {}
    return {name.decode(): json.loads(text) for name, text in found.items() if name.startswith(b"affectbox.")}


def _tell(told: dict[str, Any], gathering: Gathering) -> None:
    for event in told.get(EVENTS, []):
        gathering.event(event)
    for clock in told.get(CLOCKS, []):
        gathering.clock(clock)
    for place, pseudonym in told.get(WHOM, {}).items():
        if (own := visit(place)) and isinstance(pseudonym, str):
            gathering.watched(*own, pseudonym)


def _are_of(batch: Any, device: str, session: str) -> Any:
    """(N,) booleans: whether the rows are of a box and session."""
    from pyarrow import compute  # noqa: PLC0415  optional, and heavy

    named = batch["session"] if "session" in batch.schema.names else batch["boot"]
    ours = compute.equal(compute.coalesce(named, batch["boot"]), session)
    return compute.and_(ours, compute.equal(batch["device"], device))


def _or(session: str | None, boot: str) -> str:
    return boot if session is None else session


def _own(batch: Any, told: dict[str, Any]) -> Any:
    """The fields of records alone, with the box."""
    arrow, _ = libraries()
    beside = [name for name in told.get(BESIDE, []) if name in batch.schema.names]
    batch = batch.drop_columns(beside) if beside else batch
    if DEVICE in told and "device" not in batch.schema.names:
        box = arrow.array([told[DEVICE]] * batch.num_rows, arrow.string())
        batch = arrow.record_batch([box, *batch.columns], ["device", *batch.schema.names])
    return batch


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


def array(table: Table, field: Field) -> Any:
    """A field of the table as Arrow has it. Raises `RuntimeMissingError`."""
    arrow, _ = libraries()
    if field.kind == "string":
        return arrow.array(table.texts(field.path), arrow.string())
    if field.kind == "names":
        numbers, lists = table.lists(field.path)
        rows = [list(lists[number]) if number >= 0 else None for number in numbers]
        return arrow.array(rows, arrow.list_(arrow.string()))
    values, types = table.values(field.path), {"integer": arrow.int64(), "boolean": arrow.bool_()}
    lacking = ~known(values)
    whole = np.where(lacking, 0, values)
    return arrow.array(whole, mask=lacking).cast(types.get(field.kind, arrow.float64()))


def libraries() -> tuple[Any, Any]:
    """pyarrow, and its Parquet. Raises `RuntimeMissingError`."""
    try:
        import pyarrow  # noqa: PLC0415  # optional, and heavy
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise RuntimeMissingError("Parquet needs pyarrow: run `pip install 'affectbox[cloud]'`.") from None
    return pyarrow, parquet
