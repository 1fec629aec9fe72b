"""The camera daemon: one process, one connection to the host process, one task.

    watch     hold a session: camera, networks, records, delivery beside it; what waits at its end is left to `deliver`
    frame     camera and landmarks, for setting up
    probe     everything, into an outbox that is thrown away
    examine   what `affectbox doctor` finds, from within this process's sandbox
    revoke    no camera: purge and mark sessions whose consent was withdrawn
    erase     no camera: erase a person from what this process and delivery keep

It ends with its task, or with the connection: where that breaks, nobody is there who could stop the camera. The main
thread does the task; another one listens, and only asks the first to end, or hands on what happens in the session.
"""

import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from device.clock import Clock
from device.contract.control import TASKS, Do, ErasedSaid, Order
from device.contract.errors import AffectboxError, DataError
from device.contract.session import UNNAMED, Beginning, Why
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Sink
from device.metrics import HostMeter
from device.notify import notify
from device.service.erasing import erased
from device.service.framing import frame
from device.service.handing_over import handed_over
from device.service.reporting import Reporter
from device.service.said import beginning_in, check_session, event_in, phases_in
from device.service.service import Service
from device.service.wire import Wire, connection
from device.settings import SessionSettings, Settings
from device.summary import Summary

_ENDS = {Do.END: Why.STOPPED, Do.PAUSE: Why.PAUSED, Do.LIMIT: Why.LIMIT, Do.REVOKE: Why.REVOKED}


def serve(settings: Settings, clock: Clock, descriptor: int | None) -> None:
    """Do the task that comes over the inherited `descriptor`, or else the socket that systemd passed.

    Raises:
        InterlockError: nobody is there.
        AffectboxError: the task failed; the host has been told.
    """
    with Wire(connection(descriptor)) as wire:
        daemon = Daemon(settings, clock, wire)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: daemon.stop())
        daemon.run()


def deliver(settings: Settings, clock: Clock, lifeline: int | None = None) -> None:
    """Send what waits, without a camera, until a signal comes, or the other end of the inherited descriptor `lifeline`
    is closed: who holds the outbox for a host process that was killed keeps the next one from its sessions.

    Raises:
        AffectboxError: it cannot be opened, or sent.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if lifeline is not None:
        threading.Thread(target=_until_cut, args=(lifeline, stopping), name="lifeline", daemon=True).start()
    with handed_over(lambda: Service(settings, clock, drains=False), clock, stopping) as service:
        service.deliver(stopping)


def _until_cut(lifeline: int, stopping: threading.Event) -> None:
    with suppress(OSError):
        while os.read(lifeline, 1):
            pass
    stopping.set()


class Daemon:
    """Does the task of one connection."""

    def __init__(self, settings: Settings, clock: Clock, wire: Wire) -> None:
        self._settings, self._clock, self._wire = settings, clock, wire
        self._reporter = Reporter(settings, clock, wire.report)
        self._lock = threading.Lock()
        self._stopping, self._why = threading.Event(), Why.STOPPED
        self._service: Service | None = None
        self._early: list[Order] = []
        self._fault: AffectboxError | None = None
        self._person = ""
        self._erased: ErasedSaid | UnsetType = UNSET

    def stop(self, why: Why = Why.STOPPED) -> None:
        """Ask the task to end; safe in a signal handler. The first reason counts, but a revoked consent always."""
        if not self._stopping.is_set() or why is Why.REVOKED:
            self._why = why
        self._stopping.set()
        if self._service is not None:
            self._service.stop(why)

    def run(self) -> None:
        """Do the task, and say how it ended.

        Raises:
            AffectboxError: it failed; the host has been told.
        """
        try:
            task = self._wire.first()
            if task is None:
                return
            self._person = "" if task.patient == UNNAMED else task.patient
            if task.do not in TASKS:
                raise DataError(f"The host process began with '{task.do.value}', which is no task: restart the box.")
            threading.Thread(target=self._listen, name="orders", daemon=True).start()
            self._reporter.starting()
            why = self._tasks[task.do](task)
            if self._fault is not None:
                raise self._fault
        except AffectboxError as error:
            raise self._failed(error) from None
        except Exception as error:
            raise self._failed(_unforeseen(error)) from None
        self._reporter.ended(why.value, erased=self._erased)

    @property
    def _tasks(self) -> dict[Do, Callable[[Order], Why]]:
        return {
            Do.WATCH: self._watch,
            Do.FRAME: self._frame,
            Do.PROBE: self._probe,
            Do.EXAMINE: self._examine,
            Do.REVOKE: self._revoke,
            Do.ERASE: self._erase,
        }

    def _watch(self, task: Order) -> Why:
        beginning = beginning_in(task, self._clock)
        return self._hold(replace(self._settings, session=phases_in(task)), beginning)

    def _hold(self, settings: Settings, beginning: Beginning, *more: Sink) -> Why:
        reporter = self._reporter

        def open_service() -> Service:
            return Service(settings, self._clock, reporter.of_session, more, reporter.look, drains=False)

        with handed_over(open_service, self._clock, self._stopping) as service:
            self._adopt(service)
            with service.hearing():
                service.watch(beginning)
        return service.ended or Why.FAILED

    def _frame(self, task: Order) -> Why:
        meter, seen = HostMeter(self._clock), Summary()
        frame(
            self._settings,
            self._clock,
            self._reporter.look,
            lambda camera_open: self._reporter.of_framing(camera_open, seen, meter),
            self._stopping,
        )
        return self._why if self._stopping.is_set() else Why.FINISHED

    def _probe(self, task: Order) -> Why:
        def open_service() -> Service:
            return Service(self._settings, self._clock, drains=False, sends=False)

        with handed_over(open_service, self._clock, self._stopping):
            pass  # this release can read what waits in the outbox, and use the account
        alone = replace(self._settings.run, sinks=())
        settings = replace(self._settings, run=alone, session=SessionSettings())
        with tempfile.TemporaryDirectory(prefix="affectbox-probe-") as folder:
            outbox = Outbox(Path(folder) / "outbox.db", settings.outbox.max_mb)
            with OutboxSink(outbox) as thrown_away:
                return self._hold(settings, Beginning(), thrown_away)

    def _examine(self, task: Order) -> Why:
        from device.examination.findings import findings  # noqa: PLC0415  # much that no session needs

        notify("READY=1")
        for finding in findings(self._settings):
            self._reporter.found(finding)
            notify("WATCHDOG=1")
            if self._stopping.is_set():
                return self._why
        return Why.FINISHED

    def _revoke(self, task: Order) -> Why:
        for session in task.sessions:
            check_session(session)
        notify("READY=1")

        def open_service() -> Service:
            return Service(self._settings, self._clock, drains=False, sends=False)

        with handed_over(open_service, self._clock, self._stopping) as service:
            service.revoke(task.sessions, task.patient)
        return Why.REVOKED

    def _erase(self, task: Order) -> Why:
        notify("READY=1")
        self._erased = erased(task, self._settings, self._clock, self._stopping, self._alive)
        return Why.FINISHED

    def _alive(self) -> None:
        self._reporter.busy()
        notify("WATCHDOG=1")

    def _adopt(self, service: Service) -> None:
        """Hand on to a service what was asked for before it was there."""
        with self._lock:
            self._service = service
            for order in self._early:
                service.say(*event_in(order, self._clock))
        if self._stopping.is_set():
            service.stop(self._why)

    def _listen(self) -> None:
        """Until the host hangs up; then the task has to end, as it has when something else is said than is known."""
        try:
            for order in self._wire.orders():
                self._obey(order)
        except AffectboxError as error:
            self._fault = error
        finally:
            self.stop(Why.FAILED if self._fault else Why.STOPPED)

    def _obey(self, order: Order) -> None:
        if order.do in _ENDS:
            self.stop(_ENDS[order.do])
            return
        said = event_in(order, self._clock)
        with self._lock:
            if self._service is None:
                self._early.append(order)
            else:
                self._service.say(*said)

    def _failed(self, error: AffectboxError) -> AffectboxError:
        """The error as the host and the journal get it, without whom it was about; the host is told."""
        text = str(error).replace(self._person, "…") if self._person else str(error)
        error.args = (text,)
        ended = self._service.ended if self._service else None
        self._reporter.ended((ended or Why.FAILED).value, text)
        return error


def _unforeseen(error: Exception) -> AffectboxError:
    """What nobody foresaw, with its place and without what it says, for that may be of the person."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"
    return AffectboxError(f"A fault of the box's own ({place}): please report it.")
