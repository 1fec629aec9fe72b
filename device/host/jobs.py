"""What a process of the camera daemon is wanted for. A job that failed is tried again, after growing pauses."""

import queue
from dataclasses import dataclass, field

from device.contract.control import VERSION, ConsentSaid, Do, Order, Report
from device.contract.session import Consent, Why
from device.host.view import Past

_LONGEST_PAUSE_S = 30.0
#: After so long without a failure, the pauses begin anew.
_CALM_S = 60.0
_KNOCKS, _SOON_S = 3, 0.2


@dataclass(eq=False)
class Job:
    """Base of them.

    Attributes:
        needs_camera: whether its process opens the camera.
        failures: how often in a row it failed.
        failed: how often in all.
        failure: why, last.
        due_s: not before this moment of the monotonic clock is it tried again.
        turned_away: how often in a row it was hung up on before a word; see `knock_again`.
    """

    needs_camera = True
    failures: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    failure: str = field(default="", init=False)
    due_s: float = field(default=0.0, init=False)
    turned_away: int = field(default=0, init=False)
    _well_since_s: float | None = field(default=None, init=False)

    def order(self) -> Order:
        """The first line that the daemon gets."""
        raise NotImplementedError

    def fail(self, why: str, now_s: float) -> float:
        """It failed; in how many seconds it is tried again: 0, 1, 2, 4 … 30."""
        if self._well_since_s is not None and now_s - self._well_since_s >= _CALM_S:
            self.failures = 0
        pause_s = min(_LONGEST_PAUSE_S, 2.0 ** (self.failures - 1)) if self.failures else 0.0
        self.failures, self.failed, self.failure = self.failures + 1, self.failed + 1, why
        self.due_s, self._well_since_s = now_s + pause_s, None
        return pause_s

    def knock_again(self, now_s: float) -> bool:
        """Whether it is tried again at once: systemd drops who connects before it noticed the last process's end."""
        self.turned_away += 1
        self.due_s = now_s + _SOON_S
        return self.turned_away <= _KNOCKS

    def well(self, now_s: float) -> None:
        """It does what it is for."""
        self.turned_away = 0
        self._well_since_s = now_s if self._well_since_s is None else self._well_since_s


@dataclass(eq=False)
class Session(Job):
    """A session, from its beginning by a person to its end, through pauses and failures.

    Attributes:
        began: wall time, seconds since 1970; began_s: monotonic.
        parts: ids of the sessions that the daemon made of it, each going on from the one before.
        ending: why it is to end; None while it goes on.
        purged: whether the daemon said that what was not sent of it is gone.
    """

    patient: str
    consent: Consent | None
    began: float
    began_s: float
    phases: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    paused: bool = False
    ending: Why | None = None
    purged: bool = False
    phase: str = ""

    def order(self) -> Order:
        continues = self.parts[-1] if self.parts else ""
        phases = () if self.parts else self.phases  # they count from the first frame of the first part
        return Order(Do.WATCH, VERSION, self.patient, said(self.consent), continues=continues, phases=phases)

    def past(self, ended: float, seconds: float, why: Why) -> Past:
        """What is remembered of it: `ended`, seconds since 1970; how many `seconds` it was open."""
        return Past(self.patient, self.began, round(ended, 3), round(seconds, 1), why.value, self.parts)

    @property
    def wanted(self) -> bool:
        """Whether the camera should watch."""
        return not self.paused and self.ending is None


@dataclass(eq=False)
class Framing(Job):
    """The camera's view for setting up, until `until_s`."""

    until_s: float

    def order(self) -> Order:
        return Order(Do.FRAME, VERSION)


@dataclass(eq=False)
class Revocation(Job):
    """What was not sent of a person is to be purged."""

    needs_camera = False
    patient: str
    sessions: tuple[str, ...]

    def order(self) -> Order:
        return Order(Do.REVOKE, VERSION, self.patient, sessions=self.sessions)


@dataclass(eq=False)
class Erasing(Job):
    """A person is to be erased, as `request` asks; `quick`: a session of somebody else waits for it."""

    needs_camera = False
    patient: str
    request: str
    sessions: tuple[str, ...]
    quick: bool = False

    def order(self) -> Order:
        return Order(Do.ERASE, VERSION, self.patient, sessions=self.sessions, quick=self.quick)


@dataclass(eq=False)
class Check(Job):
    """`examine` or `probe`, for somebody who waits for the reports; None comes last."""

    do: Do
    reports: "queue.SimpleQueue[Report | None]" = field(default_factory=queue.SimpleQueue)

    def order(self) -> Order:
        return Order(self.do, VERSION)


def said(consent: Consent | None) -> ConsentSaid | None:
    """A consent as the daemon is told."""
    return None if consent is None else ConsentSaid(**vars(consent))
