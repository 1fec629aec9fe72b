"""The daemon: delivery from its start to its end, and in between sessions, one after another.

    session:   capture ─► mailbox ─► pipeline ─► recorder ─► sinks       (`session.py`)
    always:                                                  outbox ─► upload ─► database

Camera and networks are there only inside a session: `watch` opens them, and has closed them before it returns. Sinks
start first, sources stop first. The main thread feeds systemd's watchdog only while every worker's heartbeat is fresh,
and in a session while frames are (`pulse.py`); when one dies, everything stops and the command ends with that error's
own exit code.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue

import cv2

from device.camera.opening import open_source
from device.camera.source import Source
from device.clock import Clock
from device.closing import Closing
from device.contract.boot import moment
from device.contract.errors import AffectboxError, OutboxError
from device.contract.fields import Json
from device.contract.record import seen_live
from device.contract.session import UNNAMED, Beginning, Consent, Event, Why
from device.contract.telemetry import State
from device.delivery.outbox import Outbox
from device.delivery.sink import Sink
from device.delivery.uploader import Uploader
from device.features.comparer import Comparer
from device.identity import device_id
from device.metrics import HostMeter
from device.models import Models, open_models
from device.notify import notify
from device.observation import Observation
from device.service import comparison, personal
from device.service.about import about
from device.service.afar import Afar, listening, refusal
from device.service.delivering import Delivery
from device.service.figures import Figures
from device.service.log import SessionLog
from device.service.noticed import Noticed
from device.service.pace import Pace
from device.service.personal import OwnMovement
from device.service.session import Said, Session
from device.service.support import Support, opened
from device.settings import Settings
from device.summary import Summary
from device.worker import Worker

_TICK_S = 0.25


class Service(Closing):
    """One start of the daemon; use it in a `with` block.

    Attributes:
        summary: of the session that is open, else of the last one.
        models: the networks of that session.
        session: the log of the session that is open.
        ended: why the last session ended.
        afar: whoever is far away: what hears them, and what they are sent.
        noticed: the box around this process.
        meter: of the machine.
        state, failure: as telemetry has them.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        show: Callable[["Service"], None] = lambda service: None,
        more_sinks: Sequence[Sink] = (),
        look: Callable[[Observation], None] = lambda observation: None,
        drains: bool = True,
        sends: bool = True,
    ) -> None:
        """Open the sinks, and begin to deliver what waits.

        Args:
            show: called about four times a second in a session, for progress, and when the camera is closed.
            more_sinks: come after the configured ones.
            look: is shown every observation, in another thread.
            sends: whether anything is sent at all.
            drains: whether `close` sends what is due; else it lets go at once, and what waits is sent later.

        Raises:
            AffectboxError: a sink cannot be opened.
        """
        self.settings = settings
        self.clock = clock
        self.summary = Summary()
        self.models: Models | None = None
        self.session: SessionLog | None = None
        self.ended: Why | None = None
        self.afar = Afar()
        self.noticed = Noticed(settings, clock)
        self.meter = HostMeter(clock)
        self._figures = Figures(self)
        self._held: Session | None = None
        self._support, self._own = Support(), OwnMovement()
        self._comparers: tuple[Comparer, ...] = ()
        self._show, self._look = show, look
        self._said: SimpleQueue[Said] = SimpleQueue()
        self.state, self.failure, self._person = State.IDLE, "", ""
        self._stopping, self._why = threading.Event(), Why.STOPPED
        self._delivery = Delivery(settings, clock, lambda: about(self), more_sinks, drains, sends)

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, with a database."""
        return self._delivery.opened.outbox

    @property
    def uploader(self) -> Uploader | None:
        """What empties the outbox."""
        return self._delivery.opened.uploader

    @property
    def unkept(self) -> int:
        """Records that a full disk did not take."""
        return self._delivery.opened.steward.unkept if self._delivery.opened.steward else 0

    @property
    def is_full(self) -> bool:
        """Whether the disk did not take the newest."""
        keeper = self._delivery.opened.keeper
        return keeper is not None and keeper.is_full

    @property
    def read_cpu_s(self) -> float:
        """Processor seconds spent in reading the source of the session: decoding, for a file."""
        return self._held.read_cpu_s if self._held else 0.0

    @property
    def camera_open(self) -> bool:
        """Whether the camera is open, as far as this process goes."""
        return self._held is not None and self._held.camera_open

    @property
    def pace(self) -> Pace | None:
        """The pace of the session that is open; None where every frame is looked at."""
        return self._held.pace if self._held and self.session else None

    def stop(self, why: Why = Why.STOPPED) -> None:
        """Ask the open session to end, or the next one, if none is open; safe in a signal handler. The first
        reason counts, but a revoked consent always."""
        if not self._stopping.is_set() or why is Why.REVOKED:
            self._why = why
        self._stopping.set()

    def say(self, event: Event, name: str = "", consent: Consent | None = None) -> None:
        """Something happens now in the session that is open: a mark, a phase, a stimulus, another consent."""
        now = moment(self.clock.monotonic(), self.clock.wall(), self.clock.trusted())
        self._said.put(Said(event, now, name, consent))

    def watch(self, beginning: Beginning) -> Summary:
        """Hold one session: until the source ends, `max_frames` were seen, `stop` is called, or the consent ends.

        Raises:
            AffectboxError: whatever stops it; the session is ended all the same.
        """
        cv2.setNumThreads(1)  # frames are small: OpenCV's own threads cost more than they bring
        self.summary = Summary()
        self._person = "" if beginning.patient == UNNAMED else beginning.patient
        with (
            open_models(self.settings.models) as models,
            opened(self.settings) as supporter,
            comparison.opened(self.settings) as self._comparers,
            personal.opened(self.settings, beginning.patient) as own,
        ):
            self.models, self._support, self._own = models, Support(supporter), own
            stopped = self._stopping.is_set()
            source = None if stopped else open_source(self.settings.run.source, self.settings.camera)
            log = self.session = SessionLog(beginning, device_id(self.settings), self.clock, self._tell)
            self.state, why = State.SESSION, Why.FAILED
            try:
                why = self._why if source is None else self._hold(log, models, source)
            finally:
                self._end(log, why)
        self._show(self)
        return self.summary

    def revoke(self, sessions: Collection[str], person: str = UNNAMED) -> None:
        """Purge what was not sent of sessions, and of those that they go on from, and mark them as revoked.

        Args:
            sessions: ids of sessions of this box that have ended.
            person: whom they watched, where the box does not remember.

        Raises:
            OutboxError: nothing was purged.
            StorageError: what they came to is still remembered; what was not sent is purged.
        """
        self._delivery.withdraw(sessions, person)
        personal.withdraw(self.settings, sessions)
        self._delivery.mark()

    def deliver(self, stopping: threading.Event) -> None:
        """Send what waits until `stopping` is set. Raises `AffectboxError`: sending hangs, or the outbox fails."""
        notify("READY=1")
        with self.hearing():
            while not stopping.wait(_TICK_S):
                for worker in self._senders:
                    worker.check()
                self._notice()
                notify("WATCHDOG=1")

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Hear whoever is far away for the length of a `with` block: see `device.service.afar`."""
        delivery = self._delivery
        with listening(self.settings, delivery.opened, self.clock, delivery.hurry, self._not_live) as self.afar:
            yield

    def close(self) -> None:
        """Deliver what is due, say that the daemon ended, and let go of everything. May be called twice."""
        notify("STOPPING=1")
        self.state = State.ENDED
        self._delivery.close()

    def __exit__(self, *error: object) -> None:
        if isinstance(error[1], AffectboxError):  # an engineer reads it, who need not know whom it was about
            self.failure = str(error[1]).replace(self._person, "…") if self._person else str(error[1])
        elif error[1] is not None:
            self.failure = type(error[1]).__name__
        super().__exit__(*error)

    @property
    def _senders(self) -> list[Worker]:
        return [self._delivery.upload] if self._delivery.upload else []

    def _hold(self, log: SessionLog, models: Models, source: Source) -> Why:
        """Hold a session that has begun, with its camera open; why it ended."""
        try:
            session = self._held = Session(
                self.settings,
                self.clock,
                models,
                source,
                log,
                self._delivery.sinks,
                self.meter,
                self._hear,
                self._said,
                self._see,
                self._comparers,
                self._own,
            )
        except BaseException:
            source.close()
            raise
        return self._supervise(session)

    def _end(self, log: SessionLog, why: Why) -> None:
        """Tell the end of a session, whose camera is closed; where the consent was revoked, purge it first."""
        self.state, self.session, self._support, self._own = State.IDLE, None, Support(), OwnMovement()
        ended = Why.REVOKED if self._is_revoked else why
        if ended is Why.REVOKED:
            self._delivery.withdraw([log.id])
        log.ended(ended)
        if ended is Why.REVOKED:
            self._delivery.mark(but=log.id)
        self.ended = ended
        self._stopping.clear()
        self._why = Why.STOPPED
        if ended is Why.REVOKED:
            personal.withdraw(self.settings, [log.id, log.beginning.continues])

    def _supervise(self, session: Session) -> Why:
        """Run the workers of a session to its end; why it ended."""
        try:
            why = session.run(self._senders, self._stopping, self._tick) or self._why
        finally:
            self.afar.end()  # beside what follows
            session.close_camera()
            self._show(self)
            session.finish(discard=self._is_revoked)
        for worker in (*session.workers, *self._senders):
            worker.check()
        self._conclude(session, why)
        return why

    def _conclude(self, session: Session, why: Why) -> None:
        """Tell what diagnosis support says of a session, and what the person's own movement came to, where they do."""

        def is_wanted() -> bool:
            self._show(self)
            notify("WATCHDOG=1")
            return not self._is_revoked and not session.is_expired()

        if session.is_recorded and (content := self._support.conclude(why, self.clock, is_wanted)):
            session.log.support(content)
        if session.is_recorded and is_wanted() and (said := self._own.conclude(why)):
            content, remembered = said
            session.log.personal(content)
            if remembered:
                self._own.remember(remembered)

    def _tick(self) -> None:
        self._show(self)
        self._notice()

    def delivered(self) -> Json:
        """How delivery does, as metrics have it; empty without a database, or while the outbox fails."""
        steward, uploader = self._delivery.opened.steward, self.uploader
        if steward is None or uploader is None:
            return {}
        with suppress(OutboxError, RuntimeError):  # the books are kept in another thread
            age = {} if uploader.taken_s is None else {"age": self.clock.monotonic() - uploader.taken_s}
            return steward.delivery() | age
        return {}

    def _notice(self) -> None:
        self._figures.look()
        self.noticed.look(self.outbox, self._delivery.hurry, self.afar.watched)

    def _tell(self, event: Json) -> None:
        """An event of the session."""
        self._delivery.tell(event)
        self._support.tell(event)
        self._own.tell(event)
        if event["event"] == Event.CONSENT:
            self.afar.forget()

    def _hear(self, record: Json) -> None:
        """A record that is safe."""
        self.summary.hear(seen_live(record))
        self._support.hear(record)
        self._own.hear(record)
        self.afar.hear(record, self._held.agreed_s if self._held else 0.0)

    def _see(self, observation: Observation) -> None:
        self._look(observation)
        self.afar.see(observation, self.settings)

    def _not_live(self) -> str:
        """Why nothing of this session may be sent to whoever watches; "" where it may."""
        return refusal(self._held.consent if self._held else None, self._delivery.opened.steward)

    @property
    def _is_revoked(self) -> bool:
        return self._stopping.is_set() and self._why is Why.REVOKED
