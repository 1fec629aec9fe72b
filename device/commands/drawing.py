"""Where an overlay is drawn: a clip, a picture, or a folder of pictures. Nothing is made before the first picture,
and all for its owner's eyes: a person is seen in it."""

import os
from pathlib import Path

import cv2

from device.arrays import ByteImage
from device.camera.pictures import IMAGE_SUFFIXES, is_folder
from device.camera.video import VIDEO_SUFFIXES
from device.closing import Closing
from device.commands.watch import Watch
from device.contract.errors import ConfigError, StorageError
from device.film import Film, require_library
from device.stages.frame import Frame
from device.state import open_private, same_file

_STILL_RATE = 1.0


class Drawing(Closing):
    """Takes pictures, one after the other; `count` is how many there were."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0

    def write(self, image: ByteImage, frame: Frame) -> None:
        """One picture (height, width, 3) BGR of a frame. Raises `StorageError`."""
        self.count += 1
        self._put(image, frame)

    def _put(self, image: ByteImage, frame: Frame) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """What was taken is whole."""

    def discard(self) -> None:
        """Something failed: nothing that is half done stays."""

    def __exit__(self, *error: object) -> None:
        if error[0] is not None:
            self.discard()
        self.close()


def open_drawing(out: Path, recording: Path, seen: Watch) -> Drawing:
    """What `out` asks for.

    Args:
        out: `.mp4`, an image if there is only one picture, or a folder.
        recording: what is drawn upon, which must stay as it is.
        seen: the recording, open.

    Raises:
        ConfigError: another kind of file, or the place of the recording itself.
        RuntimeMissingError: what writes films is not installed.
    """
    suffix, same = out.suffix.lower(), same_file(out, recording)
    if same or (out.resolve() == recording.resolve().parent and not is_folder(recording) and suffix == ""):
        raise ConfigError(f"{out} is where the recording itself is: give --overlay another place.")
    if suffix == ".mp4":
        return Clip(out, seen.rate)
    if suffix in VIDEO_SUFFIXES:
        raise ConfigError(f"{out} cannot be drawn: clips are drawn as .mp4, so give --overlay {out.stem}.mp4.")
    if suffix not in IMAGE_SUFFIXES:
        if suffix and not is_folder(out):
            raise ConfigError(f"{out} is neither .mp4 nor a picture: give --overlay OUT.mp4, or a folder's name.")
        return Folder(out)
    if seen.count != 1:
        raise ConfigError(f"{out} is one picture, and {recording} has more: give --overlay OUT.mp4 or a folder.")
    return One(out)


class Clip(Drawing):
    """An .mp4 file that keeps the time of what it is drawn upon, whose rate may vary; stills stand for a second."""

    def __init__(self, path: Path, rate: float) -> None:
        """Raises `RuntimeMissingError`: what writes films is not installed."""
        super().__init__(path)
        require_library()
        self._rate = rate or _STILL_RATE
        self._film: Film | None = None

    def _put(self, image: ByteImage, frame: Frame) -> None:
        if self._film is None:
            self._film = Film(self.path, (image.shape[1], image.shape[0]), self._rate)
        self._film.write(image, self.count - 1 if frame.name else frame.time_s)

    def close(self) -> None:
        if self._film is not None:
            self._film.close()

    def discard(self) -> None:
        if self._film is not None:
            self._film.discard()


class One(Drawing):
    """A picture."""

    def _put(self, image: ByteImage, frame: Frame) -> None:
        _save(image, self.path)


class Folder(Drawing):
    """A folder, in which each picture is a PNG file of its own name, or of its number."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._names: set[str] = set()

    def _put(self, image: ByteImage, frame: Frame) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be made ({error.strerror}): name another folder.") from error
        name = Path(frame.name).stem or f"{frame.index:06d}"
        if name in self._names:  # of two pictures whose names differ in their ending
            name = frame.name
        self._names.add(name)
        _save(image, self.path / f"{name}.png")


def _save(image: ByteImage, path: Path) -> None:
    try:
        with os.fdopen(open_private(path), "wb") as file:
            file.write(cv2.imencode(path.suffix.lower(), image)[1].tobytes())
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be written ({error.strerror}): check the folder and the space.")
