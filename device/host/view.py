"""What the host process shows of itself: one frozen snapshot, for page, lamp, socket and status file."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from device.contract.control import Glimpse, Report
from device.contract.session import Consent


class State(str, Enum):
    """What the box is doing. `stopping` lasts until the camera's process is gone."""

    IDLE = "idle"
    FRAMING = "framing"  # the camera's view for setting up; nothing is recorded
    STARTING = "starting"  # a session was begun, and no frame has come yet, or none since a failure
    WATCHING = "watching"
    PAUSED = "paused"  # a session is open and the camera's process is gone
    STOPPING = "stopping"
    CHECKING = "checking"  # doctor, or the proof of a release
    REVOKING = "revoking"  # what was not sent of a person is being purged, without a camera
    UPDATING = "updating"


class Light(str, Enum):
    """What the lamp shows."""

    OFF = "off"  # the camera's process is gone, or said that the camera is closed
    ON = "on"  # the camera watches
    SLOW = "slow"  # blinks slowly: paused
    PULSE = "pulse"  # a session is beginning or ending, or the camera is on for setting up or a check
    TROUBLE = "trouble"  # double blinks: a person is needed


class Refusal(str, Enum):
    """Why a command was refused; the page says it in its own language."""

    NO_CONSENT = "no_consent"
    OTHER_PATIENT = "other_patient"
    EXPIRED = "expired"
    REVOKED = "revoked"
    COVERS_NOTHING = "covers_nothing"
    NOBODY = "nobody"  # it was not said whom to watch, and nobody is prepared
    ALREADY = "already"  # what was asked for is so already: somebody pressed twice
    OTHER_SESSION = "other_session"
    STOPPING = "stopping"
    UPDATING = "updating"
    BUSY = "busy"
    IDLE = "idle"  # no session is open
    PAUSED = "paused"
    NOT_WATCHING = "not_watching"
    NAME = "name"
    NOT_KEPT = "not_kept"  # the card does not take it
    LATE = "late"  # a command from afar whose time is over
    CLOCK = "clock"


class Matter(str, Enum):
    """What a notice is about."""

    ENDED = "ended"
    FINISHED = "finished"
    LIMIT = "limit"
    EXPIRED = "expired"
    REVOKED = "revoked"
    RESTARTED = "restarted"  # the box was restarted during a session
    FRAMED = "framed"  # the view for setting up was closed by its limit
    REFUSED = "refused"
    FAILED = "failed"
    SILENT = "silent"  # the camera's process says nothing
    DAMAGED = "damaged"  # a file of the host's own cannot be read or written
    LAMP = "lamp"
    BUTTON = "button"


@dataclass(frozen=True)
class Notice:
    """Something that a person should read: what it is about, and a sentence. No pseudonym stands in it."""

    matter: Matter
    text: str


@dataclass(frozen=True)
class Recorded:
    """A consent as this box holds it: whose it is, by a pseudonym, what was said, and when it was withdrawn (seconds
    since 1970)."""

    patient: str
    consent: Consent
    revoked: float | None = None


@dataclass(frozen=True)
class Past:
    """A session that is over.

    Attributes:
        began, ended: seconds since 1970.
        seconds: how long it was open, pauses included, by the monotonic clock; 0 where the box was restarted.
        why: of `device.contract.session.Why`.
        sessions: ids of its parts, of which each continues the one before.
    """

    patient: str
    began: float
    ended: float
    seconds: float
    why: str
    sessions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """How things stand.

    Attributes:
        number: grows with every change.
        state_s: for how long this state lasts, seconds.
        camera_open: whether the camera is open, or might be, for nobody said that it is closed.
        light: what the lamp shows.
        patient: pseudonym of whom the open session watches; "" without a session, `unnamed` for nobody who is named.
        consent: of the open session.
        session: id of its newest part.
        session_s: since it began, pauses included, seconds.
        limit_left_s: until it ends by itself, or the view for setting up does; None without one.
        phase: the part of the session, by name.
        report: the newest of the daemon, without its glimpse; None when there is no daemon.
        report_age_s: how old that is, seconds.
        glimpse: what the page draws; None when nothing was seen lately.
        trouble: what keeps the box from what was asked for, at the moment; None when nothing does.
        notice: the last thing that a person should know of.
        restarts: how often the camera's process failed in this session.
        failures: the same since the host process was started, whatever it was for.
        unattended: a session begins whenever the box starts, with nobody asked.
        prepared: whom the button begins; "" for nobody.
        people: every consent on this box, the newest of a person.
        past: the last sessions, the newest first.
        lamp: whether there is a lamp.
        clock_trusted: whether the wall clock is synchronized.
    """

    number: int
    state: State
    state_s: float
    camera_open: bool
    light: Light
    patient: str = ""
    consent: Consent | None = None
    session: str = ""
    session_s: float = 0.0
    limit_left_s: float | None = None
    phase: str = ""
    report: Report | None = None
    report_age_s: float = 0.0
    glimpse: Glimpse | None = None
    trouble: Notice | None = None
    notice: Notice | None = None
    restarts: int = 0
    failures: int = 0
    unattended: bool = False
    prepared: str = ""
    people: tuple[Recorded, ...] = ()
    past: tuple[Past, ...] = ()
    lamp: bool = False
    clock_trusted: bool = False


class Host(Protocol):
    """What the page, the button, the socket and the control node see of the host process.

    Every command returns at once or raises `InterlockError`; all may be called from several threads. `by` says from
    where: button, page, command, afar.
    """

    def snapshot(self) -> Snapshot:
        """How things stand now."""

    def wait(self, number: int, timeout_s: float) -> Snapshot:
        """The next snapshot whose number is another, or the present one after `timeout_s`."""

    def consent(
        self,
        patient: str,
        covers: tuple[str, ...],
        by: str,
        until_day: str = "",
        ends: float | None = None,
        age: str = "",
    ) -> Recorded:
        """Record a consent; `until_day`: YYYY-MM-DD, the last day on which it holds, or "" for no end; or `ends`, in
        seconds since 1970; `age`: of `AGES`, or "", where they may be compared with other people."""

    def prepare(self, patient: str) -> None:
        """Say whom the button begins; "" for nobody."""

    def begin(self, patient: str = "", consent: Recorded | None = None, *, by: str = "page") -> None:
        """Begin a session of `patient`, or of whom is prepared."""

    def pause(self, *, by: str = "page") -> None:
        """Close the camera; the session stays open."""

    def resume(self, *, by: str = "page") -> None:
        """Go on after a pause."""

    def end(self, *, by: str = "page") -> None:
        """End the session, or the view for setting up."""

    def revoke(self, patient: str = "", *, by: str = "page") -> None:
        """Withdraw the consent of `patient`, or of whom the open session watches: see `Interlock.revoke`."""

    def frame(self, *, by: str = "page") -> None:
        """Open the camera's view for setting up."""

    def mark(self, name: str, *, by: str = "page") -> None:
        """Mark this moment of the session."""

    def phase(self, name: str, *, by: str = "page") -> None:
        """A part of the session begins; "" ends the one before."""

    def stimulus(self, name: str, *, by: str = "page") -> None:
        """Something was shown or asked."""

    def examine(self) -> Iterator[Report]:
        """Run `doctor` in the daemon's own sandbox; its reports, of which the last holds the findings."""

    def probe(self) -> Iterator[Report]:
        """Run everything into an outbox that is thrown away; its reports."""

    def update(self, source: str, *, by: str = "page") -> None:
        """Ask for an update: of `stick`, `network`, or `given`, the file that root named."""
