"""What systemd hears of a session: that it is ready, and that it is alive.

Ready is a session whose first frame was processed, not one that has begun: until then nothing shows that there is a
camera, a network that answers, a record. Alive is one that has processed a new frame within the last seconds; so a
camera that froze, or gives its last picture again and again, ends the process even if every thread goes on turning.
"""

import math

from device.clock import Clock
from device.notify import notify
from device.stages.frame import Frame

FRESH_S = 10.0
_STATUS_S = 5.0


class Pulse:
    """`seen` is called with every frame that was processed, in one thread; `beat` some times a second, in another."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest_s = self._seen_s = self._told_s = -math.inf
        self._frames = 0

    def seen(self, frame: Frame) -> None:
        """A frame was captured and processed."""
        if frame.mono_s <= self._newest_s:
            return
        if not self._frames:
            notify("READY=1")
        self._newest_s, self._seen_s = frame.mono_s, self._clock.monotonic()
        self._frames += 1

    def beat(self) -> None:
        """Everything else is alive: tell so, if frames are."""
        now = self._clock.monotonic()
        if now - self._seen_s > FRESH_S:
            return
        notify("WATCHDOG=1")
        if now - self._told_s >= _STATUS_S:  # for `systemctl status`: how the box does, never the person
            self._told_s = now
            notify(f"STATUS=watching; frames so far: {self._frames}")
