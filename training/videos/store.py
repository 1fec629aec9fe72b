"""One file of faces for each video, whole or not there at all.

VIDEO.npz   crops     (N, side, side) uint8, grey, in the order of time
            times     (N,) float64, seconds from the video's first frame
            presence  (N,) float32, probability that the crop holds a face
            made      JSON text: what the faces were made of and how (`Job.made_of`), and the counts (`Outcome`)
"""

import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from device.arrays import Array
from training.files import write_whole

SUFFIX = ".npz"


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


def strays(out: Path, videos: list[str]) -> list[Path]:
    """Files below `out`/faces that belong to none of `videos`: of participants who withdrew, or of a killed run."""
    known = {face_file(out, video) for video in videos}
    return sorted(path for path in (out / "faces").rglob("*") if path.is_file() and path not in known)
