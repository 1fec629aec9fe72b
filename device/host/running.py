"""Keeps the one process of the camera daemon to what is wanted: asks one that is not to end, makes one that is.

    wanted, in this order            process
    ─────────────────────            ───────
    the purge that runs already      none  ── wanted, and due ──► launched ── its reports ──► …
    a purge (a session would send)     ▲                              │ another is wanted, or none
    an open session, not paused        └──────────── gone ◄── asked to end
    doctor, or the proof of a release                 (hung up on after 10 s, killed after 20 s)
    the view for setting up
    a purge that failed already

A purge is of what a consent was withdrawn for, or of a person who is to be erased. What a person commands changes only
what is wanted, so that pressing twice, or in a bad moment, cannot make two.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from msgspec import UNSET

from device.clock import Clock
from device.contract.control import VERSION, Do, Doing, Order, Report
from device.contract.session import UNNAMED, Why
from device.host.jobs import Check, Erasing, Framing, Job, Revocation, Session
from device.host.launcher import Launcher
from device.host.process import Process
from device.host.view import Matter, Notice

#: A daemon that says nothing for so long is in trouble: while it watches, and while it does anything else, seconds.
_SILENT_S, _SILENT_ELSE_S = 5.0, 60.0
#: So long after it was asked to end, or fell silent, it is hung up on; and so long after that, killed.
_PATIENCE_S = 10.0
#: The same where a consent was withdrawn, until its camera is closed.
_REVOKED_S = 2.0
_DIED = "The camera's process ended without a word: it was killed, or the machine has no memory left."
_SILENT = "The camera's process does not answer. If that lasts, switch the box off and on."
#: What ends a session when the daemon says it; anything else is a failure, after which it is started again.
_ENDINGS = (Why.FINISHED, Why.EXPIRED, Why.STOPPED, Why.REVOKED, Why.LIMIT)
_ASKS = {Why.LIMIT: Do.LIMIT, Why.REVOKED: Do.REVOKE}


class Running:
    """Everything but `changing` is called with the interlock's lock held.

    Attributes:
        session, framing, check, revocation, erasing: what is wanted; None for nothing.
        process: the one that there is.
        failures: how often one failed.
    """

    def __init__(
        self,
        launcher: Launcher,
        clock: Clock,
        changing: Callable[[], AbstractContextManager[None]],
        finished: Callable[[Session, Why], None],
        purged: Callable[[str, tuple[str, ...]], None],
        erased: Callable[[Erasing, Report], None],
    ) -> None:
        """
        Args:
            changing: holds the lock, and settles everything afterwards.
            finished: a session is over.
            purged: so much was purged of a person.
            erased: a person was erased as far as the daemon goes; the report says what.
        """
        self.session: Session | None = None
        self.framing: Framing | None = None
        self.check: Check | None = None
        self.revocation: Revocation | None = None
        self.erasing: Erasing | None = None
        self.process: Process | None = None
        self.failures = 0
        self._launcher = launcher
        self._clock = clock
        self._changing = changing
        self._finished = finished
        self._purged = purged
        self._erased = erased
        self._closed = False

    def settle(self) -> None:
        """Make it so."""
        if self.session and self.session.ending and not self._of(self.session):
            self._end(self.session, self.session.ending)
        wanted = None if self._closed else self._wanted()
        if self.process is not None:
            if self.process.job is not wanted:
                self.process.ask(self._word(self.process.job))
        elif wanted is None:
            if not self._closed:
                self._launcher.rest()
        elif self._clock.monotonic() >= wanted.due_s:
            self.process = Process(wanted, self._launcher, self._clock, self._heard, self._gone)

    def tick(self) -> None:
        """See to a process that does not answer."""
        if self.process is None:
            return
        waiting_s = self.silent_s - self._patience_s
        if self.process.asked is not None:
            waiting_s = max(waiting_s, self._clock.monotonic() - self.process.asked_s)
        patience_s = _REVOKED_S if self.process.asked is Do.REVOKE and self.process.may_see else _PATIENCE_S
        if waiting_s >= 2 * patience_s:
            self.process.kill()
        elif waiting_s >= patience_s:
            self.process.hang_up()

    def close(self) -> Process | None:
        """Want nothing any more; the process whose end is to be waited for, without the lock."""
        self._closed = True
        self.settle()
        return self.process

    @property
    def silent_s(self) -> float:
        """For how long the process has said nothing, seconds."""
        return self._clock.monotonic() - self.process.heard_s if self.process else 0.0

    @property
    def _patience_s(self) -> float:
        """How long the process may say nothing, seconds."""
        return _SILENT_S if self.process and self.process.doing is Doing.WATCHING else _SILENT_ELSE_S

    @property
    def trouble(self) -> Notice | None:
        """What keeps the box from what is wanted."""
        if self.process is not None:
            asked_s = self._clock.monotonic() - self.process.asked_s if self.process.asked else 0.0
            if self.silent_s > self._patience_s or asked_s > _PATIENCE_S:
                return Notice(Matter.SILENT, _SILENT)
        job = self._wanted()
        failed = job is not None and job.failures > 0
        if job is None or not failed or (self._of(job) and self.process and self.process.doing is Doing.WATCHING):
            return None
        return Notice(Matter.FAILED, f"{job.failure} It is started again by itself.")

    def _wanted(self) -> Job | None:
        purges = [purge for purge in (self.revocation, self.erasing) if purge is not None]
        first = [*filter(self._of, purges), *(purge for purge in purges if not purge.failures)]
        if first and not self._gives_way(first[0]):
            return first[0]
        failed = min(purges, key=lambda purge: purge.due_s, default=None)
        if self.session is not None:
            return self.session if self.session.wanted else failed
        return self.check or self.framing or failed

    def _gives_way(self, purge: Job) -> bool:
        """Whether a person who is being erased at leisure is left to later, for a session began."""
        waits = self.session is not None and self.session.wanted
        return waits and purge is self.erasing and self._of(purge) and not self.erasing.quick

    def _of(self, job: Job) -> bool:
        return self.process is not None and self.process.job is job

    def _word(self, job: Job) -> Do:
        """How a process that is not wanted is asked to end."""
        if not isinstance(job, Session) or self._closed:
            return Do.END
        if job.ending is None:
            return Do.PAUSE
        return _ASKS.get(job.ending, Do.END)

    def _heard(self, process: Process, report: Report) -> None:
        with self._changing():
            job, now_s = process.job, self._clock.monotonic()
            process.report, process.heard_s = report, now_s
            if report.state is Doing.WATCHING:
                job.well(now_s)
            if isinstance(job, Session) and report.session and report.session not in job.parts:
                job.parts = (*job.parts, report.session)
                if job.phase and len(job.parts) > 1:
                    process.say(Order(Do.PHASE, VERSION, name=job.phase))
            if isinstance(job, Check):
                job.reports.put(report)

    def _gone(self, process: Process) -> None:
        with self._changing():
            self.process = None
            report = process.report
            ended = report if report and report.state is Doing.ENDED else None
            failure = process.failure or (ended.text if ended else _DIED) or _DIED
            job = process.job
            if report is None and not process.failure and process.asked is None and self._knock_again(job):
                return
            if isinstance(job, Session):
                self._part_over(job, process, ended.why if ended else "", failure)
            elif isinstance(job, Revocation):
                self._purge_over(job, ended, failure)
            elif isinstance(job, Erasing):
                self._erasing_over(job, ended, failure)
            elif isinstance(job, Check):
                job.failure = job.failure or ("" if ended and ended.why != Why.FAILED else failure)
                job.reports.put(None)
                self.check = None if self.check is job else self.check
            elif job is self.framing:
                self._fail(job, failure)

    def _knock_again(self, job: Job) -> bool:
        return job is self._wanted() and job.knock_again(self._clock.monotonic())

    def _part_over(self, session: Session, process: Process, why: str, failure: str) -> None:
        if why == Why.REVOKED:
            session.purged = True
            self._purged(session.patient, session.parts)
        if session.ending:
            self._end(session, session.ending)
        elif self._closed or process.asked is Do.PAUSE:
            session.due_s = 0.0
        elif why in _ENDINGS and not (process.given_up and why == Why.STOPPED):  # then nobody but we stopped it
            self._end(session, Why(why))
        else:
            told = failure if session.patient == UNNAMED else failure.replace(session.patient, "…")
            self._fail(session, told)

    def _purge_over(self, revocation: Revocation, ended: Report | None, failure: str) -> None:
        if ended is not None and ended.why == Why.REVOKED:
            self.revocation = None
            self._purged(revocation.patient, revocation.sessions)
        else:
            self._fail(revocation, failure)

    def _erasing_over(self, erasing: Erasing, ended: Report | None, failure: str) -> None:
        if ended is not None and ended.erased is not UNSET:
            self.erasing = None
            self._erased(erasing, ended)
        else:
            self._fail(erasing, failure.replace(erasing.patient, "…"))

    def _fail(self, job: Job, why: str) -> None:
        self.failures += 1
        job.fail(why, self._clock.monotonic())

    def _end(self, session: Session, why: Why) -> None:
        self.session = None
        self._finished(session, why)
