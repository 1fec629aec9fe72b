"""Pictures in files: one, or those of a folder."""

import stat
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from device.arrays import ByteImage
from device.camera.source import Picture
from device.closing import Closing
from device.contract.command import warn
from device.contract.errors import SourceError
from device.runtime.quiet import native_chatter_silenced

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
#: Pictures of a folder count as taken this far apart, so that nothing is carried from one to the next.
APART_S = 60.0


class ImageFiles(Closing):
    """One image, or the images of a folder in the order of their names."""

    live = False
    rate = 0.0

    def __init__(self, path: Path, warn: Callable[[str], None] = warn) -> None:
        """`warn` is told of pictures that were passed over. Raises `SourceError` when there is no image."""
        if not (folder := is_folder(path)):
            require_file(path)
        self._paths = pictures_in(path) if folder else [path]
        self.count = len(self._paths)
        self._at = 0
        self._warn = warn
        self._broken: list[str] = []

    def read(self) -> Picture | None:
        """Raises `SourceError` when none of them can be read."""
        while self._at < len(self._paths):
            path, media_s = self._paths[self._at], self._at * APART_S
            self._at += 1
            try:
                return Picture(read_image(path), media_s, path.name)
            except SourceError as error:
                self._broken.append(str(error))
                if len(self._broken) == len(self._paths):
                    raise
        self._tell()
        return None

    def skip(self) -> bool:
        return self.read() is not None

    def close(self) -> None:
        self._at = len(self._paths)
        self._tell()

    def _tell(self) -> None:
        if self._broken and len(self._broken) < len(self._paths):
            count, first = len(self._broken), self._broken[0]
            self._warn(f"{count} of {len(self._paths)} pictures were passed over. The first: {first}")
        self._broken.clear()


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names. Raises `SourceError` when there is none."""
    try:
        paths = sorted(path for path in folder.iterdir() if is_picture(path))
    except OSError as error:
        raise SourceError(f"{folder} cannot be read as a folder ({error.strerror}): check its path.") from error
    if not paths:
        raise SourceError(f"{folder} holds no image ({', '.join(sorted(IMAGE_SUFFIXES))}): give another folder.")
    return paths


def is_picture(path: Path) -> bool:
    """Whether a file is a picture by its name, and not what macOS keeps about one on a stick (`._NAME`)."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith("._")


def read_image(path: Path) -> ByteImage:
    """A picture (height, width, 3) BGR, turned as its camera says. Raises `SourceError`."""
    require_file(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): check its owner and the disk.") from error
    try:
        with native_chatter_silenced():  # what is wrong is said by us, once
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error as error:
        raise SourceError(f"{path} has more pixels than can be read, or is damaged: make it smaller.") from error
    if image is None:
        raise SourceError(f"{path} is not a readable image: convert it to PNG or JPEG, or leave it out.")
    return image  # type: ignore[return-value]


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; no name is too odd to ask for."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def require_file(path: Path) -> None:
    """Raises `SourceError` unless there is such a file: to read a pipe or a device might wait for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} does not exist: check its path.") from error
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path} is no file but a {_called(mode)}: give a video, an image or a folder of images.")


def _called(mode: int) -> str:
    known = ((stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "pipe"), (stat.S_ISCHR, "device"), (stat.S_ISBLK, "device"))
    return next((name for is_one, name in known if is_one(mode)), "socket")
