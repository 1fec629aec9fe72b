"""Where each frame of a video is: its time stamp, and the key frames from which it can be decoded.

A video is looked through once, packet by packet, without decoding any (an hour in a second or two); what was found is
kept in the project. Frames are counted from 0 in the order in which they are shown.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import SourceError


@dataclass(frozen=True, eq=False)
class Index:
    """A video's frames.

    Attributes:
        stamps: (N,) int64, ascending, in units of the stream's time base.
        keys: stamps of frames that need no other one.
        base_s: seconds of one unit.
        size: of the file, bytes; another one is not the video whose frames these are.
    """

    stamps: NDArray[np.int64]
    keys: NDArray[np.int64]
    base_s: Fraction
    size: int

    def contents(self) -> dict[str, bytes]:
        """What a project keeps of it, under names."""
        times = (self.stamps - self.stamps[0]) * float(self.base_s)
        base = np.array([self.base_s.numerator, self.base_s.denominator, self.size], np.int64)
        return {
            "frames": np.arange(len(self.stamps), dtype=np.int64).tobytes(),
            "times_s": times.tobytes(),
            "stamps": self.stamps.tobytes(),
            "keys": self.keys.tobytes(),
            "base": base.tobytes(),
        }

    @classmethod
    def of(cls, stamps: bytes, keys: bytes, base: bytes) -> "Index":
        """What `contents` was made of."""
        numerator, denominator, size = np.frombuffer(base, np.int64).tolist()
        base_s = Fraction(numerator, denominator)
        return cls(np.frombuffer(stamps, np.int64), np.frombuffer(keys, np.int64), base_s, size)


def open_video(path: Path) -> "av.container.InputContainer":
    """The file, to be closed by the caller. Raises `SourceError`."""
    if not path.is_file():
        raise SourceError(f"{path} is not there any more: put it back where it was.")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not container.streams.video:
        container.close()
        raise SourceError(f"{path} holds no pictures: give a video.")
    return container


def look_through(path: Path) -> Index:
    """The index of a video. Raises `SourceError`: it cannot be decoded, or holds no frame."""
    with open_video(path) as container:
        stream = container.streams.video[0]
        try:
            packets = [
                (packet.pts, bool(packet.is_keyframe))
                for packet in container.demux(stream)
                if packet.size and not packet.is_discard
            ]
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(path, error) from None
        index = _index(packets, stream.time_base, path) or _decoded(path)
    if not len(index.stamps):
        raise SourceError(f"{path} holds no frame: copy it again from where it comes, or leave it out.")
    require_decodable(path)
    return index


def _index(frames: list[tuple[int | None, bool]], base: Fraction | None, path: Path) -> Index | None:
    """None: some have no time."""
    stamps = [(stamp, is_key) for stamp, is_key in frames if stamp is not None]
    if base is None or len(stamps) < len(frames):
        return None
    keys = [stamp for stamp, is_key in stamps if is_key]
    every = np.unique(np.array([stamp for stamp, _ in stamps], np.int64))
    return Index(every, np.unique(np.array(keys, np.int64)), base, path.stat().st_size)


def _decoded(path: Path) -> Index:
    """Of files that say no times but those that follow from decoding."""
    with open_video(path) as container:
        stream = container.streams.video[0]
        try:
            frames = [(frame.pts, frame.key_frame) for frame in container.decode(stream)]
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(path, error) from None
    if (index := _index(frames, stream.time_base, path)) is None:
        raise SourceError(f"The frames of {path} have no times: write the video anew, such as with ffmpeg.")
    return index


def require_decodable(path: Path) -> None:
    """Raises `SourceError`: not even the first frame of the video can be had."""
    with open_video(path) as container:
        try:
            next(iter(container.decode(video=0)))
        except (av.FFmpegError, OSError, StopIteration) as error:
            raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> SourceError:
    why = getattr(error, "strerror", None) or str(error) or "no frame"
    return SourceError(f"{path} cannot be decoded ({why}): copy it again from where it comes, or write it anew.")
