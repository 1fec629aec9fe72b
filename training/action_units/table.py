"""A table of one's own, for every other data set.

    image,participant,AU1,AU12,AU12_intensity
    anna/0001.png,anna,1,,2.5

`AU1` is presence, 0 or 1; `AU1_intensity` is 0 to 5; empty is not coded. Where only the intensity is known, presence
is that of an intensity of 2 or more. Images are paths below the table's folder, in any order.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np

from device.contract.errors import DataError
from device.contract.mistakes import nearest
from training.action_units.recording import (
    LABELS,
    MAX_INTENSITY,
    UNKNOWN,
    Recording,
    coded,
    presence_of,
    require_some,
)
from training.annotation.coding import action_of
from training.tables import read_rows

SUFFIX = "_intensity"
COLUMNS = (*LABELS, *(label + SUFFIX for label in LABELS))
PRESENCES = {"": UNKNOWN, "0": 0.0, "1": 1.0}


def read_table(path: Path) -> list[Recording]:
    """The pictures of each participant.

    Raises:
        DataError: an unknown column, a broken row, a value out of range, a missing image.
    """
    rows = read_rows(path, "a table image,participant,AU1,…")
    header = [_own(name) for name in rows[0][1]] if rows else []
    _require_columns(path, header)
    people: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
    for row, cells in rows[1:]:
        if len(cells) != len(header) or not all(cells[:2]):
            raise DataError(f"{path}, row {row}: {','.join(cells)[:80]!r} is not {','.join(header)[:80]!r}.")
        if not (path.parent / cells[0]).is_file():
            raise DataError(f"{path}, row {row}: there is no image {path.parent / cells[0]}.")
        people[cells[1]].append((row, cells))
    found = [_recording(path, header, participant, rows) for participant, rows in sorted(people.items())]
    return require_some(found, path, "row")


def _require_columns(path: Path, header: list[str]) -> None:
    if header[:2] != ["image", "participant"] or len(header) < 3:
        hint = "; of what was exported from a project, give the project itself" if header[:1] == ["sequence"] else ""
        raise DataError(
            f"{path}, row 1: it begins with {','.join(header)[:60]!r} instead of 'image,participant,AU1,…'{hint}."
        )
    if twice := next((name for name in header if header.count(name) > 1), None):
        raise DataError(f"{path}, row 1: the column {twice} is there twice: remove one.")
    for name in header[2:]:
        if name not in COLUMNS:
            hint = f": perhaps you meant {close}" if (close := nearest(name, COLUMNS)) else ""
            raise DataError(f"{path}, row 1: there is no action unit {name!r}{hint}.")


def _own(name: str) -> str:
    """A column as it is called here: AU43 of AU43E, AU26_intensity of AU2X_intensity."""
    key, suffix, rest = name.partition(SUFFIX)
    return f"{action_of(key) or key}{suffix}{rest}"


def _recording(path: Path, header: list[str], participant: str, rows: list[tuple[int, list[str]]]) -> Recording:
    presence, intensity = {}, {}
    for column, name in enumerate(header[2:], start=2):
        values = np.array([_value(path, row, name, cells[column]) for row, cells in rows], np.float32)
        if name.endswith(SUFFIX):
            intensity[name.removesuffix(SUFFIX)] = values
        else:
            presence[name] = values
    for label, values in intensity.items():
        known = presence.get(label, np.full(len(values), UNKNOWN, np.float32))
        presence[label] = np.where(np.isnan(known), presence_of(values), known)
    pictures = tuple(path.parent / cells[0] for _, cells in rows)
    frames = np.array([row for row, _ in rows], np.int64)
    return Recording(participant, participant, pictures, frames, presence, intensity, continuous=False)


def _value(path: Path, row: int, name: str, text: str) -> float:
    if not name.endswith(SUFFIX):
        return coded(text, PRESENCES, path, row, f"{name} (presence; intensities go into {name}{SUFFIX})")
    try:
        value = float(text or UNKNOWN)
    except ValueError:
        value = -1.0
    if value < 0 or value > MAX_INTENSITY:
        raise DataError(f"{path}, row {row}: {name} is {text!r}, not a number from 0 to {MAX_INTENSITY:g}.")
    return value
