"""Frames of one video, exact, forwards and backwards.

Forwards the decoder just goes on. Backwards, or elsewhere, it begins at the key frame before; of what it decodes on
the way there it gives the last `BEHIND` if wanted, so that the steps backwards that follow find them.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import SourceError
from training.annotation.media.index import Index, open_video

#: Frames that can be had from before the one that was asked for: some seconds of steps backwards.
BEHIND = 120
#: Sooner decoded up to there than sought.
_NEAR = 30
_TRIES = 4  # key frames
_BROKEN = 100  # pieces


class Decoder:
    """An open video; not safe for several threads."""

    def __init__(self, path: Path, index: Index) -> None:
        """Raises `SourceError`."""
        self._path = path
        self._index = index
        self._container = open_video(path)
        if path.stat().st_size != index.size:
            self._container.close()
            raise SourceError(f"{path} is another video than the one that was coded: put that one back.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._frames: Iterator[av.VideoFrame] = iter(())
        self._next: int | None = None  # place of the frame that comes next; None: seek first

    def frames(
        self, place: int, behind: int = 0, give_up: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """`behind` frames or fewer before a place, and that one last: place and picture (height, width, 3), RGB.

        It ends before that once `give_up` says so.

        Raises:
            SourceError: that frame cannot be decoded.
        """
        if self._next is None or not self._next <= place <= self._next + _NEAR:
            self._seek(place)
        for frame in self._decoded():
            here = self._place(frame)
            self._next = here + 1
            if here > place:
                break
            if here >= place - behind:
                yield here, _picture(frame)
            if here == place or give_up():
                return
        self._next = None
        raise SourceError(
            f"Frame {place} of {self._path.name} cannot be decoded: the video is damaged there; mark it not codable."
        )

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _decoded(self) -> "Iterator[av.VideoFrame]":
        """What comes, and goes on behind data that are broken."""
        for _ in range(_BROKEN):
            try:
                yield from self._frames
                return
            except av.InvalidDataError:
                self._frames = self._container.decode(self._stream)
            except (av.FFmpegError, OSError):
                return

    def _seek(self, place: int) -> None:
        """To a key frame before a place; files may lead to a later one than they were asked for."""
        before = int(np.searchsorted(self._index.keys, self._index.stamps[place], "right"))
        for key in [*self._index.keys[max(before - _TRIES, 0) : before][::-1].tolist(), int(self._index.stamps[0])]:
            try:
                self._container.seek(key, stream=self._stream, backward=True)
                frames = self._container.decode(self._stream)
                first = next(frames, None)
            except (av.FFmpegError, OSError):
                continue
            if first is not None and self._place(first) <= place:
                self._frames = chain([first], frames)
                return
        self._frames = iter(())

    def _place(self, frame: "av.VideoFrame") -> int:
        """Of a frame; those before the first that is counted have -1."""
        return int(np.searchsorted(self._index.stamps, frame.pts or 0, "right")) - 1


def _picture(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """Upright, as a phone that was turned says."""
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))) if frame.rotation else pixels
