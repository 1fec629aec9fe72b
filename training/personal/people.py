"""Aligned faces of each person, in the order of time, as `affectbox-training faces` left them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.videos.index import read_index
from training.videos.store import read_faces


@dataclass(frozen=True, eq=False)
class Person:
    """One person's faces, recording after recording, each in the order of time.

    Of a person who is not read from files, `tracks`, `shape`, `pose` and `pictures` may be empty.

    Attributes:
        name: pseudonym.
        images: (N, side, side) uint8 grey, or (N, side, side, 3) RGB.
        times: (N,) seconds from the first frame of its recording.
        recordings: (N,) number of its recording in `videos`, ascending.
        videos: the recordings, as `faces` names them.
        tracks: (N,) number of the track that the box's tracker held on to, in its recording; 0: not known.
        shape: (N, 6) distances in the face that hardly change as it moves (`training.videos.store.SHAPE`); NaN: not
            known.
        pose: (N, 3) how the head is turned: yaw, pitch and roll, degrees; NaN: not known.
        pictures: (videos, 2) width and height of each recording's frames; 0: not known.
    """

    name: str
    images: NDArray[np.uint8]
    times: NDArray[np.float64]
    recordings: NDArray[np.intp]
    videos: tuple[str, ...]
    tracks: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    shape: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 6), np.float32))
    pictures: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))
    pose: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 3), np.float32))

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
    for row in read_index(folder):
        files[row["participant"]].append((row["video"], folder / row["file"]))
    wanted = tuple(names) or tuple(files)
    if missing := [name for name in wanted if name not in files]:
        raise DataError(f"{folder} holds no faces of {', '.join(missing)}: it holds those of {', '.join(files)}.")
    return tuple(_person(name, files[name]) for name in sorted(wanted))


def _person(name: str, files: Sequence[tuple[str, Path]]) -> Person:
    parts = [read_faces(path) for _, path in files]
    if len({one.crops.shape[1:] for one in parts if len(one.crops)}) > 1:
        raise DataError(f"The faces of {name} are of several kinds: make all with one --size, and with one colour.")
    kept = [one for one in parts if len(one.crops)]
    if not kept:
        raise DataError(f"Nobody's face was found in the videos of {name}: look at them.")
    return Person(
        name,
        np.concatenate([one.crops for one in kept]),
        np.concatenate([one.times for one in kept]),
        np.repeat([number for number, one in enumerate(parts) if len(one.crops)], [len(one.crops) for one in kept]),
        tuple(video for video, _ in files),
        np.concatenate([one.tracks for one in kept]),
        np.concatenate([one.shape for one in kept]),
        np.stack([one.picture for one in parts]),
        np.concatenate([one.pose for one in kept]),
    )
