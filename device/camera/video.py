"""Video files."""

from collections.abc import Callable
from pathlib import Path

import cv2

from device.camera.pictures import require_file
from device.camera.source import Picture
from device.closing import Closing
from device.contract.command import warn
from device.contract.errors import SourceError

#: Containers that people keep videos in.
VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm", ".wmv"})
#: Where the container does not say how many frames there are, so many damaged ones in a row are its end.
_ENOUGH = 50
#: Some containers only let the number of frames be estimated: that few too few do not say that a video breaks off.
_ESTIMATED = 2


class VideoFile(Closing):
    """A video file with its own timestamps. Damaged frames are passed over; what is missing is told at the end."""

    live = False

    def __init__(self, path: Path, warn: Callable[[str], None] = warn) -> None:
        """`warn` is told what is missing. Raises `SourceError`: the file is missing, no video, or holds no frame."""
        require_file(path)
        self._path, self._warn = path, warn
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror}): check its owner and the disk.") from error
        name = _readable_name(path, self._file.fileno())
        self._capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        self.count = int(max(self._capture.get(cv2.CAP_PROP_FRAME_COUNT), 0))
        self.rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._read = self._damaged = self._missing = 0
        self._ended = False
        self._first = self._next()
        if self._first is None:
            self.close()
            raise SourceError(
                f"{path} is not a readable video, or holds no frame; one whose recording was cut off often cannot be "
                "read: give another file."
            )

    def read(self) -> Picture | None:
        picture, self._first = self._first or self._next(), None
        if picture is None:
            self._tell()
        return picture

    def skip(self) -> bool:
        return self.read() is not None

    def close(self) -> None:
        self._first, self._ended = None, True
        self._capture.release()
        self._file.close()
        self._tell()

    def _next(self) -> Picture | None:
        failed = 0
        while not self._ended:
            picture = self._decoded()
            if picture is not None:
                self._read, self._damaged = self._read + 1, self._damaged + failed
                return picture
            failed += 1
            left = self.count - self._read - self._damaged if self.count else _ENOUGH
            if failed >= left:
                self._ended = True
                self._missing = max(left, 0) if self.count else 0
        return None

    def _decoded(self) -> Picture | None:
        if not self._capture.grab():
            return None
        media_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        good, image = self._capture.retrieve()
        return Picture(image, media_s) if good else None  # type: ignore[arg-type]

    def _tell(self) -> None:
        if not self._read:
            return
        if self._damaged:
            self._warn(f"{self._damaged} damaged frames of {self._path} were passed over.")
        if self._missing > max(_ESTIMATED, self.count // 100):
            there = f"{self.count - self._missing} of the {self.count} frames"
            self._warn(f"{self._path} breaks off: {there} that it announces are there.")
        self._damaged = self._missing = 0


def _readable_name(path: Path, descriptor: int) -> str:
    """The path, or where its name is no UTF-8, which OpenCV cannot take, that of the open file."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return f"/proc/self/fd/{descriptor}"
    return str(path)
