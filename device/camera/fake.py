"""A source without a camera: pictures made by a function of their number."""

from collections.abc import Callable

from device.arrays import ByteImage
from device.camera.source import Picture
from device.closing import Closing
from device.contract.errors import SourceError


class FakeSource(Closing):
    """Delivers `count` pictures; as a camera (`live`), it then fails as a pulled camera does."""

    def __init__(self, make: Callable[[int], ByteImage], count: int, fps: float = 25.0, live: bool = False) -> None:
        self.live, self.rate, self.count = live, fps, count
        self._make = make
        self._fps = fps
        self._next = 0
        self._closed = False

    def read(self) -> Picture | None:
        if self._next >= self.count or self._closed:
            if self.live:
                raise SourceError("The camera stopped delivering pictures: check its cable, then start again.")
            return None
        picture = Picture(self._make(self._next), None if self.live else self._next / self._fps)
        self._next += 1
        return picture

    def skip(self) -> bool:
        return self.read() is not None

    def close(self) -> None:
        self._closed = True
