"""One slot between capture and pipeline: in real time the newest frame wins, otherwise every frame is waited for."""

import threading
from dataclasses import replace

from device.stages.frame import Frame


class Mailbox:
    """Holds at most one frame. `newest_wins`: a waiting frame is replaced, and the loss counted in the next."""

    def __init__(self, newest_wins: bool) -> None:
        self._newest_wins = newest_wins
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._dropped = 0
        self._closed = False

    @property
    def finished(self) -> bool:
        """No frame is here, and none will come."""
        with self._changed:
            return self._closed and self._frame is None

    def put(self, frame: Frame, timeout_s: float) -> bool:
        """Leave a frame; False when the slot stayed full for `timeout_s` (never when the newest wins)."""
        with self._changed:
            if self._frame is not None:
                if self._newest_wins:
                    self._dropped += 1
                elif not self._changed.wait_for(lambda: self._frame is None, timeout_s):
                    return False
            self._frame = frame
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> Frame | None:
        """Take the frame, with the number dropped before it; None when none came within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._closed, timeout_s)
            frame, self._frame = self._frame, None
            if frame is None:
                return None
            dropped, self._dropped = self._dropped, 0
            self._changed.notify_all()
            return replace(frame, dropped=dropped)

    def close(self) -> None:
        """No more frames will come; the one that waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
