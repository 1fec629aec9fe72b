"""What is known of a person's faces: the action units of each, and the number of the movement that was planted.

    DIR/PERSON/NAME.csv     of the video NAME.mp4: `time_s`, seconds from its first frame, and a column for each action
                            unit (`AU1` … `AU43`, intensities 0 to 5; empty: not known), perhaps `movement` (0: rest)

Simulated people have such tables (`truth/` of the study); of coded videos they are soon made, for what else stands in
them is passed over. A face gets the row that is nearest in time, if that is within half a frame.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.personal.people import Person
from training.tables import Table, read_table

_TIME, _MOVEMENT = "time_s", "movement"
_WHAT = f"a table with the columns {_TIME} and action units such as AU12"
#: Times are rounded in tables.
_ROUNDING_S = 0.002
#: Of the faces that must have a row, or it is the table of another video.
_LEAST = 0.5
UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class Truth:
    """Of a person's N faces.

    units: (N, 22) intensities 0–5 in the contract's order, NaN where not known; movements: (N,) number of the planted
    movement, 0 at rest, −1 where not known.
    """

    units: NDArray[np.float32]
    movements: NDArray[np.intp]

    @staticmethod
    def unknown(faces: int) -> "Truth":
        """Of faces of which nothing is known."""
        return Truth(
            np.full((faces, len(ACTION_UNIT_KEYS)), np.nan, np.float32),
            np.full(faces, UNKNOWN, np.intp),
        )


def truth_of(person: Person, folder: Path) -> Truth:
    """What tables say of a person's faces.

    Raises:
        DataError: no table of any of their videos, a broken one, or one whose times are not those of the faces.
    """
    found, tables = Truth.unknown(len(person)), 0
    for number, video in enumerate(person.videos):
        path = folder / person.name / f"{PurePosixPath(video).stem}.csv"
        if not path.exists():
            continue
        tables += 1
        rows = np.flatnonzero(person.recordings == number)
        units, movements, times = _read(path)
        nearest, near = matched(person.times[rows], times)
        if near.mean() < _LEAST:
            raise DataError(
                f"{path} tells of {near.mean():.0%} of the faces of {video}, by their times: give the table of this "
                f"very video, with {_TIME} in seconds from its first frame."
            )
        found.units[rows[near]] = units[nearest[near]]
        found.movements[rows[near]] = movements[nearest[near]]
    if not tables:
        name = f"{person.name}/{PurePosixPath(person.videos[0]).stem}.csv"
        raise DataError(f"{folder} holds no table of {person.name}, such as {name}: give the folder of such tables.")
    return found


def matched(times: NDArray[np.float64], known: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(N,) for each time the place of the nearest among the known ones, which rise; and whether it is within half of
    their usual step."""
    after = np.clip(np.searchsorted(known, times), 1, len(known) - 1)
    nearest = np.where(times - known[after - 1] <= known[after] - times, after - 1, after)
    half = np.median(np.diff(known)) / 2 + _ROUNDING_S
    return nearest, np.abs(times - known[nearest]) <= half


def _read(path: Path) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float64]]:
    """Units, movements and times of a table. Raises `DataError`."""
    table = read_table(path, _WHAT)
    known = [key for key in ACTION_UNIT_KEYS if key in table.header]
    if _TIME not in table.header or not known:
        raise DataError(f"{path} is no {_WHAT.removeprefix('a ')}: see training/personal/truth.py.")
    times = _column(table, _TIME)
    if len(times) < 2 or not (np.diff(times) > 0).all():  # NaN is not greater
        raise DataError(f"{path}: {_TIME} must be there in each row, and rise: put the rows in order.")
    units = np.full((len(times), len(ACTION_UNIT_KEYS)), np.nan, np.float32)
    for key in known:
        units[:, ACTION_UNIT_KEYS.index(key)] = _column(table, key)
    if (units < 0).any() or (units > 5).any():
        raise DataError(f"{path}: intensities of action units go from 0 to 5: write them so, or leave them empty.")
    movements = np.full(len(times), UNKNOWN, np.intp)
    if _MOVEMENT in table.header:
        movements = np.nan_to_num(_column(table, _MOVEMENT), nan=UNKNOWN).astype(np.intp)
    return units, movements, times


def _column(table: Table, name: str) -> NDArray[np.float64]:
    """Numbers of a column, NaN where it is empty. Raises `DataError`."""
    at = table.header.index(name)
    try:
        found = np.array([float(cells[at] or "nan") for _, cells in table.rows])
    except ValueError as error:
        raise DataError(f"{table.path}, column {name}: {error}: write numbers, or leave cells empty.") from error
    if np.isinf(found).any():
        raise DataError(f"{table.path}, column {name}: there is an infinite number: write numbers, or leave it empty.")
    return found
