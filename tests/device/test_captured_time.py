"""When a frame was taken, as the camera says and no otherwise."""

import numpy as np
import pytest

from device.camera.source import Picture
from device.clock import FakeClock
from device.mailbox import Mailbox
from device.service.capture import Capture
from device.stages.frame import Frame


class Told:
    """A camera that says of each picture when it was taken."""

    live, rate, count = True, 0.0, 0

    def __init__(self, *taken_s: float | None) -> None:
        self._taken_s = iter(taken_s)

    def read(self) -> Picture:
        return Picture(np.zeros((4, 4, 3), np.uint8), None, taken_s=next(self._taken_s))


def frames(clock: FakeClock, *taken_s: float | None) -> list[Frame]:
    """What becomes of pictures that arrive a tenth of a second apart, the first at 100.1 s."""
    mailbox = Mailbox(newest_wins=True)
    capture = Capture(Told(*taken_s), mailbox, clock, realtime=True, max_frames=0)  # type: ignore[arg-type]
    taken = []
    for _ in taken_s:
        clock.advance(0.1)
        assert capture.step() == 0.0
        frame = mailbox.take(0)
        assert frame is not None
        taken.append(frame)
    return taken


def test_a_frame_is_of_the_time_at_which_the_camera_took_it() -> None:
    first, second, third = frames(FakeClock(100.0, wall=5000.0), 100.04, 100.14, None)
    assert [first.mono_s, second.mono_s, third.mono_s] == pytest.approx([100.04, 100.14, 100.3])
    assert [first.wall_s, second.wall_s, third.wall_s] == pytest.approx([5000.04, 5000.14, 5000.3])
    assert second.time_s - first.time_s == pytest.approx(0.1)


def test_no_frame_is_of_the_future_before_the_session_or_before_another() -> None:
    taken = frames(FakeClock(100.0), 99.9, 100.15, 100.05, 700.0)
    assert [frame.mono_s for frame in taken] == pytest.approx([100.0, 100.15, 100.15, 100.4])
