"""Aligned faces of each person, in the order of time, as `affectbox-training faces` left them."""

import csv
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.videos.index import INDEX

_COMMAND = "affectbox-training faces"


@dataclass(frozen=True, eq=False)
class Person:
    """One person's faces, recording after recording, each in the order of time.

    Attributes:
        name: pseudonym.
        images: (N, side, side) uint8 grey, or (N, side, side, 3) RGB.
        times: (N,) seconds from the first frame of its recording.
        recordings: (N,) number of its recording in `videos`, ascending.
        videos: the recordings, as `faces` names them.
    """

    name: str
    images: NDArray[np.uint8]
    times: NDArray[np.float64]
    recordings: NDArray[np.intp]
    videos: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.times)

    @property
    def side(self) -> int:
        """Of a face, pixels."""
        return int(self.images.shape[1])

    @property
    def coloured(self) -> bool:
        """Whether the faces have colours."""
        return self.images.ndim == 4

    def digest(self) -> str:
        """SHA-256 over faces and times."""
        found = hashlib.sha256(f"{self.name} {self.images.shape}".encode())
        for part in (self.images, self.times, self.recordings):
            found.update(np.ascontiguousarray(part).data)
        return found.hexdigest()


def load_people(folder: Path, names: Iterable[str] = ()) -> tuple[Person, ...]:
    """Read people from what `affectbox-training faces` wrote, in the order of their pseudonyms.

    Args:
        folder: as it wrote it.
        names: whom to read; everybody by default.

    Raises:
        DataError: no such folder, a broken file, nobody of such a name, crops of several sizes in one person.
    """
    files: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for row in _index(folder):
        files[row["participant"]].append((row["video"], folder / row["file"]))
    wanted = tuple(names) or tuple(files)
    if missing := [name for name in wanted if name not in files]:
        raise DataError(f"{folder} holds no faces of {', '.join(missing)}: it holds those of {', '.join(files)}.")
    return tuple(_person(name, files[name]) for name in sorted(wanted))


def _index(folder: Path) -> list[dict[str, str]]:
    path = folder / INDEX
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): make the faces with `{_COMMAND}`.") from error
    if not rows or not {"video", "participant", "file"} <= rows[0].keys():
        raise DataError(f"{path} names no faces: make them with `{_COMMAND}`.")
    return rows


def _person(name: str, files: Sequence[tuple[str, Path]]) -> Person:
    parts = [_faces(path) for _, path in files]
    if len({images.shape[1:] for images, _ in parts}) > 1:
        raise DataError(f"The faces of {name} are of several sizes: make them anew with `{_COMMAND}`.")
    counts = [len(times) for _, times in parts]
    return Person(
        name,
        np.concatenate([images for images, _ in parts]),
        np.concatenate([times for _, times in parts]),
        np.repeat(np.arange(len(parts)), counts),
        tuple(video for video, _ in files),
    )


def _faces(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    try:
        with np.load(path, allow_pickle=False) as content:
            return content["crops"], content["times"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is no file of faces ({error}): make it anew with `{_COMMAND}`.") from error
