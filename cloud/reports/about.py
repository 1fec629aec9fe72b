"""What is to be said of a session before what happened in it: whose, when, with what consent, and why it ended."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from cloud.analysis.whole import Analysis
from cloud.reading.faults import Faults
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.reports.captured import moment
from cloud.reports.summary import clock, percent
from device.contract.fields import Json
from device.contract.labels import Reason
from device.contract.session import UNNAMED, Consent, Event, Why

_WHY = {
    Why.FINISHED: "there was nothing more to watch",
    Why.STOPPED: "somebody stopped it",
    Why.EXPIRED: "the consent ended",
    Why.FAILED: "the box could not go on",
    Why.INTERRUPTED: "a power cut, or the program was killed",
}
_MOST = 5  # other sessions that are named


def about(where: str, table: Table, analysis: Analysis, when: str) -> Iterator[str]:
    """The first lines of a report on one session."""
    (session,) = table.sessions
    yield f"Recording    {where}: {len(table)} records of {session.device}, session {session.id}"
    yield f"Captured     {when}"
    spent = analysis.session
    reasons = Counter({reason: int(table.has_name("reasons", reason).sum()) for reason in Reason})
    gated = [f"{one.value.replace('_', ' ')} ({count} records)" for one, count in reasons.most_common() if count]
    why = f"; else {', '.join(gated)}" if gated else ""
    share = percent(spent.measured_s / max(spent.lasted_s, 1e-9))
    yield f"Measured     {share} of a session of {clock(spent.lasted_s)}{why}"
    yield from _told(session)
    if session.missing:
        every = session.rows + session.missing
        yield f"Missing      {session.missing} of {every} records never came, or were thinned out for want of room"


def others(sessions: Sequence[str], where: str) -> Iterator[str]:
    """That there are more sessions than the one that is told of."""
    if sessions:
        named = ", ".join(sessions[-_MOST:][::-1])
        more = f" and {len(sessions) - _MOST} more" if len(sessions) > _MOST else ""
        yield f"Also there   {len(sessions)} more in {where}, see --session: {named}{more}"


def passed_over(faults: Faults) -> Iterator[str]:
    """What readers left out."""
    for number, sentence in enumerate(faults.sentences()):
        yield f"{'' if number else 'Passed over':13}{sentence}"


def to_json(session: Session) -> Json:
    """What is known of a session, for machines; what is not known is absent."""
    known: Json = {"id": session.id, "device": session.device, "boot": session.boot, "patient": session.patient}
    known |= {"began": session.began, "ended": session.ended, "why": session.why, "missing": session.missing}
    known |= {"frame": session.frame, "consent": _consent_json(session.consent)}
    known["phases"] = [{"name": one.name, "begin_s": one.begin_s, "end_s": one.end_s} for one in session.phases]
    for name, moments in (("stimuli", session.stimuli), ("marks", session.marks)):
        known[name] = [{"name": one.name, "at_s": one.at_s} for one in moments]
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def _told(session: Session) -> Iterator[str]:
    """What the session's own events tell; boxes of before knew neither sessions nor events."""
    is_told = session.events or session.id != session.boot
    if session.patient:
        yield f"Watched      {'nobody said whom' if session.patient == UNNAMED else session.patient}"
    if is_told:
        yield f"Consent      {_consent(session)}"
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
    until = f", until {moment(consent.until)} UTC" if consent.until is not None else ""
    given = "" if math.isnan(consent.given) else f" on {moment(consent.given)} UTC"
    return f"{', '.join(consent.covers) or 'nothing'}; given by the {consent.by or 'person'}{given}{until}"


def _consent_json(consent: Consent | None) -> Json | None:
    if consent is None:
        return None
    return {name: value for name, value in vars(consent).items() if value not in (None, "")}
