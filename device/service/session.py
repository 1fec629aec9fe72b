"""One session: camera, networks and recorder, from its beginning to its end.

    capture ─► mailbox ─► pipeline ─► recorder ─► sinks

What is said of it meanwhile (a mark, a phase, a changed consent) waits for the pipeline's thread, which alone writes
to the sinks. At the end the camera is closed first, before anything is written, sent or waited for.
"""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from device.camera.source import Source
from device.clock import Clock
from device.contract.fields import Json
from device.contract.session import UNNAMED, Consent, Event, Why, consent_json
from device.delivery.sink import Sink
from device.features.comparer import Comparer
from device.mailbox import Mailbox
from device.metrics import HostMeter
from device.models import Models
from device.neutrals import calibrated_neutral
from device.observation import Observation
from device.pipeline import Pipeline
from device.recorder import Recorder, not_covered
from device.service.capture import Capture
from device.service.comparison import Comparison
from device.service.log import SessionLog
from device.service.pace import Pace, Pacer
from device.service.personal import OwnMovement
from device.service.phases import Phases
from device.service.pulse import Pulse
from device.settings import Settings
from device.stages.frame import Frame
from device.worker import Worker

_TICK_S = 0.25


@dataclass(frozen=True)
class Said:
    """Something that happens in a session and is no frame: the event, when, its `name`, and the new consent."""

    event: Event
    time: Json
    name: str = ""
    consent: Consent | None = None

    def content(self) -> Json:
        """What the event holds."""
        if self.consent is not None:
            return {"consent": consent_json(self.consent)}
        return {"name": self.name} if self.name else {}


class Session:
    """The workers of one session.

    Attributes:
        log: its events.
        consent: the one that holds now; agreed_s: since when, by the monotonic clock.
        camera_open: whether the source is open.
        pulse: what systemd hears of it.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        models: Models,
        source: Source,
        log: SessionLog,
        sinks: Sequence[Sink],
        meter: HostMeter,
        hear: Callable[[Json], None],
        said: "SimpleQueue[Said]",
        look: Callable[[Observation], None],
        comparers: Sequence[Comparer] = (),
        own: OwnMovement | None = None,
    ) -> None:
        """Connect everything; nothing runs yet.

        Args:
            hear: is told every record, once it is safe.
            said: what happens in the session beside frames.
            look: is shown every observation, in the pipeline's thread.
            comparers: what may compare the person with other people.
            own: what may watch the person's own movement.
        """
        self.log, self.consent, self.camera_open = log, log.beginning.consent, True
        self.agreed_s = 0.0
        self.pulse = Pulse(clock)
        self._source, self._said, self._look = source, said, look
        self._settings, self._clock = settings, clock
        realtime = settings.run.pace == "realtime" or (settings.run.pace == "auto" and source.live)
        self._mailbox = Mailbox(newest_wins=realtime)
        withheld = not_covered(self.consent)
        named = models.named()
        self._comparison = Comparison(comparers, named)
        self._recorder = Recorder(
            log.identity, named, sinks, clock, settings.recorder, meter, hear, withheld, self._comparison.hear
        )
        self._phases = Phases(settings.session.phases)
        person = "" if log.beginning.patient == UNNAMED else log.beginning.patient
        self._pipeline = Pipeline(models, settings, calibrated_neutral(settings, person, clock))
        self._own = own or OwnMovement()
        self._pacer = Pacer(settings.pace, meter, self._pipeline.spare) if realtime else None
        gate = self._pacer.gate if self._pacer else None
        self._capture = Capture(source, self._mailbox, clock, realtime, settings.run.max_frames, gate)
        stall_s = settings.supervision.stall_s
        silence_s = min(stall_s, settings.camera.silence_s) if source.live else stall_s
        self._capturing = Worker("capture", self._capture.step, clock, silence_s, finish=self._mailbox.close)
        self._processing = Worker("pipeline", self._process, clock, stall_s, finish=self._finish)
        self._agreed()

    @property
    def workers(self) -> list[Worker]:
        """Capture and pipeline, in the order in which they stop."""
        return [self._capturing, self._processing]

    @property
    def read_cpu_s(self) -> float:
        """Processor seconds spent in reading the source: decoding, for a file."""
        return self._capture.read_cpu_s

    @property
    def pace(self) -> Pace | None:
        """The pace that is kept; None where every frame is looked at, however long that takes."""
        return self._pacer.pace if self._pacer else None

    @property
    def is_recorded(self) -> bool:
        """Whether all that was seen is recorded, or discarded."""
        return not self._processing.alive

    def run(self, senders: Sequence[Worker], stopping: threading.Event, show: Callable[[], None]) -> Why | None:
        """Run the workers until there are no more frames, the consent has ended, or `stopping` is set.

        Args:
            senders: what else has to be alive.
            show: called about four times a second.

        Returns:
            Why it is over; None where `stopping` was set.

        Raises:
            AffectboxError: a worker failed or hangs.
        """
        for worker in reversed(self.workers):
            worker.start()
        while self._processing.alive:
            for worker in (*self.workers, *senders):
                worker.check()
            self.pulse.beat()
            show()
            if self.is_expired():
                return Why.EXPIRED
            if stopping.wait(_TICK_S):
                return None
        return Why.FINISHED

    def close_camera(self) -> None:
        """Take no more frames. A source that hangs is left open, and ends with the process."""
        self._capture.let_go()
        self._capturing.stop()
        if not self._capturing.alive:
            self._source.close()
            self.camera_open = False

    def finish(self, discard: bool) -> None:
        """Record what was seen, or `discard` what is not yet recorded; the camera is closed already."""
        if discard:
            self._recorder.discard()
        self._processing.stop()

    def is_expired(self) -> bool:
        """Whether the consent has ended by now."""
        until = self.consent.until if self.consent else None
        return until is not None and self._clock.wall() >= until

    def _process(self) -> float | None:
        frame = self._mailbox.take(self._settings.recorder.commit_s)
        self._hear()
        if frame is not None:
            self._see(frame)
        self._recorder.commit_if_due()
        return None if self._mailbox.finished else 0.0

    def _see(self, frame: Frame) -> None:
        self.log.camera(frame.image.shape[1], frame.image.shape[0])
        for phase in self._phases.at(frame.time_s):
            self.log.phase(phase, frame)
        pace = self._pacer.tick(self._clock.monotonic()) if self._pacer else None
        observation = self._pipeline(frame)
        self._recorder.add(observation, pace.to_json() if pace else None)
        self.pulse.seen(frame)
        self._look(observation)

    def _hear(self) -> None:
        while True:
            try:
                said = self._said.get_nowait()
            except Empty:
                return
            if said.consent is not None:
                self.consent, self.agreed_s = said.consent, self._clock.monotonic()
                self._recorder.withhold(not_covered(said.consent))
            self.log.said(said.event, said.content(), said.time)
            if said.consent is not None:
                self._agreed(said.time["mono"])

    def _agreed(self, since_s: float = -math.inf) -> None:
        """A consent holds, or none: watch as it says, and say what will compare the person with other people, or why
        nothing does."""
        self._pipeline.own = self._own.reader(self.consent)
        for content in self._comparison.agree(self.consent, since_s):
            self.log.compares(content)

    def _finish(self) -> None:
        self._hear()
        self._recorder.commit(last=True)
        self._comparison.close()
