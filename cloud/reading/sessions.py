"""Sessions as readers see them: whom, when, with what consent, in what parts, and why they ended."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cloud.reading.support import Support
from device.contract.boot import wall_time
from device.contract.fields import Json
from device.contract.session import REVOKED_LATER, Consent, Event, Why

#: Event time → seconds since the session's first row, None where that cannot be told.
Clock = Callable[[Json], float | None]


@dataclass(frozen=True)
class Span:
    """A phase: its name, and its beginning and end in seconds since the session's first row."""

    name: str
    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Moment:
    """A stimulus or mark: its name, '' for none, and when, in seconds since the session's first row."""

    name: str
    at_s: float


@dataclass(frozen=True)
class Session:
    """One session.

    Attributes:
        id, device, boot: where and when; `boot` is the start of the daemon.
        patient: pseudonym or `unnamed`; '' where nobody said.
        consent: the newest one; None where nobody recorded any.
        began, ended: seconds since 1970; None where that is not known.
        why: it ended, one of `device.contract.session.Why`; '' where nobody told. `revoked` also where the consent was
            withdrawn after the end; then nothing of it is to be used.
        continues: the session that it goes on from, after a pause or a failure; '' for none.
        phases, stimuli, marks: in their order.
        frame: width and height in pixels; None where nobody told.
        rows, missing: how many rows there are, and how many numbers are missing, which the outbox thinned out.
        origin_s: what the recording's own clock (a video's, else the monotonic one) said at the first row.
        support: what diagnosis support said, for whoever asked for it; nothing where the consent was withdrawn.
        events: all others, in their order.
    """

    id: str
    device: str
    boot: str
    patient: str = ""
    consent: Consent | None = None
    began: float | None = None
    ended: float | None = None
    why: str = ""
    continues: str = ""
    phases: tuple[Span, ...] = ()
    stimuli: tuple[Moment, ...] = ()
    marks: tuple[Moment, ...] = ()
    frame: tuple[int, int] | None = None
    rows: int = 0
    missing: int = 0
    origin_s: float = 0.0
    support: tuple[Support, ...] = field(default=(), repr=False)
    events: tuple[Json, ...] = field(default=(), repr=False)

    @property
    def is_revoked(self) -> bool:
        """Whether the consent was withdrawn."""
        return self.why == Why.REVOKED


def session_from(
    identity: tuple[str, str, str], events: Sequence[Json], offset: float | None, clock: Clock, lasted_s: float
) -> Session:
    """A session from its events.

    Args:
        identity: device, session and start of the daemon.
        events: valid ones, in the order of their numbers.
        offset: wall clock minus monotonic clock of the start, None where unknown.
        clock: when, in the session, an event was.
        lasted_s: from the first row to the last.
    """
    device, session, boot = identity
    said = tuple(Support.of(event) for event in events if event["event"] == Event.SUPPORT)
    events = [event for event in events if event["event"] != Event.SUPPORT]
    found: dict[str, object] = {}
    for event in events:
        if "consent" in event:
            found["consent"] = _consent(event["consent"])
        if "frame" in event:
            found["frame"] = (event["frame"]["width"], event["frame"]["height"])
        if "why" in event:
            found["why"] = event["why"]
        if "continues" in event:
            found["continues"] = event["continues"]
        if event["event"] in (Event.BEGAN, Event.ENDED) and event["number"] != REVOKED_LATER:
            found[event["event"]] = wall_time(event, offset if _same_clock(event, boot) else None)
    if events:
        found["patient"] = events[0]["patient"]
    return Session(
        session,
        device,
        boot,
        phases=_phases(events, clock, lasted_s),
        stimuli=_moments(events, Event.STIMULUS, clock),
        marks=_moments(events, Event.MARK, clock),
        support=said if found.get("why") != Why.REVOKED else (),
        events=tuple(events),
        **found,  # type: ignore[arg-type]
    )


def _same_clock(event: Json, boot: str) -> bool:
    """The monotonic clock is the kernel's."""
    return bool(event["boot"].partition("-")[0] == boot.partition("-")[0])


def _consent(held: Json) -> Consent:
    given, age = held.get("given", math.nan), held.get("age", "")
    return Consent(tuple(held.get("covers", ())), held.get("by", ""), given, held.get("until"), age)


def _phases(events: Sequence[Json], clock: Clock, lasted_s: float) -> tuple[Span, ...]:
    """From each phase's beginning to the next, or to the session's end."""
    ours = (event for event in events if event["event"] in (Event.PHASE, Event.ENDED))
    turns = [(event.get("name", ""), clock(event)) for event in ours if event["number"] != REVOKED_LATER]
    told = [(name, at) for name, at in turns if at is not None]
    ends = [at for _, at in told[1:]] + [lasted_s]
    return tuple(Span(name, at, max(end, at)) for (name, at), end in zip(told, ends, strict=False) if name)


def _moments(events: Sequence[Json], kind: Event, clock: Clock) -> tuple[Moment, ...]:
    found = ((event.get("name", ""), clock(event)) for event in events if event["event"] == kind)
    return tuple(Moment(name, at) for name, at in found if at is not None)
