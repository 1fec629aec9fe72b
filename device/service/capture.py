"""Reads the source and leaves frames in the mailbox; in real time, files are paced by their own timestamps."""

import time

from device.camera.source import Picture, Source
from device.clock import Clock
from device.contract.errors import SourceError
from device.mailbox import Mailbox
from device.service.pace import Gate
from device.stages.frame import Frame

_TICK_S = 0.25


class Capture:
    """One step reads one picture, or waits for its time.

    Attributes:
        read_cpu_s: processor seconds spent so far in reading: decoding, for a file.
    """

    def __init__(
        self,
        source: Source,
        mailbox: Mailbox,
        clock: Clock,
        realtime: bool,
        max_frames: int,
        gate: Gate | None = None,
    ) -> None:
        """`max_frames`: stop after so many; 0 means never. `gate`: what it does not admit is left out."""
        self._source = source
        self._mailbox = mailbox
        self._clock = clock
        self._realtime = realtime
        self._max_frames = max_frames
        self._gate = gate
        self._began_s: float | None = None
        self._index = 0
        self._picture: Picture | None = None
        self._letting_go = False
        self._latest_s = clock.monotonic()
        self.read_cpu_s = 0.0

    def step(self) -> float | None:
        """Seconds to wait before the next step; None when there are no more pictures. Raises `SourceError`."""
        try:
            return self._step()
        except SourceError:
            if self._letting_go:
                return None
            raise

    def let_go(self) -> None:
        """Close a camera at once, even while a picture is waited for; a file is left to whoever opened it."""
        self._letting_go = True
        if self._source.live:
            self._source.close()

    def _step(self) -> float | None:
        if self._picture is None:
            if self._max_frames and self._index >= self._max_frames:
                return None
            if self._source.live and self._gate is not None and self._gate.early:
                return self._let_pass(self._gate)
            self._picture = self._read()
            if self._picture is None:
                return None
            if not self._admitted(self._picture):
                return 0.0
        now = self._clock.monotonic()
        if (wait_s := self._ahead(self._picture.media_s, now)) > 0:
            return wait_s
        trusted = self._clock.trusted()  # first: a clock set in between is right, and only looks as if it were not
        taken = self._taken(self._picture, now)
        wall = self._clock.wall() - (now - taken)
        frame = Frame(self._picture.image, self._index, taken, wall, trusted, self._picture.media_s)
        if self._mailbox.put(frame, timeout_s=_TICK_S):
            self._picture = None
            self._index += 1
        return 0.0

    def _taken(self, picture: Picture, now_s: float) -> float:
        """When the picture was taken: as the camera says, but neither before the one before it nor in the future."""
        taken_s = now_s if picture.taken_s is None else min(max(picture.taken_s, self._latest_s), now_s)
        self._latest_s = taken_s
        return taken_s

    def _read(self) -> Picture | None:
        start = time.thread_time()
        picture = self._source.read()
        self.read_cpu_s += time.thread_time() - start
        return picture

    def _let_pass(self, gate: Gate) -> float | None:
        """Leave the next picture out without looking at it, which may cost nearly nothing."""
        if not self._source.skip():
            return None
        gate.came(self._clock.monotonic())
        self._index += 1
        return 0.0

    def _admitted(self, picture: Picture) -> bool:
        """Whether the pace admits the picture; else it is gone, and counted."""
        time_s = self._clock.monotonic() if picture.media_s is None else picture.media_s
        if self._gate is None or self._gate.admits(time_s):
            return True
        self._picture = None
        self._index += 1
        return False

    def _ahead(self, media_s: float | None, now_s: float) -> float:
        if not self._realtime or media_s is None:
            return 0.0
        if self._began_s is None:
            self._began_s = now_s - media_s
        return self._began_s + media_s - now_s
