"""A table of features in a file: `.npz`, or `.parquet` with a row for each participant. Whole or not there at all.

    NAME.npz      values, coverage, seconds, frames as arrays; `about`, a text of JSON: people, phases, version, …
    NAME.parquet  pseudonym, group, site, age, sex, medication; PHASE/FEATURE, PHASE/coverage, PHASE/seconds and
                  PHASE/frames; `affectbox.features` of the file's metadata: phases, names, version, …

What was not measured is NaN in one and empty in the other. Both are for their owner's eyes (mode 0600).
"""

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import asdict, fields
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
import pyarrow
from pyarrow import parquet

from cloud.erasing.known import note
from device.contract.errors import ConfigError, DataError
from device.contract.features import VERSION, qualified
from training.cohort.people import Participant
from training.cohort.table import FeatureTable
from training.files import write_whole

FORMAT = 2
SUFFIXES = (".npz", ".parquet")
_ARRAYS = ("values", "coverage", "seconds", "frames")
_BESIDE = _ARRAYS[1:]
_KEY = b"affectbox.features"
_BROKEN = (
    *(ValueError, KeyError, TypeError, AttributeError, RecursionError, EOFError),
    *(BadZipFile, zlib.error, pyarrow.ArrowException),
)


def check_place(path: Path) -> None:
    """Raises `ConfigError`: a table cannot be written there, or would replace what is none."""
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path} ends neither in .npz nor in .parquet: give it one of these endings.")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file in it.")
    if path.exists() and not _is_table(path):
        raise ConfigError(f"{path} is there already, and is no table of features: name another file.")


def _is_table(path: Path) -> bool:
    """Whether a table was written there, of whichever version."""
    try:
        about = _told_in_parquet(path) if path.suffix == ".parquet" else _told_in_npz(path)
        return {"v", "phases", "names"} <= about.keys()
    except (*_BROKEN, OSError):
        return False


def save(table: FeatureTable, path: Path) -> None:
    """Write a table, and note first of whom it is. Raises `ConfigError` (see `check_place`), `StorageError`."""
    check_place(path)
    if not table.simulated:
        note(path, [person.pseudonym for person in table.people], [], "features of a cohort")
    write_whole(path, partial(_to_parquet if path.suffix == ".parquet" else _to_npz, table))


def load(path: Path) -> FeatureTable:
    """Read a table. Raises `DataError`: no such file, none of ours, or of features of another meaning."""
    if path.suffix not in SUFFIXES:
        raise DataError(
            f"{path} is no table of features (.npz, .parquet): `affectbox-training cohort features` makes one."
        )
    try:
        table = (_from_parquet if path.suffix == ".parquet" else _from_npz)(path)
    except _BROKEN as error:
        raise DataError(f"{path} is no table of features ({_first_line(error)}): make it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or _first_line(error)}): check the path.") from error
    if table.version != VERSION:
        raise DataError(
            f"{path} holds features of version {table.version}, and this program computes version {VERSION}: make it "
            "again with `affectbox-training cohort features`."
        )
    return table


def digest(table: FeatureTable) -> str:
    """What stands for a table in receipts: the SHA-256 of its people and numbers, in hex."""
    found = sha256(_about(table, made=False).encode())
    for name in _ARRAYS:
        found.update(np.ascontiguousarray(np.nan_to_num(getattr(table, name), nan=-1.0)).tobytes())
    return found.hexdigest()


def _about(table: FeatureTable, people: bool = True, made: bool = True) -> str:
    """Everything but the arrays."""
    about: dict[str, Any] = {
        "v": FORMAT,
        "version": table.version,
        "phases": table.phases,
        "names": table.names,
        "simulated": table.simulated,
        "sessions": table.sessions,
        "off_box": table.off_box,
    }
    if made:
        about["made"] = table.made
    if people:
        about["people"] = [asdict(person) | {"age": _or_none(person.age)} for person in table.people]
    return json.dumps(about, sort_keys=True)


def _table(about: dict[str, Any], people: tuple[Participant, ...], arrays: dict[str, Any]) -> FeatureTable:
    """Raises `ValueError`: the parts do not belong together."""
    if about["v"] != FORMAT:
        raise ValueError(f"it is of format {about['v']}, not {FORMAT}")
    phases, names = tuple(about["phases"]), tuple(about["names"])
    shape = (len(people), len(phases), len(names))
    for name, array in arrays.items():
        wanted = shape if name == "values" else shape[:2]
        if array.shape != wanted:
            raise ValueError(f"'{name}' is of shape {array.shape}, not {wanted}")
    made = {str(key): str(value) for key, value in about["made"].items()}
    return FeatureTable(
        people,
        phases,
        **arrays,
        names=names,
        version=int(about["version"]),
        simulated=bool(about["simulated"]),
        sessions=int(about["sessions"]),
        off_box=tuple(about["off_box"]),
        made=made,
    )


def _to_npz(table: FeatureTable, file: IO[bytes]) -> None:
    arrays = {name: getattr(table, name) for name in _ARRAYS}
    np.savez_compressed(file, about=np.array(_about(table)), **arrays)


def _told_in_npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as content:
        return dict(json.loads(str(content["about"])))


def _told_in_parquet(path: Path) -> dict[str, Any]:
    return dict(json.loads((parquet.read_schema(path).metadata or {})[_KEY]))


def _from_npz(path: Path) -> FeatureTable:
    about = _told_in_npz(path)
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: np.asarray(content[name], np.float64) for name in _ARRAYS}
    return _table(about, tuple(_person(one) for one in about["people"]), arrays)


def _to_parquet(table: FeatureTable, file: IO[bytes]) -> None:
    people = {one.name: [getattr(person, one.name) for person in table.people] for one in fields(Participant)}
    columns = {name: pyarrow.array(values, from_pandas=True) for name, values in people.items()}
    columns |= {name: pyarrow.array(values, from_pandas=True) for name, values in _columns(table)}
    made = pyarrow.table(columns).replace_schema_metadata({_KEY: _about(table, people=False)})
    parquet.write_table(made, file, compression="zstd")


def _columns(table: FeatureTable) -> Iterator[tuple[str, Any]]:
    yield from zip(table.columns, table.matrix.T, strict=True)
    for at, phase in enumerate(table.phases):
        for name in _BESIDE:
            yield qualified(phase, name), getattr(table, name)[:, at]


def _from_parquet(path: Path) -> FeatureTable:
    about = _told_in_parquet(path)
    with parquet.ParquetFile(path) as file:
        held = file.read()
    rows = held.select([one.name for one in fields(Participant)]).to_pylist()
    phases = about["phases"]

    def column(phase: str, name: str) -> Any:
        return held[qualified(phase, name)].to_numpy().astype(np.float64)

    values = np.array([[column(phase, name) for name in about["names"]] for phase in phases]).transpose(2, 0, 1)
    beside = {name: np.array([column(phase, name) for phase in phases]).T for name in _BESIDE}
    return _table(about, tuple(_person(one) for one in rows), {"values": np.ascontiguousarray(values), **beside})


def _person(told: dict[str, Any]) -> Participant:
    """Raises `TypeError`, `ValueError`."""
    age = told.pop("age")
    return Participant(age=float("nan") if age is None else float(age), **{name: str(of) for name, of in told.items()})


def _or_none(age: float) -> float | None:
    return None if math.isnan(age) else age


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].strip("'\"") or type(error).__name__
