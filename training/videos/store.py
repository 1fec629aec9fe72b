"""One file of faces for each video, whole or not there at all.

VIDEO.npz   crops     (N, side, side) uint8, grey, in the order of time; with colours (N, side, side, 3), RGB
            times     (N,) float64, seconds from the video's first frame
            presence  (N,) float32, probability that the crop holds a face
            tracks    (N,) int32, number of the face's track: another number may be another person
            shape     (N, 6) float32, distances in the face by that of the outer corners of its eyes (`SHAPE`)
            pose      (N, 3) float32, how the head is turned: yaw, pitch and roll in degrees, as the box measures them
            picture   (2,) int32, width and height of the video's frames
            made      JSON text: what the faces were made of and how (`Job.made_of`), and the counts (`Outcome`)
"""

import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from device.arrays import Array
from device.contract.errors import DataError
from training.files import write_whole

SUFFIX = ".npz"
COMMAND = "affectbox-training faces"
#: Landmarks between which distances hardly change as a face moves: inner corners of the eyes, from between the eyes to
#: the nose's tip, sides of the nose, temples, cheekbones, from between the eyes to under the nose.
SHAPE = ((133, 362), (168, 1), (129, 358), (127, 356), (116, 345), (168, 2))


@dataclass(frozen=True)
class Outcome:
    """What became of one video.

    Attributes:
        video: path below the study's folder.
        seconds: from the first frame to the last that could be read.
        stated_s: how long the file says it is, seconds; 0 when it does not say.
        frames: looked at.
        faces: kept.
        dropped: frames without a usable face, by reason.
        trouble: why there are no faces at all, or ''.
    """

    video: str
    seconds: float = 0.0
    stated_s: float = 0.0
    frames: int = 0
    faces: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def cut_short(self) -> bool:
        """Whether the file ends clearly before the end that it states, as an interrupted copy does."""
        return self.seconds < 0.9 * self.stated_s - 1.0


def face_file(out: Path, video: str) -> Path:
    """Where the faces of a video lie below `out`."""
    return out / "faces" / (video + SUFFIX)


def write_faces(path: Path, arrays: dict[str, Array], made_of: dict[str, object], outcome: Outcome) -> None:
    """Write the file, whole. Raises `StorageError`."""
    made = json.dumps({"of": made_of, "outcome": asdict(outcome)})
    write_whole(path, lambda file: np.savez_compressed(file, made=np.array(made), **arrays))  # type: ignore[arg-type]


def read_outcome(path: Path, made_of: dict[str, object]) -> Outcome | None:
    """The counts in a file of faces; None when there is no whole file, or one made of or by something else."""
    try:
        with np.load(path, allow_pickle=False) as content:
            made = json.loads(str(content["made"]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return None
    return Outcome(**made["outcome"]) if made["of"] == made_of else None


@dataclass(frozen=True, eq=False)
class Made:
    """The faces of one video; see the module's docstring."""

    crops: NDArray[np.uint8]
    times: NDArray[np.float64]
    tracks: NDArray[np.int32]
    shape: NDArray[np.float32]
    pose: NDArray[np.float32]
    picture: NDArray[np.int32]


def read_faces(path: Path) -> Made:
    """The faces of a video; of files of before these were kept, `tracks` and `picture` are 0, `shape` and `pose`
    NaN. Raises `DataError`: the file is broken."""
    try:
        with np.load(path, allow_pickle=False) as content:
            crops, times = content["crops"], content["times"]
            kept = {name: content[name] for name in ("tracks", "shape", "pose", "picture") if name in content}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(f"{path} holds no faces that can be read ({error}): run `{COMMAND}` again.") from error
    older = {
        "tracks": np.zeros(len(times), np.int32),
        "shape": np.full((len(times), len(SHAPE)), np.nan, np.float32),
        "pose": np.full((len(times), 3), np.nan, np.float32),
        "picture": np.zeros(2, np.int32),
    }
    return Made(crops, times, **{**older, **kept})


def strays(out: Path, videos: list[str]) -> list[Path]:
    """Files below `out`/faces that belong to none of `videos`: of participants who withdrew, or of a killed run."""
    known = {face_file(out, video) for video in videos}
    return sorted(path for path in (out / "faces").rglob("*") if path.is_file() and path not in known)
