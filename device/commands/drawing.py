"""Where an overlay is drawn: a clip, a picture, or a folder of pictures. Nothing is made before the first picture,
and all for its owner's eyes: a person is seen in it."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2

from device.arrays import ByteImage
from device.camera.pictures import IMAGE_SUFFIXES, is_folder
from device.camera.video import VIDEO_SUFFIXES
from device.closing import Closing
from device.commands.merged.making import Merged
from device.commands.overlay import draw
from device.commands.watch import Watch
from device.contract.errors import ConfigError, StorageError
from device.observation import Observation
from device.settings import Settings
from device.state import open_private, same_file


class Drawing(Closing):
    """Takes pictures, one after the other; `count` is how many there were."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0

    def take(self, observation: Observation) -> None:
        """What was seen in one picture. Raises `StorageError`."""
        self.count += 1
        self._put(observation)

    def _put(self, observation: Observation) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Everything was taken: make what needs the whole. Raises `SourceError`, `StorageError`."""


def open_drawing(out: Path, recording: Path, seen: Watch, settings: Settings) -> Drawing:
    """What `out` asks for.

    Args:
        out: `.mp4`, an image if there is only one picture, or a folder.
        recording: what is drawn upon, which must stay as it is.
        seen: the recording, open.
        settings: with which it is.

    Raises:
        ConfigError: another kind of file, or the place of the recording itself.
        RuntimeMissingError: what writes films is not installed.
    """
    suffix, same = out.suffix.lower(), same_file(out, recording)
    if same or (out.resolve() == recording.resolve().parent and not is_folder(recording) and suffix == ""):
        raise ConfigError(f"{out} is where the recording itself is: give --overlay another place.")
    if suffix == ".mp4":
        return Clip(out, recording, settings, seen.rate)
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
    """A film with the timing diagram of the whole clip, which is made when everything was seen."""

    def __init__(self, path: Path, recording: Path, settings: Settings, rate: float) -> None:
        super().__init__(path)
        self._merged = Merged(recording, settings, path, rate)

    def finish(self) -> None:
        self._merged.make()

    def close(self) -> None:
        self._merged.close()

    def _put(self, observation: Observation) -> None:
        self._merged.take(observation)


class One(Drawing):
    """A picture."""

    def __init__(self, path: Path, drawn: Callable[[Observation], ByteImage] = draw) -> None:
        """`drawn`: makes it."""
        super().__init__(path)
        self._drawn = drawn

    def _put(self, observation: Observation) -> None:
        _save(self._drawn(observation), self.path)


class Folder(Drawing):
    """A folder, in which each picture is a PNG file of its own name, or of its number."""

    def __init__(self, path: Path, drawn: Callable[[Observation], ByteImage] = draw) -> None:
        """`drawn`: makes each."""
        super().__init__(path)
        self._names: set[str] = set()
        self._drawn = drawn

    def _put(self, observation: Observation) -> None:
        frame = observation.frame
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be made ({error.strerror}): name another folder.") from error
        name = Path(frame.name).stem or f"{frame.index:06d}"
        if name.casefold() in self._names:  # of two pictures whose names differ in their ending, or in case alone
            name = frame.name
        self._names.add(name.casefold())
        _save(self._drawn(observation), self.path / f"{name}.png")


def _save(image: ByteImage, path: Path) -> None:
    try:
        with os.fdopen(open_private(path), "wb") as file:
            file.write(cv2.imencode(path.suffix.lower(), image)[1].tobytes())
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be written ({error.strerror}): check the folder and the space.")
