"""The daemon: opens everything, starts three workers, watches over them, and closes everything in turn.

    capture ─► mailbox ─► pipeline ─► recorder ─► sinks        outbox ─► upload ─► database

Sinks start first, sources stop first. The main thread feeds systemd's watchdog only while every worker's heartbeat is
fresh; when one dies, everything stops and the command ends with that error's own exit code.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

import cv2

from device.camera.opening import open_source
from device.camera.source import Picture, Source
from device.clock import Clock
from device.contract import patient
from device.delivery.boot_time import BootTime
from device.delivery.opening import open_sinks
from device.delivery.outbox import Outbox
from device.delivery.sink import Sink
from device.delivery.steward import Steward
from device.delivery.store import StoreFullError
from device.delivery.uploader import Uploader
from device.identity import device_id
from device.mailbox import Mailbox
from device.models import Models, open_models
from device.neutrals import calibrated_neutral
from device.notify import notify
from device.pipeline import Pipeline
from device.recorder import Recorder
from device.settings import Settings
from device.stages.frame import Frame
from device.summary import Summary
from device.worker import Worker

_TICK_S = 0.25


class App:
    """One run of the daemon."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        show: Callable[["App"], None] = lambda app: None,
        more_sinks: Sequence[Sink] = (),
    ) -> None:
        """`show` is called about four times a second, for progress; `more_sinks` come after the configured ones."""
        self.settings = settings
        self.clock = clock
        self.summary = Summary()
        self.outbox: Outbox | None = None
        self.uploader: Uploader | None = None
        self.steward: Steward | None = None
        self.models: Models | None = None
        self._capture: _Capture | None = None
        self._show = show
        self._more_sinks = more_sinks
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask the run to end; safe in a signal handler."""
        self._stopping.set()

    @property
    def unkept(self) -> int:
        """Records that a full disk did not take."""
        return self.steward.unkept if self.steward else 0

    @property
    def read_cpu_s(self) -> float:
        """Processor seconds spent so far in reading the source: decoding, for a file."""
        return self._capture.read_cpu_s if self._capture else 0.0

    def run(self) -> Summary:
        """Run until the source ends, `max_frames` is reached, or `stop` is called. Raises any `AffectboxError`."""
        cv2.setNumThreads(1)  # frames are small: OpenCV's own threads cost more than they bring
        with ExitStack() as stack:
            opened = stack.enter_context(open_sinks(self.settings, self.clock))
            self.outbox, self.uploader, self.steward = opened.outbox, opened.uploader, opened.steward
            self._note_patient()
            models = self.models = stack.enter_context(open_models(self.settings.models))
            source = stack.enter_context(open_source(self.settings.run.source, self.settings.camera))
            workers = self._workers(models, [*opened.sinks, *self._more_sinks], source)
            notify("READY=1")
            self._supervise(workers)
        return self.summary

    def _note_patient(self) -> None:
        """Tell the database whom this start watches, by pseudonym: what a clinician may read depends on it."""
        if self.outbox is not None and self.settings.patient.id:
            path = patient.key(device_id(self.settings), self.clock.boot())
            with suppress(StoreFullError):
                self.outbox.append([(path, json.dumps(self.settings.patient.id).encode())])

    def _workers(self, models: Models, sinks: list[Sink], source: Source) -> list[Worker]:
        """Capture, pipeline and (with a database) upload, in the order in which they stop."""
        realtime = self.settings.run.pace == "realtime" or (self.settings.run.pace == "auto" and source.live)
        mailbox = Mailbox(newest_wins=realtime)
        recorder = Recorder(
            device_id(self.settings),
            models.named(),
            sinks,
            self.clock,
            self.settings.recorder,
            self.summary.hear,
        )
        pipeline = Pipeline(models, self.settings, calibrated_neutral(self.settings, self.clock))
        capture = self._capture = _Capture(source, mailbox, self.clock, realtime, self.settings.run.max_frames)
        stall_s = self.settings.supervision.stall_s

        def process() -> float | None:
            frame = mailbox.take(self.settings.recorder.commit_s)
            if frame is not None:
                recorder.add(pipeline(frame))
            recorder.commit_if_due()
            return None if mailbox.finished else 0.0

        workers = [
            Worker("capture", capture.step, self.clock, stall_s, finish=mailbox.close),
            Worker("pipeline", process, self.clock, stall_s, finish=recorder.commit),
        ]
        if self.outbox is not None and self.uploader is not None and self.steward is not None:
            patience_s = stall_s + 4 * self.settings.upload.timeout_s
            boot_time = BootTime(device_id(self.settings), self.outbox, self.clock)
            upload = _Upload(self.uploader, self.steward, boot_time)
            workers.append(Worker("upload", upload.step, self.clock, patience_s, finish=upload.finish))
        return workers

    def _supervise(self, workers: list[Worker]) -> None:
        for worker in reversed(workers):
            worker.start()
        pipeline = workers[1]
        try:
            while pipeline.alive and not self._stopping.wait(_TICK_S):
                for worker in workers:
                    worker.check()
                notify("WATCHDOG=1")
                self._show(self)
        finally:
            notify("STOPPING=1")
            for worker in workers:
                worker.stop()
        for worker in workers:
            worker.check()
        self._show(self)


class _Upload:
    """Sends; before each batch the clock is looked at, and the steward sees to the budget."""

    def __init__(self, uploader: Uploader, steward: Steward, boot_time: BootTime) -> None:
        self._uploader = uploader
        self._steward = steward
        self._boot_time = boot_time

    def step(self) -> float:
        self._boot_time.look()
        self._steward.tick()
        return self._uploader.step()

    def finish(self) -> None:
        self._steward.finish()
        self._uploader.drain()


class _Capture:
    """Reads the source and leaves frames in the mailbox; in real time, files are paced by their own timestamps."""

    def __init__(self, source: Source, mailbox: Mailbox, clock: Clock, realtime: bool, max_frames: int) -> None:
        self._source = source
        self._mailbox = mailbox
        self._clock = clock
        self._realtime = realtime
        self._max_frames = max_frames
        self._began_s: float | None = None
        self._index = 0
        self._picture: Picture | None = None
        self.read_cpu_s = 0.0

    def step(self) -> float | None:
        if self._picture is None:
            if self._max_frames and self._index >= self._max_frames:
                return None
            self._picture = self._read()
            if self._picture is None:
                return None
        now = self._clock.monotonic()
        if (wait_s := self._ahead(self._picture.media_s, now)) > 0:
            return wait_s
        trusted = self._clock.trusted()  # first: a clock set in between is right, and only looks as if it were not
        wall = self._clock.wall()
        frame = Frame(self._picture.image, self._index, now, wall, trusted, self._picture.media_s)
        if self._mailbox.put(frame, timeout_s=_TICK_S):
            self._picture = None
            self._index += 1
        return 0.0

    def _read(self) -> Picture | None:
        start = time.thread_time()
        picture = self._source.read()
        self.read_cpu_s += time.thread_time() - start
        return picture

    def _ahead(self, media_s: float | None, now_s: float) -> float:
        if not self._realtime or media_s is None:
            return 0.0
        if self._began_s is None:
            self._began_s = now_s - media_s
        return self._began_s + media_s - now_s
