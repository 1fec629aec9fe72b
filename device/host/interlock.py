"""The interlock: no camera without a session, no session without a person and a consent.

                    frame ──► framing ──┐ (limit, end)
                      │                 ▼
    begin ─► starting ─► watching ─► stopping ─► idle         a failure: watching ─► starting, again and again
      ▲         ▲            │          ▲
      │         └─ resume ─ paused ─────┤  end, revoke, limit, the consent's end
      │                      ▲          │
     idle                 pause ─► stopping

The camera's process exists only in framing, starting, watching, checking, and stopping until it is gone. Commands come
from the button, the page, the command line and from afar, in any order and several at once; they change what is
wanted, under one lock, and `device.host.running` makes it so.
"""

from collections.abc import Callable, Iterator

from device.clock import Clock
from device.contract.control import VERSION, Do, Order, Report
from device.contract.errors import AffectboxError
from device.contract.fields import Json
from device.contract.patient import PSEUDONYM, check_pseudonym
from device.contract.session import UNNAMED, Beginning, Why
from device.host.consents import Consents
from device.host.core import Core
from device.host.jobs import Framing
from device.host.launcher import Launcher
from device.host.memory import Memory
from device.host.refusals import RefusedError
from device.host.view import Notice, Recorded, Refusal, Snapshot
from device.settings import HostSettings

_MINUTE_S = 60.0
#: For how long the lamp shows that a command was refused.
FLASH_S = 3.0


class Interlock:
    """See `device.host.view.Host` for what it is to those who command.

    Commands return at once. They raise `RefusedError`, an `InterlockError` with a `code`, and change nothing then.
    """

    def __init__(
        self,
        launcher: Launcher,
        consents: Consents,
        memory: Memory,
        clock: Clock,
        settings: HostSettings,
        phases: tuple[str, ...] = (),
        tell: Callable[[str], None] = lambda sentence: None,
        updating: Callable[[], bool] = lambda: False,
        ask_update: Callable[[str], None] = lambda source: None,
    ) -> None:
        """
        Args:
            phases: with which each session begins, NAME=SECONDS.
            tell: gets a sentence for the journal, without a pseudonym, whenever something happens.
            updating: whether an update is under way: from its installation until it has proved itself.
            ask_update: asks the updater for one; raises `AffectboxError`.
        """
        self._core = Core(launcher, consents, memory, clock, settings, phases, tell, updating)
        self._ask_update = ask_update
        self._clock = clock
        self._framing_s = settings.framing_min * _MINUTE_S

    def snapshot(self) -> Snapshot:
        """How things stand now."""
        core = self._core
        with core.changed:
            return core.showing.snapshot(core.running, core.memory, core.consents.all())

    def wait(self, number: int, timeout_s: float) -> Snapshot:
        """The next snapshot whose number is another, or the present one after `timeout_s`."""
        with self._core.changed:
            self._core.changed.wait_for(lambda: self._core.showing.number != number, timeout_s)
            return self.snapshot()

    def consent(
        self,
        patient: str,
        covers: tuple[str, ...],
        by: str,
        until_day: str = "",
        ends: float | None = None,
        age: str = "",
    ) -> Recorded:
        """Record a consent. It holds from now on for a session of that person that is open, too. `ends`: its end in
        seconds since 1970, where no day is said. `age`: of `AGES`, or "".

        Raises:
            ConfigError: no pseudonym, or no day.
            InterlockError: it covers nothing, was given by nobody, has ended, or the card does not take it.
        """
        with self._core.changing():
            self._core.erasures.require_staying(patient)
            recorded = self._core.consents.record(patient, covers, by, until_day, ends, age)
            self._core.agree(patient, recorded.consent)
            return recorded

    def prepare(self, patient: str) -> None:
        """Say whom the button begins; "" for nobody. Raises `ConfigError`: no pseudonym."""
        with self._core.changing():
            if patient:
                self._core.consents.valid(check_pseudonym(patient))
            self._core.memory.keep(prepared=patient)

    def begin(self, patient: str = "", consent: Recorded | None = None, *, by: str = "page") -> None:
        """Begin a session of `patient`, or of whom is prepared, with the consent of theirs that is on this box;
        `consent`: the one that somebody came with, which must be that person's."""
        core = self._core
        with core.changing():
            patient = patient or core.memory.now.prepared or (consent.patient if consent else "")
            if not patient:
                raise RefusedError(Refusal.ALREADY if core.running.session else Refusal.NOBODY)
            core.require_free(check_pseudonym(patient))
            core.open(Beginning(patient, core.consents.valid(patient, consent)), by)

    def begin_unattended(self, beginning: Beginning) -> None:
        """Begin a session with nobody asked, as soon as it can be, and whenever one ended by its limit, because a
        setting says so. Not of a person who has withdrawn their consent."""
        with self._core.changing():
            self._core.unattended = beginning
            self._core.pass_time()

    def pause(self, *, by: str = "page") -> None:
        """Close the camera; the session stays open."""
        with self._core.changing():
            session = self._core.require_session()
            if session.paused:
                raise RefusedError(Refusal.ALREADY)
            session.paused = True
            self._core.tell(f"The session was paused ({by}).")

    def resume(self, *, by: str = "page") -> None:
        """Go on after a pause."""
        core = self._core
        with core.changing():
            session = core.require_session()
            if not session.paused:
                raise RefusedError(Refusal.ALREADY)
            if session.consent is not None and core.consents.ended(session.consent):
                raise RefusedError(Refusal.EXPIRED)
            session.paused, session.due_s, session.failures = False, 0.0, 0
            core.tell(f"The session goes on ({by}).")

    def end(self, *, by: str = "page") -> None:
        """End the session, or the view for setting up."""
        core = self._core
        with core.changing():
            if core.running.session is None and core.running.framing is not None:
                core.running.framing = None
                return
            core.require_session().ending = Why.STOPPED
            core.tell(f"The session was ended ({by}).")

    def revoke(self, patient: str = "", *, by: str = "page") -> None:
        """Withdraw a consent: a session of that person ends at once, the camera first; what this box has not sent of
        any session of theirs that it remembers is purged, and these sessions are marked as not to be used."""
        core = self._core
        with core.changing():
            session = core.running.session
            patient = patient or (session.patient if session else "")
            if not patient:
                raise RefusedError(Refusal.IDLE)
            if (session is None or session.patient != patient) and not core.knows(patient):
                raise RefusedError(Refusal.NO_CONSENT)
            theirs = core.end_revoked(patient)
            parts = theirs.parts if theirs else ()
            if patient != UNNAMED:
                parts += core.memory.sessions_of(patient)
            core.purge(patient, parts)
            core.tell(f"A consent was withdrawn ({by}).")

    def frame(self, *, by: str = "page") -> None:
        """Open the camera's view for setting up."""
        core = self._core
        with core.changing():
            session = core.running.session
            if session is not None:
                raise RefusedError(Refusal.PAUSED if session.paused else Refusal.BUSY)
            core.require_free("")
            if core.running.framing is not None:
                raise RefusedError(Refusal.ALREADY)
            core.break_off()
            core.showing.notice = None
            core.running.framing = Framing(self._clock.monotonic() + self._framing_s)
            core.tell(f"The view for setting up was opened ({by}).")

    def mark(self, name: str, *, by: str = "page") -> None:
        """Mark this moment of the session."""
        self._event(Do.MARK, name)

    def stimulus(self, name: str, *, by: str = "page") -> None:
        """Something was shown or asked."""
        self._event(Do.STIMULUS, name)

    def phase(self, name: str, *, by: str = "page") -> None:
        """A part of the session begins; "" ends the one before."""
        self._event(Do.PHASE, name)

    def examine(self) -> Iterator[Report]:
        """`doctor` in the daemon's own sandbox. Raises `InterlockError`, too: it did not come to an answer."""
        return self._core.check(Do.EXAMINE)

    def probe(self) -> Iterator[Report]:
        """Everything, into an outbox that is thrown away. Raises `InterlockError`: it did not come to an answer."""
        return self._core.check(Do.PROBE)

    def update(self, source: str, *, by: str = "page") -> None:
        """Ask for an update: of `stick`, `network`, or `given`, the file that root named.

        Raises:
            RefusedError: a session is open, or an update under way; what the updater raises.
        """
        core = self._core
        with core.changing():
            if core.running.session is not None:
                raise RefusedError(Refusal.BUSY)
            core.require_free("")
            core.break_off()
            core.running.framing = None
            self._ask_update(source)
            core.tell(f"An update was asked for ({by}).")

    def afar(self, command: str, act: Callable[[], tuple[str, bool]]) -> tuple[str, bool]:
        """Carry out a command from afar, once, whoever brings it how often; what was answered, and whether it was
        done. Raises nothing that `act` refuses: that is the answer."""
        core = self._core
        with core.changed:
            answer = core.memory.answered(command)
            if answer is None:
                try:
                    answer = act()
                except AffectboxError as error:
                    answer = str(error), False
                core.memory.answer(command, *answer)
            return answer

    def answer(self, command: str, text: str, done: bool) -> None:
        """What became of a command from afar that took its time."""
        with self._core.changed:
            self._core.memory.answer(command, text, done)

    def forget(self, patient: str) -> bool:
        """Erase a person's consent, and what is remembered of their sessions; whether there was anything."""
        core = self._core
        with core.changing():
            if core.running.session is not None and core.running.session.patient == patient:
                raise RefusedError(Refusal.BUSY)
            known = core.knows(patient)
            core.consents.forget(patient)
            core.memory.forget(patient)
            return known

    def erase(self, patient: str, request: str) -> Json | None:
        """Erase a person from the whole box, as a request of that name asks; a session of theirs ends first. The
        proof (`device.contract.erasure`), once there is one. Raises `InterlockError`: that is no pseudonym."""
        with self._core.changed:
            try:
                return self._core.erase(patient, request)
            finally:
                self._core.settle()

    def fitted(self, lamp: bool, odd: Notice | None = None) -> None:
        """Whether there is a lamp, and what is wrong with it or the button."""
        with self._core.changing():
            self._core.showing.lamp, self._core.showing.odd = lamp, odd

    def notice(self, notice: Notice, flash: bool = False) -> None:
        """Show a notice; `flash`: the lamp shows for a moment that a person is needed."""
        with self._core.changing():
            self._core.showing.notice = notice
            if flash:
                self._core.showing.flash_until_s = self._clock.monotonic() + FLASH_S

    def tick(self) -> None:
        """What comes with time: limits, the end of a consent, another try. Called several times a second."""
        with self._core.changed:
            self._core.pass_time()
            self._core.settle()

    def close(self, timeout_s: float) -> bool:
        """Close the camera and end everything, as when the box is switched off; whether the process is gone."""
        with self._core.changing():
            process = self._core.running.close()
        return process is None or process.join(timeout_s)

    def _event(self, do: Do, name: str) -> None:
        with self._core.changing():
            session = self._core.require_watching()
            if not PSEUDONYM.fullmatch(name) and (name or do is Do.STIMULUS):
                raise RefusedError(Refusal.NAME)
            self._core.say(Order(do, VERSION, name=name))
            if do is Do.PHASE:
                session.phase = name
