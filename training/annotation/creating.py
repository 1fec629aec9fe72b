"""How a project comes to be: a folder for its owner alone, with a file that is whole or not there."""

from collections.abc import Collection
from collections.abc import Sequence as Many
from contextlib import closing
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

import numpy as np

from cloud.erasing.known import note
from device.contract.errors import ConfigError, StorageError
from training.annotation.catalog import Catalog, Settings, read_settings, write_catalog, write_sequences
from training.annotation.coding import ACTIONS
from training.annotation.database import FILE, Database, made_anew
from training.annotation.media.media import ROWS
from training.annotation.sources.find import find
from training.annotation.sources.found import Found, Kind, Where
from training.annotation.states import Rules
from training.files import make_private, write_whole


def is_project(folder: Path) -> bool:
    """Whether a project was made there. Raises `StorageError`: nobody may look."""
    try:
        return (folder / FILE).is_file()
    except OSError as error:
        raise _closed(folder, error) from error


def make(folder: Path, where: Where, rules: Rules, seed: int) -> None:
    """Make a project; whatever it cannot, it leaves nothing behind.

    Raises:
        ConfigError: there is something there already, unknown or no actions, or a frame rate that is none.
        DataError: a source that holds nothing to code, or a table that does not fit it.
        SourceError: its only video cannot be decoded.
        StorageError: the folder cannot be written.
    """
    _require_new(folder, rules.actions)
    if where.frame_rate is not None and not 0 < where.frame_rate <= 10_000:
        raise ConfigError(f"{where.frame_rate} is no number of frames a second: give one such as 25.")
    where = where.resolved()
    kind, found = find(where)
    if kind is Kind.VIDEOS and len(found) == 1:  # else the others can be coded
        _require_decodable(found[0].path)
    make_private(folder)
    _close(folder)
    note(folder / FILE, {one.participant for one in found}, [], "coding of a study")
    _write_rows(folder, found)
    with made_anew(folder / FILE) as db:
        write_catalog(db, Settings(kind, rules, seed, where), found)


def take_up(folder: Path) -> tuple[list[str], int]:
    """Add to a project the sequences that its source has got since, behind the others.

    Those that it has stay as they are, also where pictures were added to them. Returns the names of those that are
    new, and the number of pictures that were not added.

    Raises:
        DataError: the source is not there any more, or its table does not fit it; nothing was added.
        StorageError: the project cannot be written.
    """
    with closing(Database(folder / FILE)) as database:
        settings = read_settings(database)
        catalog = Catalog(database, settings)
        _, found = find(settings.where)
        there = {
            path for entry in catalog.entries() for path in _paths(entry.path, catalog.texts(entry.name, "labels"))
        }
        paths = [_paths(one.path, one.labels) for one in found]
        new = _named([one for one, its in zip(found, paths, strict=True) if there.isdisjoint(its)], catalog)
        beside = sum(len(its - there) for its in paths if not there.isdisjoint(its))
        note(folder / FILE, {one.participant for one in new}, [], "coding of a study")
        with database.writing() as db:
            write_sequences(db, new)
    return [one.name for one in new], beside


def _paths(path: Path, labels: Many[str]) -> set[str]:
    return {f"{path}/{label}" for label in labels} or {str(path)}


def _named(found: list[Found], catalog: Catalog) -> list[Found]:
    """With names that the project does not have yet."""
    taken, named = {entry.name for entry in catalog.entries()}, []
    for one in found:
        names = chain([one.name], (f"{one.name}/{number}" for number in count(2)))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        named.append(replace(one, name=name))
    return named


def _require_new(folder: Path, actions: Collection[str]) -> None:
    if is_project(folder):
        raise ConfigError(f"{folder} is a project already: open it without --source, or name another folder.")
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder} is a file: name a folder for the project.")
    if others := sorted(one.name for one in _inside(folder) if one.name != ROWS and not one.name.startswith(".")):
        raise ConfigError(f"{folder} holds {others[0]} and more: name a new folder for the project.")
    if not actions:
        raise ConfigError("A project codes at least one action: give --actions.")
    if unknown := [key for key in actions if key not in ACTIONS]:
        raise ConfigError(f"There is no action {unknown[0][:20]!r}: known are {', '.join(ACTIONS)}.")


def _require_decodable(path: Path) -> None:
    from training.annotation.media.index import require_decodable  # noqa: PLC0415  # loads PyAV

    require_decodable(path)


def _inside(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()] if folder.exists() else []
    except OSError as error:
        raise _closed(folder, error) from error


def _closed(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"{folder} cannot be read ({error.strerror}): allow it to be, or name another folder.")


def _close(folder: Path) -> None:
    try:
        folder.chmod(folder.stat().st_mode & 0o700)
    except OSError as error:
        raise StorageError(f"{folder} cannot be closed to others ({error.strerror}): name another folder.") from error


def _write_rows(folder: Path, found: list[Found]) -> None:
    for one in found:
        if (rows := one.rows) is not None:
            note(folder / ROWS, [one.participant], [], "pictures to be coded")
            write_whole(folder / ROWS, lambda file: np.save(file, rows))  # written at once
