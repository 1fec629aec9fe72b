"""A worker: one loop in one thread, with a heartbeat and its error kept for the supervisor."""

import threading
from collections.abc import Callable

from device.clock import Clock
from device.contract.errors import StalledError

JOIN_S = 5.0
#: A step returns the seconds to wait before the next, or None when there is nothing more to do.
Step = Callable[[], float | None]


class Worker:
    """Calls `step` until it returns None, fails, or `stop` is asked for; then calls `finish` in the same thread."""

    def __init__(self, name: str, step: Step, clock: Clock, stall_s: float, finish: Callable[[], None] | None = None):
        self.name = name
        self._step = step
        self._finish = finish
        self._clock = clock
        self._stall_s = stall_s
        self._stop, self._nudged = threading.Event(), threading.Event()
        self._beat_s = clock.monotonic()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self.error: BaseException | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def halt(self) -> None:
        """Ask the loop to end after the step that it is in, and do not wait for it."""
        self._stop.set()
        self._nudged.set()

    def nudge(self) -> None:
        """Let the next step come at once, however long the last one wanted to wait; safe in any thread."""
        self._nudged.set()

    def stop(self, join_s: float | None = None) -> None:
        """Ask the loop to end and wait a bounded time; a hung thread is left behind and dies with the process."""
        self.halt()
        if self._thread.is_alive():
            self._thread.join(JOIN_S if join_s is None else join_s)

    @property
    def alive(self) -> bool:
        """Whether the loop is running."""
        return self._thread.is_alive()

    def check(self) -> None:
        """Raise the error that ended the loop, or `StalledError` when its heartbeat is old."""
        if self.error is not None:
            raise self.error
        silent_s = self._clock.monotonic() - self._beat_s
        if self.alive and silent_s > self._stall_s:
            raise StalledError(f"The {self.name} worker is hung (silent for {silent_s:.0f} s): starting again helps.")

    def _loop(self) -> None:
        try:
            while not self._stop.is_set():
                self._beat_s = self._clock.monotonic()
                wait_s = self._step()
                if wait_s is None:
                    break
                if wait_s:
                    self._nudged.wait(wait_s)
                    self._nudged.clear()
            if self._finish is not None:
                self._finish()
        except BaseException as error:  # the supervisor raises it again in the main thread
            self.error = error
