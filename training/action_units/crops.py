"""The faces of a recording, found and cropped by the code that does so on the box."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.arrays import ByteImage
from device.contract.errors import DataError
from device.stages.frame import Frame
from device.stills import with_border
from training.action_units.recording import Recording
from training.face_finder import FaceFinder

#: Frames a second, where pictures of a film have numbers only: what decides is whether the next is soon or later.
FPS = 25.0
#: Between pictures that are no film, seconds: longer than the box's tracker remembers anybody.
APART_S = 1000.0
#: By how many frames labels may go beyond the end of a video: some of DISFA's are one frame shorter than coded.
BEYOND_END = 1


@dataclass(frozen=True, eq=False)
class Crops:
    """What became of a recording: `images`, K × side × side uint8, of the pictures at `places` (K,) in it; `looked_at`
    pictures in all."""

    images: NDArray[np.uint8]
    places: NDArray[np.int64]
    looked_at: int


def crop_recording(recording: Recording, side: int, every: int) -> Crops:
    """The aligned crop of every `every`th picture in which the box finds a face.

    Raises:
        DataError: a picture that cannot be read, or a video that ends before its labels do.
        ModelError, RuntimeMissingError: see `FaceFinder`.
    """
    if recording.crops is not None:
        return _resized(recording.crops, side, every)
    images, places = [], []
    looked_at = 0
    with open_cropper(side, bordered=not recording.is_video) as find_crop:
        for place, frame in frames_of(recording, every):
            looked_at += 1
            crop = find_crop(frame)
            if crop is not None:
                images.append(crop)
                places.append(place)
    stacked = np.array(images, np.uint8).reshape(-1, side, side)
    return Crops(stacked, np.array(places, np.int64), looked_at)


def _resized(crops: NDArray[np.uint8], side: int, every: int) -> Crops:
    """Faces that are cropped already, in another size."""
    taken = crops[::every]
    if crops.shape[1] != side:
        how = cv2.INTER_AREA if side < crops.shape[1] else cv2.INTER_LINEAR
        taken = np.stack([np.asarray(cv2.resize(face, (side, side), interpolation=how), np.uint8) for face in taken])
    return Crops(taken, np.arange(0, len(crops), every), len(taken))


@contextmanager
def open_cropper(side: int, bordered: bool) -> Iterator[Callable[[Frame], ByteImage | None]]:
    """A function from the frames of one recording, in their order, to the crop of the face in each, or None.

    With `bordered`, a picture in which nobody is found is tried again with a border, for a face may fill it; by a
    finder of its own, because a tracker must not see two kinds of pictures in turn.

    Raises:
        ModelError, RuntimeMissingError: see `FaceFinder`.
    """
    with ExitStack() as opened:
        finders = [opened.enter_context(FaceFinder(side))]

        def find_crop(frame: Frame) -> ByteImage | None:
            crop = finders[0](frame).crop
            if crop is not None or not bordered:
                return crop
            if len(finders) == 1:
                finders.append(opened.enter_context(FaceFinder(side)))
            return finders[1](replace(frame, image=with_border(frame.image))).crop

        yield find_crop


def frames_of(recording: Recording, every: int) -> Iterator[tuple[int, Frame]]:
    """Every `every`th picture of a recording with its place in it. Raises `DataError`."""
    places = range(0, len(recording.frames), every)
    if recording.is_video:
        yield from _of_video(recording, places)
        return
    step_s = 1 / FPS if recording.continuous else APART_S
    for place in places:
        path = recording.pictures[place]
        time_s = float(recording.frames[place]) * step_s
        yield place, Frame(read_image(path), place, time_s)


def read_image(path: Path) -> ByteImage:
    """A picture in BGR, (height, width, 3). Raises `DataError`."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{path} is not an image that can be read: replace or remove it.")
    return np.asarray(image, np.uint8)


def _of_video(recording: Recording, places: range) -> Iterator[tuple[int, Frame]]:
    path = recording.pictures[0]
    wanted = {int(recording.frames[place]): place for place in places}
    last = int(recording.frames[-1])
    with closing(video_frames(path)) as frames:
        number = 0
        for number, image in frames:
            if number in wanted:
                yield wanted[number], Frame(image, number, number / FPS)
            if number == last:
                return
    if number < last - BEYOND_END:
        raise DataError(f"{path} has {number} frames, and its labels go to frame {last}: unpack the video again.")


def video_frames(path: Path) -> Generator[tuple[int, ByteImage], None, None]:
    """Every frame of a video in BGR with its number from 1; none of what is no video."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        number = 0
        good, image = capture.read()
        while good:
            number += 1
            yield number, np.asarray(image, np.uint8)
            good, image = capture.read()
    finally:
        capture.release()
