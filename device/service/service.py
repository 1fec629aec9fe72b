"""The daemon: delivery from its start to its end, and in between sessions, one after another.

    session:   capture ─► mailbox ─► pipeline ─► recorder ─► sinks
    always:                                                  outbox ─► upload ─► database

Camera and networks are there only inside a session: `watch` opens them, and has closed them before it returns. Sinks
start first, sources stop first. The main thread feeds systemd's watchdog only while every worker's heartbeat is fresh;
when one dies, everything stops and the command ends with that error's own exit code.
"""

import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import cv2

from device.camera.opening import open_source
from device.camera.source import Source
from device.clock import Clock
from device.closing import Closing
from device.contract.errors import AffectboxError
from device.contract.fields import LONGEST, Json
from device.contract.session import UNNAMED, Beginning, Why
from device.contract.telemetry import State
from device.contract.version import version
from device.delivery.boot_time import BootTime
from device.delivery.opening import OpenSinks, open_sinks
from device.delivery.outbox import Outbox
from device.delivery.sink import Sink
from device.delivery.uploader import Uploader
from device.identity import device_id
from device.mailbox import Mailbox
from device.metrics import HostMeter
from device.models import Models, open_models
from device.neutrals import calibrated_neutral
from device.notify import notify
from device.pipeline import Pipeline
from device.recorder import Recorder, not_covered
from device.service.capture import Capture
from device.service.log import SessionLog, interrupted
from device.service.phases import Phases
from device.service.upload import Upload
from device.settings import Settings
from device.state import outbox_file
from device.summary import Summary
from device.worker import Worker

_TICK_S = 0.25


class Service(Closing):
    """One start of the daemon; use it in a `with` block.

    Attributes:
        summary: of the session that is open, else of the last one.
        models: the networks of that session.
        session: the log of the session that is open.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        show: Callable[["Service"], None] = lambda service: None,
        more_sinks: Sequence[Sink] = (),
    ) -> None:
        """Open the sinks, and begin to deliver what waits.

        Args:
            show: called about four times a second in a session, for progress.
            more_sinks: come after the configured ones.

        Raises:
            AffectboxError: a sink cannot be opened.
        """
        self.settings = settings
        self.clock = clock
        self.summary = Summary()
        self.models: Models | None = None
        self.session: SessionLog | None = None
        self._capture: Capture | None = None
        self._show = show
        self._meter = HostMeter(clock)
        self._state = State.IDLE
        self._failure = self._person = ""
        self._stopping = threading.Event()
        self._stack = ExitStack()
        with ExitStack() as stack:
            self._opened = stack.enter_context(open_sinks(settings, clock, about=self._about))
            self._sinks = [*self._opened.sinks, *more_sinks]
            self._end_what_was_left_open()
            self._upload = self._upload_worker(self._opened)
            self._stack = stack.pop_all()
        if self._upload:
            self._upload.start()

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, with a database."""
        return self._opened.outbox

    @property
    def uploader(self) -> Uploader | None:
        """What empties the outbox."""
        return self._opened.uploader

    @property
    def unkept(self) -> int:
        """Records that a full disk did not take."""
        return self._opened.steward.unkept if self._opened.steward else 0

    @property
    def read_cpu_s(self) -> float:
        """Processor seconds spent in reading the source of the session: decoding, for a file."""
        return self._capture.read_cpu_s if self._capture else 0.0

    def stop(self) -> None:
        """Ask the open session to end, or the next one, if none is open; safe in a signal handler."""
        self._stopping.set()

    def watch(self, beginning: Beginning) -> Summary:
        """Hold one session: until the source ends, `max_frames` were seen, `stop` is called, or the consent ends.

        Raises:
            AffectboxError: whatever stops it; the session is ended all the same.
        """
        cv2.setNumThreads(1)  # frames are small: OpenCV's own threads cost more than they bring
        self.summary = Summary()
        self._person = "" if beginning.patient == UNNAMED else beginning.patient
        with ExitStack() as stack:
            models = self.models = stack.enter_context(open_models(self.settings.models))
            source = stack.enter_context(open_source(self.settings.run.source, self.settings.camera))
            log = self.session = SessionLog(beginning, device_id(self.settings), self.clock, self._tell)
            self._state, why = State.SESSION, Why.FAILED
            try:
                workers = self._workers(models, source, log)
                notify("READY=1")
                why = self._supervise(workers, beginning)
            finally:
                self._state, self.session = State.IDLE, None
                self._stopping.clear()
                log.ended(why)
        self._show(self)
        return self.summary

    def close(self) -> None:
        """Deliver what is due, say that the daemon ended, and let go of everything. May be called twice."""
        notify("STOPPING=1")
        self._state = State.ENDED
        if self._upload:
            self._upload.stop()
        self._stack.close()

    def __exit__(self, *error: object) -> None:
        if isinstance(error[1], AffectboxError):  # an engineer reads it, who need not know whom it was about
            self._failure = str(error[1]).replace(self._person, "…") if self._person else str(error[1])
        elif error[1] is not None:
            self._failure = type(error[1]).__name__
        super().__exit__(*error)

    def _tell(self, event: Json) -> None:
        for sink in self._sinks:
            sink.tell(event)

    def _end_what_was_left_open(self) -> None:
        if self._opened.left_open is not None:
            self._tell(interrupted(self._opened.left_open, self.clock))

    def _upload_worker(self, opened: OpenSinks) -> Worker | None:
        if opened.outbox is None or opened.uploader is None or opened.steward is None:
            return None
        boot_time = BootTime(device_id(self.settings), opened.outbox, self.clock)
        upload = Upload(opened.uploader, opened.steward, boot_time)
        patience_s = self.settings.supervision.stall_s + 4 * self.settings.upload.timeout_s
        return Worker("upload", upload.step, self.clock, patience_s, finish=upload.finish)

    def _workers(self, models: Models, source: Source, log: SessionLog) -> list[Worker]:
        """Capture and pipeline, in the order in which they stop."""
        settings, beginning = self.settings, log.beginning
        realtime = settings.run.pace == "realtime" or (settings.run.pace == "auto" and source.live)
        mailbox = Mailbox(newest_wins=realtime)
        recorder = Recorder(
            log.identity,
            models.named(),
            self._sinks,
            self.clock,
            settings.recorder,
            self._meter,
            self.summary.hear,
            not_covered(beginning.consent),
        )
        phases = Phases(settings.session.phases)
        pipeline = Pipeline(models, settings, calibrated_neutral(settings, self._person, self.clock))
        capture = self._capture = Capture(source, mailbox, self.clock, realtime, settings.run.max_frames)

        def process() -> float | None:
            frame = mailbox.take(settings.recorder.commit_s)
            if frame is not None:
                log.camera(frame.image.shape[1], frame.image.shape[0])
                for phase in phases.at(frame.time_s):
                    log.phase(phase, frame)
                recorder.add(pipeline(frame))
            recorder.commit_if_due()
            return None if mailbox.finished else 0.0

        stall_s = settings.supervision.stall_s
        return [
            Worker("capture", capture.step, self.clock, stall_s, finish=mailbox.close),
            Worker("pipeline", process, self.clock, stall_s, finish=recorder.commit),
        ]

    def _supervise(self, workers: list[Worker], beginning: Beginning) -> Why:
        """Run the workers of a session to its end; why it ended."""
        for worker in reversed(workers):
            worker.start()
        pipeline, why = workers[-1], Why.FINISHED
        everyone = [*workers, *([self._upload] if self._upload else [])]
        try:
            while pipeline.alive:
                for worker in everyone:
                    worker.check()
                notify("WATCHDOG=1")
                self._show(self)
                if self._expired(beginning):
                    why = Why.EXPIRED
                    break
                if self._stopping.wait(_TICK_S):
                    why = Why.STOPPED
                    break
        finally:
            for worker in workers:
                worker.stop()
        for worker in everyone:
            worker.check()
        return why

    def _expired(self, beginning: Beginning) -> bool:
        until = beginning.consent.until if beginning.consent else None
        return until is not None and self.clock.wall() >= until

    def _about(self) -> Json:
        """What telemetry says of the daemon beside its delivery."""
        summary, host, folder = self.summary, self._meter(), outbox_file(self.settings.outbox).parent
        known: Json = {
            "version": version(),
            "state": self._state.value,
            "frames": {"recorded": summary.records, "measured": summary.measured, "skipped": summary.dropped},
            "host": host.to_json(),
            "disk": {"free": shutil.disk_usage(folder).free // 1_000_000},
        }
        if self.models is not None:
            known["models"] = self.models.named()
        if summary.ms:
            known["ms"] = summary.ms
        if self.session is not None:
            known["session"] = self.session.id
            known["frames"]["rate"] = round(summary.rate, 1)
        if self._failure:
            known["trouble"] = self._failure[:LONGEST]
        return known
