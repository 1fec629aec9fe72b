"""The seam to cameras and files."""

from dataclasses import dataclass
from typing import Protocol, Self

from device.arrays import ByteImage


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture.

    Attributes:
        image: (height, width, 3), uint8, BGR.
        media_s: the file's own timestamp, seconds; None from a camera.
        name: that of the file, where each picture has one.
        taken_s: when the camera took it, on the monotonic clock, seconds; None where it does not say.
    """

    image: ByteImage
    media_s: float | None
    name: str = ""
    taken_s: float | None = None


class Source(Protocol):
    """A stream of pictures.

    Attributes:
        live: whether pictures come in real time and are lost when nobody takes them.
        rate: pictures a second; 0 where they have none, or it is not known.
        count: how many pictures there are; 0 where that is not known.
    """

    live: bool
    rate: float
    count: int

    def read(self) -> Picture | None:
        """The next picture; None at the end of a file, and ever after.

        Raises:
            SourceError: a camera stopped delivering.
        """

    def skip(self) -> bool:
        """Let the next picture pass, at less cost than reading it where that is possible; False at the end of a file.

        Raises:
            SourceError: a camera stopped delivering.
        """

    def close(self) -> None:
        """Let go of the camera or file. May be called twice; of a camera also while another thread reads, which then
        fails."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...
