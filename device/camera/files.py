"""Sources that are files: a video, an image, a folder of images."""

from pathlib import Path

import cv2

from device.camera.source import Picture
from device.closing import Closing
from device.contract.errors import SourceError

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
#: Pictures of a folder count as taken this far apart, so that nothing is carried from one to the next.
APART_S = 60.0


class VideoFile(Closing):
    """A video file with its own timestamps."""

    live = False

    def __init__(self, path: Path) -> None:
        """Raises `SourceError` when the file is missing, is not a video, or holds no frame."""
        _require(path)
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        self._first = self._next()
        if self._first is None:
            self.close()
            raise SourceError(f"{path} is not a readable video, or holds no frame: give another file.")

    def read(self) -> Picture | None:
        if self._first is not None:
            picture, self._first = self._first, None
            return picture
        return self._next()

    def close(self) -> None:
        self._first = None
        self._capture.release()

    def _next(self) -> Picture | None:
        if not self._capture.grab():
            return None
        media_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        good, image = self._capture.retrieve()
        return Picture(image, media_s) if good else None  # type: ignore[arg-type]


class ImageFiles(Closing):
    """One image, or the images of a folder in the order of their names."""

    live = False

    def __init__(self, path: Path) -> None:
        """Raises `SourceError` when there is no image."""
        _require(path)
        self._paths = [path]
        if path.is_dir():
            self._paths = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        if not self._paths:
            raise SourceError(f"{path} holds no image ({', '.join(sorted(IMAGE_SUFFIXES))}): give another folder.")
        self._at = 0

    def read(self) -> Picture | None:
        if self._at >= len(self._paths):
            return None
        path, media_s = self._paths[self._at], self._at * APART_S
        self._at += 1
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise SourceError(f"{path} is not a readable image: remove it or convert it to PNG.")
        return Picture(image, media_s)  # type: ignore[arg-type]

    def close(self) -> None:
        self._at = len(self._paths)


def _require(path: Path) -> None:
    if not path.exists():
        raise SourceError(f"{path} does not exist: check its path.")
