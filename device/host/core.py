"""Below the commands of the interlock: the lock, what is wanted, what is remembered, and what time brings."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device.clock import Clock
from device.contract.control import VERSION, Do, Doing, Order, Report
from device.contract.errors import InterlockError
from device.contract.fields import Json
from device.contract.session import UNNAMED, Beginning, Consent, Why
from device.host.consents import Consents, covers_enough
from device.host.erasing import Erasures
from device.host.jobs import Check, Erasing, Revocation, Session, said
from device.host.launcher import Launcher
from device.host.memory import Memory
from device.host.notices import BROKEN_OFF, ENDED, FRAMED, RESTARTED
from device.host.refusals import RefusedError
from device.host.running import Running
from device.host.showing import Showing
from device.host.view import Matter, Notice, Refusal
from device.settings import HostSettings

_MINUTE_S = 60.0
#: More sessions than that are purged in turns: an order is one line, and a line has an end.
_PURGED_AT_ONCE = 1000
#: What the card did not take is written as often, seconds.
_KEEP_UP_S = 10.0


class Core:
    """All methods but `changing` are called inside it.

    Attributes:
        changed: the lock, and what those wait for who want to know of changes.
        updating: whether an update is under way, in which nothing else begins.
        unattended: what is to begin with nobody asked; None for nothing, or when that has begun.
    """

    def __init__(
        self,
        launcher: Launcher,
        consents: Consents,
        memory: Memory,
        clock: Clock,
        settings: HostSettings,
        phases: tuple[str, ...],
        tell: Callable[[str], None],
        updating: Callable[[], bool],
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.consents = consents
        self.memory = memory
        self.clock = clock
        self.tell = tell
        self.updating = updating
        self.unattended: Beginning | None = None
        self.running = Running(launcher, clock, self.changing, self._finished, self._purged, self._erased)
        self.erasures = Erasures(self.running, memory, consents, clock, tell, self.end_revoked)
        self.showing = Showing(clock, settings)
        self._limit_s = settings.limit_min * _MINUTE_S
        self._phases = phases
        self._unattended_again: Beginning | None = None
        self._kept_up_s = 0.0
        with self.changing():
            self._wake()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, and afterwards make it so, and tell who waits."""
        with self.changed:
            try:
                yield
            finally:
                self.settle(changed=True)

    def settle(self, changed: bool = False) -> None:
        """Make it so; `changed`: or at least tell who waits."""
        session = self.running.session
        parts = session.parts if session else ()
        self.running.settle()
        if session is not None and session is self.running.session and self.memory.now.open[0].sessions != parts:
            self.memory.keep(open=(session.past(session.began, 0.0, Why.INTERRUPTED),))
        trouble = self.showing.trouble
        if self.showing.look(self.running, self.consents.trouble or self.memory.damage, self.updating()) or changed:
            self.showing.number += 1
            self.changed.notify_all()
        if self.showing.trouble is not None and self.showing.trouble != trouble:
            self.tell(self.showing.trouble.text)

    def open(self, beginning: Beginning, by: str) -> None:
        """A session begins. Whoever was prepared was so for this one: the next patient presses the same button."""
        now_s = self.clock.monotonic()
        began = round(self.clock.wall(), 3)
        session = Session(beginning.patient, beginning.consent, began, now_s, self._phases)
        self.memory.keep(open=(session.past(began, 0.0, Why.INTERRUPTED),), prepared="")
        self.break_off()
        self.running.framing = self.showing.notice = None
        self.running.session = session
        self.tell(f"A session was begun ({by}).")

    def require_session(self) -> Session:
        """The open session. Raises `RefusedError`: there is none, or it is ending."""
        session = self.running.session
        if session is None:
            raise RefusedError(Refusal.IDLE)
        if session.ending is not None:
            raise RefusedError(Refusal.STOPPING)
        return session

    def require_free(self, patient: str) -> None:
        """Raises `InterlockError` where no session of that person can begin now."""
        session = self.running.session
        self.erasures.require_staying(patient)
        if self.updating():
            raise RefusedError(Refusal.UPDATING)
        if session is not None and session.ending is not None:
            raise RefusedError(Refusal.STOPPING)
        if session is not None:
            raise RefusedError(Refusal.ALREADY if session.patient == patient else Refusal.OTHER_SESSION)

    def agree(self, patient: str, consent: Consent) -> None:
        """A person agreed to something else; their open session goes on by that, or ends where it covers nothing."""
        session = self.running.session
        if session is None or session.patient != patient or session.ending is not None:
            return
        session.consent = consent
        if not covers_enough(consent):
            session.ending = Why.EXPIRED
        else:
            self.say(Order(Do.CONSENT, VERSION, consent=said(consent)))

    def break_off(self) -> None:
        """Whoever waits for `examine` or `probe` waits no more."""
        check, process = self.running.check, self.running.process
        if check is not None:
            self.running.check, check.failure = None, BROKEN_OFF
            if process is None or process.job is not check:  # else its end is told when it is gone
                check.reports.put(None)

    def say(self, order: Order) -> None:
        """Tell the daemon that watches, if one does."""
        process = self.running.process
        if process is not None and process.job is self.running.session:
            process.say(order)

    def require_watching(self) -> Session:
        """The open session, of which frames arrive. Raises `RefusedError`."""
        session, process = self.require_session(), self.running.process
        if session.paused:
            raise RefusedError(Refusal.PAUSED)
        if process is None or process.job is not session or process.doing is not Doing.WATCHING:
            raise RefusedError(Refusal.NOT_WATCHING)
        return session

    def withdraw(self, patient: str, consent: Consent | None) -> None:
        """The person agrees to nothing any more; what the card does not take is told, for it holds until a restart."""
        try:
            self.consents.withdraw(patient, consent)
        except RefusedError as error:
            if error.refusal is Refusal.NOT_KEPT:
                self.showing.notice = Notice(Matter.DAMAGED, str(error))

    def end_revoked(self, patient: str) -> Session | None:
        """End a person's session, camera first, and withdraw their consent; the session, if one is open."""
        session, process = self.running.session, self.running.process
        theirs = session if session is not None and session.patient == patient else None
        if theirs is not None:
            theirs.ending = Why.REVOKED
            if process is not None and process.job is theirs:
                process.ask(Do.REVOKE)  # first: what follows may wait for the card
        if patient != UNNAMED:
            self.withdraw(patient, theirs.consent if theirs else None)
        return theirs

    def erase(self, patient: str, request: str) -> Json | None:
        """Erase a person; the proof, once there is one: see `Erasures.ask`."""
        if self.unattended is not None and self.unattended.patient == patient:
            self.unattended = None
        if self._unattended_again is not None and self._unattended_again.patient == patient:
            self._unattended_again = None
        return self.erasures.ask(patient, request)

    def knows(self, patient: str) -> bool:
        """Whether anything of a person is kept here."""
        kept = any(known.patient == patient for known in self.consents.all())
        return kept or self.memory.knows(patient)

    def purge(self, patient: str, sessions: tuple[str, ...]) -> None:
        """What was not sent of these sessions is to go; remembered until the daemon said that it is gone."""
        left = tuple(dict.fromkeys((*self.memory.now.revoking.get(patient, ()), *sessions)))
        if left:
            self.memory.keep(revoking=self.memory.now.revoking | {patient: left})
        self._next_purge()

    def check(self, do: Do) -> Iterator[Report]:
        """The reports of `examine` or `probe`. Not called inside `changing`."""
        with self.changing():
            if self.running.session is not None or self.running.framing is not None:
                raise RefusedError(Refusal.BUSY)
            if self.running.check is not None:
                raise RefusedError(Refusal.ALREADY)
            check = self.running.check = Check(do)
        return self._reports(check)

    def pass_time(self) -> None:
        """Limits, the end of a consent while no daemon sees to it, a purge that waits, who does not answer."""
        now_s, session, framing = self.clock.monotonic(), self.running.session, self.running.framing
        self.running.tick()
        self._begin_unattended()
        if now_s >= self._kept_up_s + _KEEP_UP_S:
            self._kept_up_s = now_s
            self.consents.keep_up()
            self.memory.keep_up()
        if framing is not None and now_s >= framing.until_s:
            self.running.framing = None
            self.showing.notice = Notice(Matter.FRAMED, FRAMED)
        if session is None or session.ending is not None:
            return
        if now_s - session.began_s >= self._limit_s:
            session.ending = Why.LIMIT
        elif self.running.process is None and session.consent and self.consents.ended(session.consent):
            session.ending = Why.EXPIRED

    def _begin_unattended(self) -> None:
        """What is to begin with nobody asked, as soon as it can; not for a person who has withdrawn their consent."""
        beginning = self.unattended
        if beginning is None or self.running.session is not None or self.updating():
            return
        self._unattended_again = beginning
        self.unattended = None
        try:
            self.consents.check_unasked(beginning.patient, beginning.consent)
        except InterlockError as error:
            self.showing.notice = Notice(Matter.REFUSED, str(error))
            self.tell(self.showing.notice.text)
        else:
            self.open(beginning, "setting")

    def _reports(self, check: Check) -> Iterator[Report]:
        try:
            while (report := check.reports.get()) is not None:
                yield report
        finally:
            with self.changing():
                if self.running.check is check:
                    self.running.check = None
        if check.failure:
            raise InterlockError(check.failure)

    def _wake(self) -> None:
        """A session that was open when the process ended is not gone on with: a person has to begin one."""
        self._next_purge()
        for past in self.memory.now.open:
            self.memory.over(past)
            self.showing.notice = Notice(Matter.RESTARTED, RESTARTED)

    def _next_purge(self) -> None:
        waiting = next(iter(self.memory.now.revoking.items()), None)
        running = self.running
        busy = running.process is not None and running.process.job is running.revocation
        if not busy:
            running.revocation = Revocation(waiting[0], waiting[1][:_PURGED_AT_ONCE]) if waiting else None

    def _finished(self, session: Session, why: Why) -> None:
        self.memory.over(session.past(self.clock.wall(), self.clock.monotonic() - session.began_s, why))
        self.showing.notice = Notice(*ENDED[why])
        self.tell(self.showing.notice.text)
        if why is Why.REVOKED and not session.purged:  # parts may have become known since it was withdrawn
            self.purge(session.patient, session.parts)
        self.erasures.next()
        if why is Why.LIMIT:
            self.unattended = self._unattended_again

    def _erased(self, erasing: Erasing, report: Report) -> None:
        self.erasures.over(erasing, report)
        self._next_purge()

    def _purged(self, patient: str, sessions: tuple[str, ...]) -> None:
        left = tuple(one for one in self.memory.now.revoking.get(patient, ()) if one not in sessions)
        rest = {name: waiting for name, waiting in self.memory.now.revoking.items() if name != patient}
        self.memory.keep(revoking=rest | ({patient: left} if left else {}))
        self._next_purge()
