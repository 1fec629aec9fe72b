"""One picture from a camera or a file, with everything known about when it was taken."""

from dataclasses import dataclass

from device.arrays import ByteImage
from device.stages.geometry import Box


@dataclass(frozen=True, eq=False)
class Frame:
    """A captured frame.

    Attributes:
        image: (height, width, 3) uint8, BGR.
        index: number of the frame in its source, from 0.
        mono_s: monotonic time of capture, seconds.
        wall_s: wall time of capture, seconds since 1970; see `trusted`.
        trusted: whether the wall clock was synchronized.
        media_s: the file's own timestamp in seconds; None for a camera.
        dropped: frames lost since the frame before, because a newer one came first.
        name: that of the file, where each picture has one.
    """

    image: ByteImage
    index: int
    mono_s: float
    wall_s: float = 0.0
    trusted: bool = False
    media_s: float | None = None
    dropped: int = 0
    name: str = ""

    @property
    def time_s(self) -> float:
        """The time that intervals between frames are measured in: the file's own if it has one, else monotonic."""
        return self.mono_s if self.media_s is None else self.media_s

    @property
    def bounds(self) -> Box:
        """The whole frame as a box."""
        return Box(0, 0, self.image.shape[1], self.image.shape[0])
