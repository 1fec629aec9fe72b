"""What the readers of data sets give: recordings of participants, with what annotators coded in each picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.annotation.coding import ACTIONS
from training.tables import unfloated
from training.videos.study import VIDEO_SUFFIXES

#: What can be learnt, in the order of outputs.
LABELS = tuple(ACTIONS)
#: An intensity from here on (FACS B) counts as present where only intensities were coded, as papers on DISFA do.
PRESENT_FROM = 2.0
MAX_INTENSITY = 5.0
#: What its tables should be, for sentences.
DISTRIBUTED = "the data set as it was distributed"
UNKNOWN = float("nan")
_TOGETHER = 500
Columns = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Recording:
    """Pictures of one participant in the order of time.

    Attributes:
        participant: who is seen; no participant is ever on both sides of a fold. Empty: every picture is of somebody
            else, but for near copies of a picture (`training.data.copies`).
        name: of the recording, unique in its study.
        pictures: N image files, or one video of which `frames` are taken; none where there are `crops`.
        frames: (N,) numbers as the data set counts them, from 1 in a video.
        presence: label → (N,) float32: 1 present, 0 absent, NaN not coded.
        intensity: label → (N,) float32: 0–5, NaN not coded.
        continuous: whether pictures follow each other as in a film.
        crops: (N, side, side) uint8 faces that are cropped already, so that none is looked for.
        passed_over: pictures beside these that were coded after the coder had seen what a network thinks.
    """

    participant: str
    name: str
    pictures: tuple[Path, ...]
    frames: NDArray[np.int64]
    presence: Columns
    intensity: Columns
    continuous: bool = True
    crops: NDArray[np.uint8] | None = None
    passed_over: int = 0

    @property
    def is_video(self) -> bool:
        """Whether `pictures` is one video."""
        return len(self.pictures) == 1 and self.pictures[0].suffix.lower() in VIDEO_SUFFIXES


def parts(who: str, places: list[int]) -> list[list[int]]:
    """What of a participant makes a recording, the piece in which faces are looked for: everything, but of pictures of
    nobody in particular so many."""
    step = max(len(places), 1) if who else _TOGETHER
    return [places[start : start + step] for start in range(0, len(places), step)]


def presence_of(intensity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Presence where only intensities were coded: 1, 0, or NaN where the intensity is NaN."""
    return np.where(np.isnan(intensity), UNKNOWN, intensity >= PRESENT_FROM).astype(np.float32)


def coded(text: str, known: dict[str, float], path: Path, row: int, what: str) -> float:
    """The meaning of a code, which spreadsheets may have turned from 1 into 1.0.

    Raises:
        DataError: `known` does not hold it.
    """
    code = unfloated(text)
    if code not in known:
        raise DataError(f"{path}, row {row}: {what} is {text!r}, not one of {', '.join(filter(None, known))}.")
    return known[code]


def require_some(recordings: list[Recording], folder: Path, what: str) -> list[Recording]:
    """The recordings. Raises `DataError` when there are none."""
    if not recordings:
        raise DataError(f"{folder} holds no {what}: give the folder of the whole data set, or another --layout.")
    return recordings


def existing(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of `names` that is a folder in `folder`; data sets are unpacked under several names."""
    return next((folder / name for name in names if (folder / name).is_dir()), None)
