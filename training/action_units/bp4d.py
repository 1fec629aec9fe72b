"""BP4D-Spontaneous: 41 adults in eight tasks, presence of action units, and the intensity of five.

    FOLDER/AUCoding/AU_OCC/F001_T1.csv            header 0,1,2,…,99: the frame, then the number of each action unit;
    (also AUCoding/AUCoding, AUCoding)            1 present, 0 absent, 9 not coded
    FOLDER/AUCoding/AU_INT/AU06/F001_T1_AU06.csv  FRAME,INTENSITY without a header: 0–5, 9 not coded; these files
    (also AU-INT, and both without AUCoding/)     may be missing
    FOLDER/2D+3D/F001/T1/0001.jpg                 any number of leading zeros
    (also BP4D-training/F001/T1, F001/T1)

The twelve action units of the papers are taken. Source: Zhang et al. 2014, *BP4D-Spontaneous: a high-resolution
spontaneous 3D dynamic facial expression database*; names and form of the files as public code reads them (rPPG-Toolbox
for the folders, JÂA-Net and others for the table), for we do not have the data.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.action_units.recording import DISTRIBUTED, UNKNOWN, Recording, coded, existing, require_some
from training.tables import read_rows, whole

UNITS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
INTENSITY_UNITS = (6, 10, 12, 14, 17)
PRESENCES = {"0": 0.0, "1": 1.0, "9": UNKNOWN}
INTENSITIES = {str(level): float(level) for level in range(6)} | {"9": UNKNOWN}
TASK = re.compile(r"([FM]\d{3})_(T\d{1,2})")
Columns = dict[str, NDArray[np.float32]]


def read_bp4d(folder: Path) -> list[Recording]:
    """Every coded task of every participant.

    Raises:
        DataError: a missing image, a broken table or row, an intensity of a frame that is not in the table.
    """
    occurrence = existing(folder, ("AUCoding/AU_OCC", "AUCoding/AUCoding", "AUCoding", "AU_OCC")) or folder
    tables = [(path, match) for path in sorted(occurrence.glob("*.csv")) if (match := TASK.fullmatch(path.stem))]
    return require_some([_read_task(folder, path, *match.groups()) for path, match in tables], folder, "F001_T1.csv")


def _read_task(folder: Path, table: Path, participant: str, task: str) -> Recording:
    frames, presence = _read_presence(table)
    place = existing(folder, tuple(f"{top}{participant}/{task}" for top in ("2D+3D/", "BP4D-training/", "")))
    if place is None:
        raise DataError(f"{table} has no images: {folder / '2D+3D' / participant / task} is not there.")
    return Recording(
        participant,
        table.stem,
        _images(place, frames, table),
        frames,
        presence,
        _read_intensities(folder, table, frames),
    )


def _read_presence(path: Path) -> tuple[NDArray[np.int64], Columns]:
    rows = read_rows(path, DISTRIBUTED)
    header = rows[0][1] if rows else []
    missing = [unit for unit in UNITS if str(unit) not in header]
    if missing or header[0] != "0":
        raise DataError(f"{path}, row 1: it must be '0,1,2,…,99', the numbers of action units after a 0.")
    frames, values = [], []
    for row, cells in rows[1:]:
        if len(cells) != len(header):
            raise DataError(f"{path}, row {row}: it has {len(cells)} cells, and the header {len(header)}.")
        frames.append(whole(cells[0], f"{path}, row {row}"))
        values.append([coded(cells[header.index(str(u))], PRESENCES, path, row, f"AU{u}") for u in UNITS])
    table = np.array(values, np.float32).reshape(len(values), len(UNITS))
    return np.array(frames, np.int64), {f"AU{unit}": table[:, column] for column, unit in enumerate(UNITS)}


def _read_intensities(folder: Path, table: Path, frames: NDArray[np.int64]) -> Columns:
    """Intensities of the action units that have a file for this task, in the order of `frames`."""
    place = existing(folder, ("AUCoding/AU_INT", "AUCoding/AU-INT", "AU_INT", "AU-INT"))
    found = {}
    for unit in INTENSITY_UNITS if place else ():
        path = place / f"AU{unit:02}" / f"{table.stem}_AU{unit:02}.csv"  # type: ignore[operator]
        if path.is_file():
            found[f"AU{unit}"] = _read_intensity(path, frames)
    return found


def _read_intensity(path: Path, frames: NDArray[np.int64]) -> NDArray[np.float32]:
    places = {int(frame): place for place, frame in enumerate(frames)}
    values = np.full(len(frames), UNKNOWN, np.float32)
    for row, cells in read_rows(path, DISTRIBUTED):
        if len(cells) != 2:
            raise DataError(f"{path}, row {row}: {','.join(cells)[:80]!r} is not 'FRAME,INTENSITY'.")
        frame = whole(cells[0], f"{path}, row {row}")
        if frame not in places:
            raise DataError(f"{path}, row {row}: frame {frame} is not in the table of presence.")
        values[places[frame]] = coded(cells[1], INTENSITIES, path, row, "the intensity")
    return values


def _images(folder: Path, frames: NDArray[np.int64], table: Path) -> tuple[Path, ...]:
    """The image of each frame, whatever number of zeros its name begins with."""
    files = {int(path.stem): path for path in folder.glob("*.jpg") if path.stem.isdigit()}
    for row, frame in enumerate(frames.tolist(), start=2):
        if frame not in files:
            raise DataError(f"{table}, row {row}: frame {frame} has no image in {folder}.")
    return tuple(files[frame] for frame in frames.tolist())
