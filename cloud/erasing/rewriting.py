"""Files of several people, written anew without one: tables (CSV, Parquet, features in .npz), lines of JSON, the
split of a study, and projects of coding."""

import csv
import json
import os
import stat
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from cloud.erasing import coding
from cloud.erasing.naming import Naming
from device.contract.errors import StorageError

#: What a row is told by; studies have participants, each with a pseudonym.
PATIENT, DEVICE, SESSION = "patient", "device", "session"
WHO = (PATIENT, "participant", "pseudonym")


class UnreadableError(Exception):
    """Of such a file nobody can tell what is whose; the text says why."""


def rewritable(path: Path) -> bool:
    """Whether files of this kind are written anew."""
    return _writer(path) is not None


def without(path: Path, whom: str, visits: Collection[str]) -> bool:
    """Write a file anew without a person; False if nothing would be left, and then it stands as it was.

    Args:
        whom: their pseudonym.
        visits: DEVICE~SESSION of their sessions.

    Raises:
        UnreadableError: it cannot be told what is theirs.
        StorageError: it cannot be written.
    """
    part = path.with_name(f".{path.name[:60]}.part")
    writer = _writer(path)
    assert writer is not None
    try:
        kept = writer(path, part, whom, visits)
        if kept and part.exists():  # a database is changed in place
            _replace(part, path)
        return kept
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(f"it cannot be read ({error})") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be written anew ({error.strerror}): free the disk.") from error
    finally:
        part.unlink(missing_ok=True)


def ids(visits: Iterable[str]) -> set[str]:
    """The ids of sessions, without the boxes."""
    return {visit.partition("~")[2] for visit in visits}


def is_theirs(row: Any, whom: str, visits: Collection[str]) -> bool:
    """Whether a row, by its columns, is the person's."""
    return whom in map(row.get, WHO) or f"{row.get(DEVICE)}~{row.get(SESSION)}" in visits


def check_columns(names: Iterable[str]) -> None:
    """Raises `UnreadableError`: no column says whose a row is."""
    there = {*names}
    if there.isdisjoint(WHO) and not {DEVICE, SESSION} <= there:
        raise UnreadableError("no column says whose a row is")


def _table(path: Path, part: Path, whom: str, visits: Collection[str]) -> bool:
    kept = False
    with path.open(newline="", encoding="utf-8-sig") as source, part.open("w", newline="", encoding="utf-8") as out:
        reader = csv.DictReader(source)
        check_columns(reader.fieldnames or ())
        assert reader.fieldnames is not None
        writer = csv.DictWriter(out, reader.fieldnames, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        for row in reader:
            if not is_theirs(row, whom, visits):
                writer.writerow(row)
                kept = True
    return kept


def _lines(path: Path, part: Path, whom: str, visits: Collection[str]) -> bool:
    naming, kept = Naming(whom, ids(visits)), False
    with path.open("rb") as source, part.open("wb") as out:
        for line in source:
            if not naming.within(line):
                out.write(line)
                kept = kept or bool(line.strip())
    return kept


def _parquet(path: Path, part: Path, whom: str, visits: Collection[str]) -> bool:
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        source = pq.ParquetFile(path)
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        raise UnreadableError(f"it is no Parquet file ({error})") from None
    with source:
        check_columns(source.schema_arrow.names)
        if Naming(whom, ids(visits)).within(_described(source)):
            raise UnreadableError("its description names them")
        kept = False
        with pq.ParquetWriter(part, source.schema_arrow, compression=_codec(source.metadata)) as out:
            for number in range(source.num_row_groups):
                group = source.read_row_group(number)
                left = group.filter(pa.array(_kept(group, whom, visits)))
                if len(left):
                    out.write_table(left)
                    kept = True
    return kept


def _codec(metadata: Any) -> str:
    """How the columns are packed."""
    told = metadata.row_group(0).column(0).compression if metadata.num_row_groups and metadata.num_columns else "ZSTD"
    return "NONE" if told == "UNCOMPRESSED" else str(told)


def _kept(group: Any, whom: str, visits: Collection[str]) -> list[bool]:
    names = [name for name in (*WHO, DEVICE, SESSION) if name in group.column_names]
    columns = [group.column(name).to_pylist() for name in names]
    return [not is_theirs(dict(zip(names, row, strict=True)), whom, visits) for row in zip(*columns, strict=True)]


def _described(source: Any) -> bytes:
    metadata = source.schema_arrow.metadata or {}
    return b"\n".join([*metadata, *metadata.values()])


def _features(path: Path, part: Path, whom: str, _: Collection[str]) -> bool:
    """A table of features (`training/cohort/store.py`): arrays with a row for each of the people in `about`."""
    import numpy as np  # noqa: PLC0415  # 0.1 s

    try:
        with np.load(path, allow_pickle=False) as content:
            about = json.loads(str(content["about"]))
            arrays = {name: content[name] for name in content.files if name != "about"}
        kept = np.array([one["pseudonym"] != whom for one in about["people"]], bool)
        about["people"] = [one for one in about["people"] if one["pseudonym"] != whom]
        arrays = {name: array[kept] for name, array in arrays.items()}
    except (ValueError, KeyError, TypeError, IndexError, EOFError, BadZipFile) as error:
        raise UnreadableError(f"it is no table of features ({error})") from None
    with part.open("wb") as out:
        np.savez_compressed(out, about=np.array(json.dumps(about, sort_keys=True)), **arrays)
    return bool(kept.any())


def _split(path: Path, part: Path, whom: str, _: Collection[str]) -> bool:
    """Which part of a study each participant is in (`training/videos/index.py`): the others stay where they are."""
    try:
        told = json.loads(path.read_bytes())
        told["participants"].pop(whom, None)
        parts = [*told["participants"].values()]
        told["sizes"] = {name: parts.count(name) for name in told["sizes"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"it is no split of a study ({error})") from None
    part.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return bool(parts)


def _coding(path: Path, _part: Path, whom: str, _: Collection[str]) -> bool:
    """A project of coding: in place."""
    try:
        return coding.without(path, whom)
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def _replace(part: Path, path: Path) -> None:
    there = path.stat()
    part.chmod(stat.S_IMODE(there.st_mode))
    with suppress(PermissionError):
        os.chown(part, there.st_uid, there.st_gid)
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


_Writer = Callable[[Path, Path, str, Collection[str]], bool]
_WRITERS: dict[str, _Writer] = {
    ".csv": _table,
    ".parquet": _parquet,
    ".npz": _features,
    ".jsonl": _lines,
    ".ndjson": _lines,
}
_NAMED: dict[str, _Writer] = {"split.json": _split, coding.FILE: _coding}


def _writer(path: Path) -> _Writer | None:
    return _NAMED.get(path.name) or _WRITERS.get(path.suffix.lower())
