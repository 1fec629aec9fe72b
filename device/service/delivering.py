"""Delivery: the sinks, and with a database the worker that empties the outbox into it. There with or without a camera.

It also settles what an earlier start left unsaid: that a session was cut off, or that its consent was revoked.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack

from device.clock import Clock
from device.closing import Closing
from device.contract.fields import Json
from device.contract.session import UNNAMED
from device.delivery.boot_time import BootTime
from device.delivery.opening import OpenSinks, open_sinks
from device.delivery.sink import Sink
from device.identity import device_id
from device.service.log import interrupted, revoked
from device.service.upload import Upload
from device.settings import Settings
from device.worker import JOIN_S, Worker

#: For a write that is on its way, where nothing is waited for: what was sent is sent again, which changes nothing.
LEAVE_S = 0.3


class Delivery(Closing):
    """Everything behind the recorder.

    Attributes:
        sinks: in the order in which they are written.
        opened: what they were opened as.
        upload: the worker, with a database.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        about: Callable[[], Json],
        more_sinks: Sequence[Sink],
        drains: bool,
        sends: bool,
    ) -> None:
        """Open the sinks, settle what was left unsaid, and begin to send what waits; see `Service` for the rest.

        Raises:
            AffectboxError: a sink cannot be opened.
        """
        self._settings, self._clock, self._drains = settings, clock, drains
        self._device = device_id(settings)
        with ExitStack() as stack:
            self.opened: OpenSinks = stack.enter_context(open_sinks(settings, clock, about=about))
            self.sinks = [*self.opened.sinks, *more_sinks]
            if self.opened.left_open is not None:
                self.tell(interrupted(self.opened.left_open, clock))
            self.mark()
            self.upload = self._worker() if sends else None
            self._stack = stack.pop_all()
        if self.upload:
            self.upload.start()

    def tell(self, event: Json) -> None:
        """Tell an event to every sink."""
        for sink in self.sinks:
            sink.tell(event)

    def hurry(self) -> None:
        """Let telemetry go out at once; safe in any thread."""
        if self.opened.steward and self.upload:
            self.opened.steward.hurry()
            self.upload.nudge()

    def withdraw(self, sessions: Collection[str], person: str = UNNAMED) -> None:
        """Purge what was not sent of sessions, and of those that they go on from, and send nothing more in this start.

        Args:
            person: whom they watched, where the box does not remember.

        Raises:
            OutboxError: nothing was purged.
        """
        self._drains = False
        if self.upload:
            self.upload.halt()  # what it may hold in memory is not to be sent
        if self.opened.keeper:
            self.opened.keeper.withdraw(self._device, sessions, person)

    def mark(self, but: str = "") -> None:
        """Tell of sessions that were purged that they were revoked; `but` is one that has told it itself."""
        keeper = self.opened.keeper
        if keeper is None or not (to_mark := keeper.lineage.to_mark()):
            return
        for session, person in to_mark.items():
            if session != but:
                self.tell(revoked(self._device, session, person, self._clock))
        keeper.lineage.marked()

    def close(self) -> None:
        """Send what is due, or at once leave it to a later start, and let go of everything. May be called twice."""
        if self.upload:
            self.upload.stop(JOIN_S if self._drains else LEAVE_S)
        self._stack.close()

    def _worker(self) -> Worker | None:
        opened, settings = self.opened, self._settings
        if opened.outbox is None or opened.uploader is None or opened.steward is None:
            return None
        boot_time = BootTime(self._device, opened.outbox, self._clock)
        upload = Upload(opened.uploader, opened.steward, boot_time, lambda: self._drains)
        patience_s = settings.supervision.stall_s + 4 * settings.upload.timeout_s
        return Worker("upload", upload.step, self._clock, patience_s, finish=upload.finish)
