"""The log of one session: its events, numbered, told to every sink as they happen."""

import threading
from collections.abc import Callable

from device.clock import Clock
from device.contract.boot import moment
from device.contract.fields import Json
from device.contract.session import (
    REVOKED_LATER,
    VERSION,
    Beginning,
    Consent,
    Event,
    Why,
    consent_json,
    session_id,
)
from device.stages.frame import Frame


class SessionLog:
    """Tells that a session began when it is made, and what happens in it until `ended`.

    Attributes:
        id: the session's.
        beginning: whom it watches, and their consent.
    """

    def __init__(self, beginning: Beginning, device: str, clock: Clock, tell: Callable[[Json], None]) -> None:
        """`tell` takes each event; see `device.contract.session`."""
        self.id = session_id(clock.boot(), clock.monotonic())
        self.beginning = beginning
        self.identity: Json = {"device": device, "boot": clock.boot(), "session": self.id}
        self._clock = clock
        self._tell = tell
        self._number = 0
        self._size = (0, 0)
        self._lock = threading.Lock()
        goes_on: Json = {"continues": beginning.continues} if beginning.continues else {}
        self._happened(Event.BEGAN, _consent(beginning.consent) | goes_on)

    def camera(self, width: int, height: int) -> None:
        """Frames are of this size, in pixels, from now on."""
        if (width, height) != self._size:
            self._size = width, height
            self._happened(Event.CAMERA, {"frame": {"width": width, "height": height}})

    def phase(self, name: str, frame: Frame) -> None:
        """A part of the session begins with a frame; without a name, the one before ends."""
        self._happened(Event.PHASE, {"name": name} if name else {}, moment(frame.mono_s, frame.wall_s, frame.trusted))

    def said(self, event: Event, content: Json, time: Json) -> None:
        """Something happened at a time: a mark, a phase, a stimulus, another consent."""
        self._happened(event, content, time)

    def support(self, content: Json) -> None:
        """What diagnosis support says of the session; see `device.contract.support`."""
        self._happened(Event.SUPPORT, {"support": content})

    def compares(self, content: Json) -> None:
        """What compares the person with other people, or why it does not; see `device.contract.atypicality`."""
        self._happened(Event.COMPARISON, {"comparison": content})

    def personal(self, content: Json) -> None:
        """How far the person's movement was from their own usual; see `device.contract.personal`."""
        self._happened(Event.PERSONAL, {"personal": content})

    def ended(self, why: Why) -> None:
        """Nothing comes after."""
        self._happened(Event.ENDED, {"why": why.value})

    def _happened(self, event: Event, content: Json, time: Json | None = None) -> None:
        with self._lock:
            self._number += 1
            event_json = {"v": VERSION, **self.identity, "number": self._number, "patient": self.beginning.patient}
            self._tell(event_json | {"event": event.value, "time": time or _now(self._clock), **content})


def interrupted(last: Json, clock: Clock) -> Json:
    """The end of a session whose daemon was killed or lost its power, told by the next start; `last` is its last
    event."""
    kept = {name: last[name] for name in ("v", "device", "session", "patient")}
    why = {"event": Event.ENDED.value, "why": Why.INTERRUPTED.value}
    return kept | {"boot": clock.boot(), "number": last["number"] + 1, "time": _now(clock)} | why


def revoked(device: str, session: str, person: str, clock: Clock) -> Json:
    """That the consent of a session that had ended was revoked; told once, for its number is always the same."""
    identity: Json = {"v": VERSION, "device": device, "boot": clock.boot(), "session": session, "patient": person}
    why = {"event": Event.ENDED.value, "why": Why.REVOKED.value}
    return identity | {"number": REVOKED_LATER, "time": _now(clock)} | why


def _now(clock: Clock) -> Json:
    return moment(clock.monotonic(), clock.wall(), clock.trusted())


def _consent(consent: Consent | None) -> Json:
    return {} if consent is None else {"consent": consent_json(consent)}
