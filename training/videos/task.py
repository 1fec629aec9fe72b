"""The work on one video, in whatever process or machine: frames, faces, one file."""

from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError
from device.stages.frame import Frame
from device.stages.landmarks import Face
from device.stages.pose import Pose
from training.face_finder import FaceFinder, finder_models
from training.videos.frames import Sampler
from training.videos.store import SHAPE, Outcome, face_file, write_faces

_OUTER = 33, 263
_ENDS = np.array(SHAPE, np.intp)
_OPENING = Lock()  # loading a network silences the process's standard error for a moment, one at a time


@dataclass(frozen=True)
class How:
    """How faces are made: a frame every `every_s` seconds, crops of `side` pixels, the box's quality gate or not, grey
    or in `colour`."""

    every_s: float
    side: int
    gate: bool
    colour: bool = False


@dataclass(frozen=True)
class Job:
    """One video below `folder`, whose faces go below `out`."""

    folder: Path
    out: Path
    video: str
    how: How

    def made_of(self) -> dict[str, object]:
        """What the faces depend on: they are made again when any of it has changed. Raises `DataError`."""
        try:
            state = (self.folder / self.video).stat()
        except OSError as error:
            raise DataError(f"{self.video} cannot be read: {error.strerror or error}") from error
        file = {"bytes": state.st_size, "modified_ns": state.st_mtime_ns}
        return {**file, **asdict(self.how), "models": list(finder_models())}


class _Crops:
    """Faces as they come, in one growing buffer, so that a long video costs its crops and nothing more."""

    def __init__(self, how: How) -> None:
        self._shape = (-1, how.side, how.side, *((3,) if how.colour else ()))
        self._pixels = bytearray()
        self._times: list[float] = []
        self._presence: list[float] = []
        self._tracks: list[int] = []
        self._shapes: list[FloatArray] = []
        self._poses: list[tuple[float, float, float]] = []
        self._picture = (0, 0)

    def add(self, frame: Frame, face: Face, crop: ByteImage, track: int, pose: Pose) -> None:
        self._pixels += crop.tobytes()
        self._times.append(frame.time_s)
        self._presence.append(face.presence)
        self._tracks.append(track)
        self._shapes.append(shape_of(face.points))
        self._poses.append((pose.yaw, pose.pitch, pose.roll))
        self._picture = frame.image.shape[1], frame.image.shape[0]

    def arrays(self) -> dict[str, np.ndarray]:
        """See store.py."""
        return {
            "crops": np.frombuffer(self._pixels, np.uint8).reshape(self._shape),
            "times": np.array(self._times, np.float64),
            "presence": np.array(self._presence, np.float32),
            "tracks": np.array(self._tracks, np.int32),
            "shape": np.array(self._shapes, np.float32).reshape(-1, len(SHAPE)),
            "pose": np.array(self._poses, np.float32).reshape(-1, 3),
            "picture": np.array(self._picture, np.int32),
        }


def make_faces(job: Job) -> Outcome:
    """Read one video and write its file of faces; a broken video is an outcome with `trouble`, and writes nothing.

    Raises:
        ModelError, RuntimeMissingError: no video can be done.
        StorageError: the file cannot be written.
    """
    cv2.setNumThreads(1)
    try:
        made_of = job.made_of()
        crops, outcome = _see(job)
    except (DataError, cv2.error) as error:
        return Outcome(job.video, trouble=" ".join(str(error).split()))
    write_faces(face_file(job.out, job.video), crops.arrays(), made_of, outcome)
    return outcome


def _see(job: Job) -> tuple[_Crops, Outcome]:
    crops, dropped = _Crops(job.how), Counter[str]()
    frames = faces = 0
    with _opened(job.how) as finder, closing(Sampler(job.folder / job.video, job.how.every_s)) as sampler:
        for frame in sampler:
            frames += 1
            sight = finder(frame)
            if sight.face is None or sight.crop is None or sight.pose is None:
                dropped[sight.reasons[-1].value] += 1  # the light, where that is why nobody is seen
                continue
            faces += 1
            crops.add(frame, sight.face, sight.crop, sight.track, sight.pose)
        seconds = round(sampler.seconds, 3)
        return crops, Outcome(job.video, seconds, round(sampler.stated_s, 3), frames, faces, dict(dropped))


def _opened(how: How) -> FaceFinder:
    with _OPENING:
        return FaceFinder(how.side, how.gate, colour=how.colour)


def shape_of(points: FloatArray) -> FloatArray:
    """(6,) `SHAPE` of landmarks (468, 3)."""
    lengths = np.linalg.norm(points[_ENDS[:, 0]] - points[_ENDS[:, 1]], axis=1)
    outer = np.linalg.norm(points[_OUTER[0]] - points[_OUTER[1]])
    return np.asarray(lengths / max(float(outer), 1e-6), np.float32)
