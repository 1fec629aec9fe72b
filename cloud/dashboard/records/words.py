"""One session in words: how long, how much could be seen and why not the rest, and what else to know before its
numbers are read."""

from collections.abc import Iterator

import numpy as np

from cloud.analysis.measures import lasted_s, seen_share, unseen
from cloud.analysis.quantities import disagree, withheld
from cloud.analysis.unseen import HIDDEN, UNSEEN
from cloud.dashboard.records import times
from cloud.dashboard.records.papers import COVERED
from cloud.reading.columns import RECORDS, SECONDS
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from device.contract.labels import BLINK_STEP_S, PARTS, Slower
from device.contract.session import Event, Why

_SLOWER = {
    Slower.HEAT: "the processor was hot",
    Slower.THROTTLED: "the machine was slowed by heat or a weak power supply",
    Slower.BUDGET: "frames took more of the processor than they may",
}
_WHY = {
    Why.FINISHED: "It ended: there was nothing more to watch.",
    Why.STOPPED: "Somebody ended it.",
    Why.EXPIRED: "It ended with the consent.",
    Why.FAILED: "It broke off: the box could not go on.",
    Why.PAUSED: "Somebody paused it; what came after the pause is a session of its own.",
    Why.LIMIT: "It ended because it had lasted as long as sessions may.",
    Why.INTERRUPTED: "It was cut off, by a power cut or because the program was killed.",
}
_SENT = {RECORDS.of: "Every frame's record was sent.", SECONDS.of: "Seconds were sent, not every frame."}


def opening(table: Table) -> str:
    """How long, and how much of it could be seen."""
    session = table.sessions[0]
    if not len(table):
        began = f"It began {times.moment(session.began)}. " if session.began is not None else ""
        return f"{began}Nothing was measured: no frame came, or nothing has been sent yet."
    share = seen_share(table) or 0.0
    rest = [
        f"{UNSEEN.get(reason, reason)} {_percent(part)}" for reason, part in unseen(table).items() if part >= 0.005
    ]
    why = f" The rest: {', '.join(rest)}." if rest else ""
    return f"{times.length(lasted_s(table)).capitalize()}, of which {_percent(share)} could be seen.{why}"


def when(table: Table) -> str:
    """From when to when, and whether that can be relied on."""
    known = table.wall[~np.isnan(table.wall)]
    if not len(known):
        session = table.sessions[0]
        if not len(table) and session.began is not None:
            return times.moment(session.began)
        return "Nobody knows when: the box's clock was never set. Order and durations are right."
    end = times.local(float(known[-1]))
    said = f"{times.moment(float(known[0]))} to {end:%H:%M}" if end else times.moment(float(known[0]))
    late = int((table.values("time.trusted") == 0).sum())
    if not late:
        return said
    if np.isnan(table.wall).any():
        return f"{said}; for the beginning nobody knows the time of day, for the clock was not set yet"
    until = float(table.time[table.values("time.trusted") == 0][-1])
    return f"{said}; the clock was set only after {times.length(until)}, and the times before were corrected"


def facts(table: Table) -> Iterator[tuple[str, str]]:
    """What else there is to know: heading and sentence."""
    session = table.sessions[0]
    yield (
        "Ended",
        _WHY.get(Why(session.why), session.why)
        if session.why in {*Why}
        else "It goes on, or nobody told how it ended.",
    )
    yield "Consent", consent(session)
    if len(table):
        yield "Sent", _SENT.get(table.form.of, "Only minutes were sent, or have arrived so far.")
    if table.form is RECORDS and len(table):
        yield from _of_records(table)
    if session.missing:
        yield (
            "Missing",
            f"{session.missing} of {session.rows + session.missing} numbered parts never came, or were thinned out "
            "for want of room.",
        )
    if table.sessions[0].frame:
        width, height = table.sessions[0].frame
        yield "Picture", f"{width} × {height} pixels; no picture is kept or sent."
    for sentence in table.faults.sentences():
        yield "Passed over", f"{sentence}."


def consent(session: Session) -> str:
    """What the session was held under."""
    held = session.consent
    if held is None:
        began = any(event["event"] == Event.BEGAN for event in session.events)
        return "None was recorded." if began else "Not known: the beginning is missing."
    covers = ", ".join(COVERED.get(name, name) for name in held.covers) or "nothing"
    until = "" if held.until is None else f", to {times.day(held.until - 1)}"
    return f"Covers {covers}; given by the {held.by or 'person'}{until}."


def _of_records(table: Table) -> Iterator[tuple[str, str]]:
    lasting, whole_s = table.durations, max(lasted_s(table), 1e-9)
    origins = {str(one) for one in set(table.texts("neutral").tolist()) if one}
    if any(one.startswith("calibrated") for one in origins):
        yield "Face at rest", "Known: somebody had asked the person to relax, and what shows then was taken away."
    elif origins:
        yield "Face at rest", "Not known: brows that are low by nature look lowered. 'affectbox calibrate' mends that."
    if contrary := float(lasting[disagree(table)].sum()):
        yield (
            "Disagreement",
            f"For {_percent(contrary / whole_s)} of the time expression and facial actions contradict each "
            "other; neither is counted there.",
        )
    hidden = {part: float(lasting[table.has_name("hidden", part)].sum()) for part in PARTS}
    if told := [f"{HIDDEN[part]} for {times.length(seconds)}" for part, seconds in hidden.items() if seconds >= 1]:
        yield "Hidden", f"{', '.join(told).capitalize()}: what moves there was not measured meanwhile."
    lowered = table.known("pace.why")
    if lowered.any():
        rates = table.values("pace.rate")[lowered]
        because = " and ".join(_SLOWER[one] for one in Slower if table.has_name("pace.why", one).any())
        blinks = "; below 7 no blinks are counted" if rates.min() * BLINK_STEP_S < 1 else ""
        seconds = float(lasting[lowered].sum())
        yield (
            "Pace",
            f"Fewer frames a second ({rates.min():.0f} at least) for {times.length(seconds)}, because "
            f"{because}{blinks}.",
        )
    for part in withheld(table):
        yield (
            "Not recorded",
            f"{'Expressions' if part == 'expressions' else 'Facial actions'}: the consent does not cover them.",
        )


def _percent(share: float) -> str:
    return "less than 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
