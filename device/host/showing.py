"""From what is wanted and what there is, to what is shown: state, lamp, trouble."""

from msgspec.structs import replace

from device.clock import Clock
from device.contract.control import Doing
from device.host.jobs import Erasing, Revocation, Session
from device.host.memory import Memory
from device.host.running import Running
from device.host.view import Light, Matter, Notice, Recorded, Snapshot, State
from device.settings import HostSettings

_MINUTE_S = 60.0
#: A glimpse that is older is not drawn.
_FRESH_S = 3.0


class Showing:
    """Called with the interlock's lock held.

    Attributes:
        number: grows with every change.
        notice: the last thing that a person should know of.
        flash_until_s: until then the lamp shows that a command was refused.
        lamp: whether there is one.
        odd: what is wrong with the lamp or the button; None when nothing is.
        trouble: what keeps the box from what was asked for, as it was last seen.
    """

    def __init__(self, clock: Clock, settings: HostSettings) -> None:
        self.number = 0
        self.notice: Notice | None = None
        self.flash_until_s = 0.0
        self.lamp = False
        self.odd: Notice | None = None
        self._clock = clock
        self._settings = settings
        self._state = State.IDLE
        self._since_s = clock.monotonic()
        self._looked: tuple[object, ...] = ()
        self.trouble: Notice | None = None

    def look(self, running: Running, damage: str, updating: bool) -> bool:
        """See how things stand now; `damage`: of the host's own files. Whether anything that is shown has changed."""
        state = _state(running, updating)
        if state is not self._state:
            self._state, self._since_s = state, self._clock.monotonic()
        self.trouble = running.trouble or (Notice(Matter.DAMAGED, damage) if damage else self.odd)
        looked = (state, self.trouble, self.notice, self.light(running))
        changed, self._looked = looked != self._looked, looked
        return changed

    def light(self, running: Running) -> Light:
        """What the lamp shows: off only when no camera can be open."""
        needed = self.notice is not None and self.notice.matter is Matter.RESTARTED and self._state is State.IDLE
        seen = running.process is not None and running.process.may_see
        trouble = running.trouble if seen else self.trouble  # a lamp that tells of a full card tells of no camera
        if trouble or needed or self._clock.monotonic() < self.flash_until_s:
            return Light.TROUBLE
        if seen:
            return Light.ON if self._state is State.WATCHING else Light.PULSE
        if self._state is State.STARTING:
            return Light.PULSE
        paused = running.session is not None and running.session.paused and running.session.ending is None
        return Light.SLOW if paused else Light.OFF

    def snapshot(self, running: Running, memory: Memory, people: tuple[Recorded, ...]) -> Snapshot:
        """How things stand, as it was last seen."""
        now_s, session, process = self._clock.monotonic(), running.session, running.process
        report = process.report if process else None
        age_s = now_s - process.heard_s if process and report else 0.0
        return Snapshot(
            number=self.number,
            state=self._state,
            state_s=now_s - self._since_s,
            camera_open=process is not None and process.may_see,
            light=self.light(running),
            patient=session.patient if session else "",
            consent=session.consent if session else None,
            session=session.parts[-1] if session and session.parts else "",
            session_s=now_s - session.began_s if session else 0.0,
            limit_left_s=self._left_s(running, now_s),
            phase=session.phase if session else "",
            report=replace(report, glimpse=None) if report else None,
            report_age_s=age_s,
            glimpse=report.glimpse if report and age_s < _FRESH_S else None,
            trouble=self.trouble,
            notice=self.notice,
            restarts=session.failed if session else 0,
            failures=running.failures,
            unattended=self._settings.unattended,
            prepared=memory.now.prepared,
            people=people,
            past=memory.now.past,
            lamp=self.lamp,
            clock_trusted=self._clock.trusted(),
        )

    def _left_s(self, running: Running, now_s: float) -> float | None:
        if running.session is not None:
            return max(0.0, self._settings.limit_min * _MINUTE_S - (now_s - running.session.began_s))
        return max(0.0, running.framing.until_s - now_s) if running.framing else None


def _state(running: Running, updating: bool) -> State:
    session, process = running.session, running.process
    if session is not None and session.wanted:
        return State.WATCHING if _watching(running, session) else State.STARTING
    if process is not None and process.asked is not None:
        return State.STOPPING
    if session is not None:
        return State.PAUSED
    purging = process is not None and isinstance(process.job, Revocation | Erasing)
    others = (
        (updating, State.UPDATING),
        (purging, State.REVOKING),
        (running.check is not None, State.CHECKING),
        (running.framing is not None, State.FRAMING),
    )
    return next((state for holds, state in others if holds), State.IDLE)


def _watching(running: Running, session: Session) -> bool:
    process = running.process
    return process is not None and process.job is session and process.doing is Doing.WATCHING
