"""Capture at a pace: of a camera's pictures those in between are not even read."""

from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.camera.source import Picture
from device.clock import FakeClock
from device.mailbox import Mailbox
from device.service.capture import Capture
from device.service.pace import Gate

FPS = 25


class Camera(FakeSource):
    """A picture every 40 ms of a clock that nothing else moves; counts what was read and what was let pass."""

    def __init__(self, clock: FakeClock, image: ByteImage, live: bool = True) -> None:
        super().__init__(lambda _: image, count=10_000, fps=FPS, live=live)
        self._clock = clock
        self.read_at: list[int] = []
        self.skipped = 0

    def read(self) -> Picture | None:
        self._clock.advance(1 / FPS)
        self.read_at.append(self._next)
        return super().read()

    def skip(self) -> bool:
        self._clock.advance(1 / FPS)
        self._next += 1
        self.skipped += 1
        return True


def captured(image: ByteImage, live: bool, gate: Gate | None, max_frames: int = 250) -> tuple[Camera, list[int]]:
    """The camera, and the numbers of the pictures that came through."""
    clock, mailbox, through = FakeClock(), Mailbox(newest_wins=True), []
    camera = Camera(clock, image, live)
    capture = Capture(camera, mailbox, clock, False, max_frames, gate)
    while capture.step() is not None:
        if (frame := mailbox.take(0.0)) is not None:
            through.append(frame.index)
    return camera, through


def test_ten_of_a_cameras_twenty_five_pictures_a_second_are_read_and_the_others_pass(portrait: ByteImage) -> None:
    camera, through = captured(portrait, live=True, gate=Gate(10.0))
    assert len(through) == 100
    assert len(camera.read_at) <= 103, "one or two are needed to learn how fast they come"
    assert camera.skipped + len(camera.read_at) == 250
    assert through == [number for number in camera.read_at if number in through], (
        "each has its own number in the source"
    )


def test_of_a_file_at_its_own_pace_all_are_read_and_ten_a_second_looked_at(portrait: ByteImage) -> None:
    camera, through = captured(portrait, live=False, gate=Gate(10.0))
    assert len(through) == 100
    assert (len(camera.read_at), camera.skipped) == (250, 0)


def test_without_a_pace_every_picture_is_looked_at(portrait: ByteImage) -> None:
    camera, through = captured(portrait, live=True, gate=None)
    assert through == list(range(250))
    assert camera.skipped == 0
