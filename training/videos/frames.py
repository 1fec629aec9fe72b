"""Frames of a video at a rate, by the file's own timestamps."""

from collections.abc import Iterator
from pathlib import Path

import cv2

from device.contract.errors import DataError
from device.stages.frame import Frame

_TOLERANCE_S = 0.001  # timestamps are rounded to milliseconds


class Sampler:
    """The first frame of a video, then the first one at or after every further `every_s`.

    Frames in between are decoded, as codecs need, but not converted. One frame is held at a time. Close it after use.

    Attributes:
        seconds: time of the newest frame read, from the first frame.
        stated_s: how long the file says it is; 0 when it does not say.
    """

    def __init__(self, path: Path, every_s: float) -> None:
        """Raises `DataError` when the file is missing or is not a video."""
        if not path.is_file():
            raise DataError(f"{path} is not there, or not on this machine.")
        self._every_s = every_s
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.stated_s = max(self._capture.get(cv2.CAP_PROP_FRAME_COUNT) / fps, 0.0) if fps > 0 else 0.0
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Frame]:
        """Frames with `media_s` counted from the first frame; frames whose time does not advance are passed over.

        Raises:
            DataError: no frame at all, or none with a time of its own.
        """
        first, due, read = None, 0.0, 0
        while self._capture.grab():
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            first = stamp if first is None else first
            read += 1
            if read > 1 and stamp - first <= self.seconds:
                continue
            self.seconds = stamp - first
            if self.seconds < due - _TOLERANCE_S:
                continue
            good, image = self._capture.retrieve()
            if good:
                yield Frame(image, read - 1, self.seconds, media_s=self.seconds)  # type: ignore[arg-type]
                due = self._every_s * (int((self.seconds + _TOLERANCE_S) / self._every_s) + 1)
        if not read:
            raise DataError("it is not a readable video, or holds no frame.")
        if read > 1 and not self.seconds:
            raise DataError("its frames have no timestamps: write the video anew, such as with ffmpeg.")

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()
