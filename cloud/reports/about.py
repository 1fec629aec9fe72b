"""What is to be said of a session before what happened in it: whose, when, with what consent, and why it ended."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from cloud.analysis.plain import clock, percent
from cloud.analysis.whole import Analysis
from cloud.reading.faults import Faults
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.reports.captured import moment
from cloud.reports.slower import slower
from cloud.reports.summary import records
from device.contract.address import printable
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.labels import Reason
from device.contract.session import UNNAMED, Consent, Event, Why

_WHY = {
    Why.FINISHED: "there was nothing more to watch",
    Why.STOPPED: "somebody stopped it",
    Why.EXPIRED: "the consent ended",
    Why.FAILED: "the box could not go on",
    Why.PAUSED: "somebody paused it",
    Why.REVOKED: "the consent was revoked: what is here is not to be used",
    Why.LIMIT: "it lasted as long as sessions may",
    Why.INTERRUPTED: "a power cut, or the program was killed",
}
_MOST = 5  # other sessions that are named
_QUARTER_S, _ELEVEN_HOURS_S = 900, 39_600  # what time zones are apart, at least


def about(where: str, table: Table, analysis: Analysis, when: str) -> Iterator[str]:
    """The first lines of a report on one session."""
    (session,) = table.sessions
    yield f"Recording    {where}: {records(len(table))} of {session.device}, session {session.id}"
    yield f"Captured     {when}"
    spent = analysis.session
    reasons = Counter({reason: int(table.has_name("reasons", reason).sum()) for reason in Reason})
    gated = [f"{one.value.replace('_', ' ')} ({records(count)})" for one, count in reasons.most_common() if count]
    why = f"; else {', '.join(gated)}" if gated else ""
    share = percent(spent.measured_s / max(spent.lasted_s, 1e-9))
    seen = f"{share} of a session of {clock(spent.lasted_s)}{why}"
    if len(analysis.withheld) == 2:
        seen = f"only where the face was and how good the picture, which was good for {seen}"
    yield f"Measured     {seen}"
    yield from slower(table)
    yield from told(session)
    if session.missing:
        every = session.rows + session.missing
        yield f"Missing      {session.missing} of {every} records never came, or were thinned out for want of room"


def others(sessions: Sequence[str], where: str) -> Iterator[str]:
    """That there are more sessions than the one that is told of."""
    if sessions:
        named = ", ".join(sessions[-_MOST:][::-1])
        more = f" and {len(sessions) - _MOST} more" if len(sessions) > _MOST else ""
        yield f"Also there   {len(sessions)} more in {where}, see --session: {named}{more}"


def refuse_revoked(session: str, why: str, asked_for: bool | None) -> None:
    """Raises `DataError`: the consent of a session was revoked, and nobody said that it is wanted all the same; None:
    nobody may."""
    if why == Why.REVOKED and not asked_for:
        more = "" if asked_for is None else "; --revoked is for whoever has to look, such as to erase it"
        raise DataError(
            f"The consent was revoked for session {printable(session)}: nothing is told or drawn of it. Name another "
            f"with --session{more}."
        )


def passed_over(faults: Faults) -> Iterator[str]:
    """What readers left out."""
    for number, sentence in enumerate(faults.sentences()):
        yield f"{'' if number else 'Passed over':13}{sentence}"


def to_json(session: Session) -> Json:
    """What is known of a session, for machines; what is not known is absent."""
    known: Json = {"id": session.id, "device": session.device, "boot": session.boot, "patient": session.patient}
    known |= {"began": session.began, "ended": session.ended, "why": session.why, "missing": session.missing}
    known |= {"continues": session.continues, "frame": session.frame, "consent": _consent_json(session)}
    known["phases"] = [{"name": one.name, "begin_s": one.begin_s, "end_s": one.end_s} for one in session.phases]
    for name, moments in (("stimuli", session.stimuli), ("marks", session.marks)):
        known[name] = [{"name": one.name, "at_s": one.at_s} for one in moments]
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def told(session: Session) -> Iterator[str]:
    """What the session's own events tell; boxes of before knew neither sessions nor events."""
    is_told = session.events or session.id != session.boot
    if session.patient:
        yield f"Watched      {'nobody said whom' if session.patient == UNNAMED else session.patient}"
    if is_told:
        yield f"Consent      {_consent(session)}"
    if session.continues:
        yield f"Goes on from {session.continues}"
    if session.phases:
        named = (f"{one.name} {clock(one.begin_s)}–{clock(one.end_s)}" for one in session.phases)
        yield f"Phases       {', '.join(named)}"
    if is_told:
        yield f"Ended        {_WHY[Why(session.why)] if session.why in {*Why} else 'nobody told why, or it goes on'}"


def _consent(session: Session) -> str:
    consent = session.consent
    if consent is None:
        began = any(event["event"] == Event.BEGAN for event in session.events)
        return "none is recorded" if began else "not known: the beginning is missing"
    given_s, known = _given(session, consent)
    by_clock = "UTC" if known else "by a clock that was not set"
    given = "" if math.isnan(given_s) else f" on {moment(given_s)} {by_clock}"
    until = "" if consent.until is None else f", {_until(consent.until)}"
    return f"{', '.join(consent.covers) or 'nothing'}; given by the {consent.by or 'person'}{given}{until}"


def _given(session: Session, consent: Consent) -> tuple[float, bool]:
    """When it was given, corrected where the clock was set only later, and whether that can be relied on."""
    event = next(event for event in reversed(session.events) if "consent" in event)
    if event["time"]["trusted"]:
        return consent.given, True
    if event["event"] == Event.BEGAN and session.began is not None:
        return consent.given + session.began - event["time"]["wall"], True
    return consent.given, False


def _until(end_s: float) -> str:
    """A consent ends with a day, at midnight where the box is, which readers do not know: eleven hours before it that
    day is the date in UTC, wherever clocks are 10 hours behind it to 13 ahead."""
    if end_s % _QUARTER_S:
        return f"until {moment(end_s)} UTC"
    return f"to the end of {moment(end_s - _ELEVEN_HOURS_S).partition(' ')[0]} ({moment(end_s)} UTC)"


def _consent_json(session: Session) -> Json | None:
    consent = session.consent
    if consent is None:
        return None
    given_s, known = _given(session, consent)
    told = vars(consent) | {"given": None if math.isnan(given_s) else given_s, "given_known": known}
    return {name: value for name, value in told.items() if value not in (None, "")}
