"""The picture, or the frames of a video, that a head is fitted to, with their landmarks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError
from device.stages.frame import Frame
from training.face_finder import FaceFinder, find_landmarks

#: MediaPipe's points of the face; those of the irises have no vertex.
POINTS = 468
#: Distance of the outer corners of the eyes below which landmarks are too coarse, pixels.
LEAST_PX = 30.0
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture of the person: RGB (height, width, 3), landmarks (468, 3), pixels, and when, seconds; 0 of a
    still."""

    picture: ByteImage
    landmarks: FloatArray
    at_s: float = 0.0

    @property
    def between(self) -> float:
        """Distance of the outer corners of the eyes, pixels."""
        return float(np.linalg.norm(self.landmarks[33, :2] - self.landmarks[263, :2]))


def is_still(path: Path) -> bool:
    """Whether a file's name is that of a picture."""
    return path.suffix.lower() in _PICTURES


def shots(path: Path, most: int, progress: Callable[[str], None] = lambda _: None) -> list[Shot]:
    """The picture, or at most so many frames spread over the video in which a face was found.

    Raises:
        DataError: it is neither, it shows no face, or one that is too small.
        ModelError: the models have not been fetched.
    """
    if not path.is_file():
        raise DataError(f"{path} is not there: name a picture or a video.")
    found = [_still(path)] if is_still(path) else [*_film(path, most, progress)]
    if not found:
        raise DataError(f"No face was found in {path}: take one that shows it from ahead, in good light.")
    large = [one for one in found if one.between >= LEAST_PX]
    if not large:
        raise DataError(
            f"The face in {path} is too small: the eyes' outer corners are {found[0].between:.0f} pixels apart, "
            f"and it takes {LEAST_PX:.0f}."
        )
    return large


def _still(path: Path) -> Shot:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{path} cannot be read as a picture.")
    picture = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    landmarks = find_landmarks(picture)
    if landmarks is None:
        raise DataError(f"No face was found in {path}: take one that shows it from ahead, in good light.")
    return Shot(picture, landmarks[:POINTS])


def _film(path: Path, most: int, progress: Callable[[str], None]) -> Iterator[Shot]:
    video = cv2.VideoCapture(str(path))
    try:
        count, rate = int(video.get(cv2.CAP_PROP_FRAME_COUNT)), float(video.get(cv2.CAP_PROP_FPS))
        if not video.isOpened() or count < 1:
            raise DataError(f"{path} is neither a picture nor a video that can be read.")
        wanted = {int(at) for at in np.linspace(0, count - 1, min(most, count))}
        with FaceFinder() as finder:
            for number in range(count):
                if not video.grab():
                    break
                if number in wanted:
                    progress(f"frame {number + 1} of {count}")
                    yield from _seen(video, finder, number, number / rate if rate > 0 else float(number))
    finally:
        video.release()


def _seen(video: cv2.VideoCapture, finder: FaceFinder, number: int, at_s: float) -> Iterator[Shot]:
    read, image = video.retrieve()
    if not read:
        return
    face = finder(Frame(np.ascontiguousarray(image), number, at_s)).face
    if face is not None:
        yield Shot(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8), face.points[:POINTS], at_s)
