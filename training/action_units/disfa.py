"""DISFA: 27 adults who watch a film, twelve action units in each frame, intensity 0–5.

    FOLDER/ActionUnit_Labels/SN001/SN001_au1.txt      FRAME,INTENSITY for each frame, from 1, without a header
    FOLDER/Videos_LeftCamera/LeftVideoSN001_comp.avi  (also Video_LeftCamera; Right likewise)

Presence is intensity 2 or more. Source: Mavadati et al. 2013, *DISFA: A Spontaneous Facial Action Intensity Database*;
names and form of the files as public code reads them (OpenFace's `DISFA` experiments among others), for we do not have
the data.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.action_units.recording import (
    DISTRIBUTED,
    Recording,
    coded,
    existing,
    presence_of,
    require_some,
)
from training.tables import read_rows, whole

UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
CODES = {str(level): float(level) for level in range(6)}
LABELS_FOLDER = "ActionUnit_Labels"


def read_disfa(folder: Path, camera: str = "left") -> list[Recording]:
    """Every participant's video by `camera`, `left` or `right`.

    Raises:
        DataError: a missing file, a broken row, action units coded in different frames.
    """
    labels = folder / LABELS_FOLDER
    participants = sorted(path for path in labels.glob("SN*") if path.is_dir())
    found = [_read_participant(path, _video(folder, path.name, camera)) for path in participants]
    return require_some(found, folder, f"{LABELS_FOLDER}/SN…")


def _video(folder: Path, participant: str, camera: str) -> Path:
    side = camera.capitalize()
    place = existing(folder, (f"Videos_{side}Camera", f"Video_{side}Camera")) or folder / f"Videos_{side}Camera"
    path = place / f"{side}Video{participant}_comp.avi"
    if not path.is_file():
        raise DataError(
            f"{path} is missing, though {LABELS_FOLDER}/{participant} is there: unpack the {camera} videos."
        )
    return path


def _read_participant(folder: Path, video: Path) -> Recording:
    columns = {unit: _read_unit(folder / f"{folder.name}_au{unit}.txt") for unit in UNITS}
    frames = columns[UNITS[0]][0]
    for unit, (others, _) in columns.items():
        if not np.array_equal(frames, others):
            raise DataError(
                f"{folder}: AU{unit} is coded in {len(others)} frames and AU{UNITS[0]} in {len(frames)}, or in other "
                "ones: unpack the labels again."
            )
    intensity = {f"AU{unit}": values for unit, (_, values) in columns.items()}
    presence = {label: presence_of(values) for label, values in intensity.items()}
    return Recording(folder.name, video.stem, (video,), frames, presence, intensity)


def _read_unit(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Frame numbers and intensities, both (N,)."""
    frames, values = [], []
    for row, cells in read_rows(path, DISTRIBUTED):
        if len(cells) != 2:
            raise DataError(f"{path}, row {row}: {','.join(cells)[:80]!r} is not 'FRAME,INTENSITY'.")
        frames.append(whole(cells[0], f"{path}, row {row}"))
        values.append(coded(cells[1], CODES, path, row, "the intensity"))
        if frames[-1] < 1 or (len(frames) > 1 and frames[-1] <= frames[-2]):
            raise DataError(f"{path}, row {row}: frame {cells[0]} does not follow the one before it.")
    if not frames:
        raise DataError(f"{path} holds no frame: unpack the labels again.")
    return np.array(frames, np.int64), np.array(values, np.float32)
