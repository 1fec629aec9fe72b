"""One life of the camera daemon: from its launch until it is gone, in a thread of its own."""

import threading
from collections.abc import Callable

from device.clock import Clock
from device.contract.control import VERSION, Do, Doing, Order, Report
from device.contract.errors import AffectboxError
from device.host.jobs import Job
from device.host.launcher import Connection, Launcher


class Process:
    """Started when it is made. Its methods are called with the interlock's lock held, and never wait.

    Attributes:
        job: what it is for.
        report: the newest; None before the first.
        heard_s: when that came, or when the process was launched, by the monotonic clock.
        asked: with what it was asked to end; None while it is wanted.
        asked_s: when.
        given_up: whether it was hung up on without having been asked to end.
        failure: why it could not be launched or understood; "" when it could.
    """

    def __init__(
        self,
        job: Job,
        launcher: Launcher,
        clock: Clock,
        heard: Callable[["Process", Report], None],
        gone: Callable[["Process"], None],
    ) -> None:
        """`heard` and `gone` are called from the process's thread."""
        self.job = job
        self.report: Report | None = None
        self.heard_s = self.asked_s = clock.monotonic()
        self.asked: Do | None = None
        self.failure, self.given_up = "", False
        self._clock = clock
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._run, args=(launcher, heard, gone), name="camera-daemon", daemon=True
        )
        self._thread.start()

    @property
    def doing(self) -> Doing | None:
        """What it says that it does."""
        return self.report.state if self.report else None

    @property
    def may_see(self) -> bool:
        """Whether its camera is open, or might be: nobody said that it is closed, and will stay so."""
        if not self.job.needs_camera:
            return False
        if self.report is None:
            return True
        return self.report.camera_open or self.report.state in (Doing.STARTING, Doing.WATCHING)

    def ask(self, do: Do) -> None:
        """Ask it to end; the first word counts, but that a revocation may follow any other."""
        if self.asked is None or (do is Do.REVOKE and self.asked is not Do.REVOKE):
            self.asked, self.asked_s = do, self._clock.monotonic()
            self.say(Order(do, VERSION))

    def say(self, order: Order) -> None:
        """Tell it something, if it can be told by now."""
        with self._lock:
            if self._connection is not None:
                self._connection.say(order)

    def hang_up(self) -> None:
        """It does not answer."""
        if self._connection is not None:
            self.given_up |= self.asked is None
            self._connection.hang_up()

    def kill(self) -> None:
        """It does not answer at all."""
        if self._connection is not None:
            self.given_up |= self.asked is None
            self._connection.kill()

    def join(self, timeout_s: float) -> bool:
        """Wait until it is gone, without the interlock's lock; whether it is."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(
        self,
        launcher: Launcher,
        heard: Callable[["Process", Report], None],
        gone: Callable[["Process"], None],
    ) -> None:
        try:
            connection = launcher.launch()
            try:
                with self._lock:
                    self._connection = connection
                    if self.asked is None:
                        connection.say(self.job.order())  # as it is by now: a consent may have changed
                    else:  # nobody wants it any more
                        connection.hang_up()
                self._listen(connection, heard)
            finally:
                connection.close()
        except AffectboxError as error:
            self.failure = str(error)
        gone(self)

    def _listen(self, connection: Connection, heard: Callable[["Process", Report], None]) -> None:
        while True:
            try:
                report = connection.hear()
                if report is None:
                    return
                heard(self, report)
            except AffectboxError as error:  # of another version: it ends when it is left alone
                self.failure = str(error)
                self.kill()
            except Exception as error:  # nobody foresaw it: the camera is closed, and the process waited for
                self.failure = f"A fault of the box's own ({type(error).__name__}): please report it."
                self.kill()
