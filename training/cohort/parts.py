"""The parts of a session: what is compared between people.

The phases that the box or `stimuli.csv` tells of. Where neither does, what followed each stimulus or named mark: until
the next one, at most for `RESPONSE_S`, as in reports. On the box only phases are known while a session runs, so a
bundle for a box is made of these.
"""

from collections.abc import Sequence

from cloud.reading.sessions import Session
from device.contract.features import SESSION
from training.cohort.study import Stimulus

#: As `cloud/analysis/parts.py` has it.
RESPONSE_S = 60.0
Spans = list[tuple[float, float]]


def parts_of(session: Session, stimuli: Sequence[Stimulus], lasted_s: float) -> dict[str, Spans]:
    """Name → begin and end, seconds since the session's first record; a part may have come several times.

    Args:
        session: as the reader has it.
        stimuli: rows of `stimuli.csv` that are of this recording.
        lasted_s: from the first record to the last.
    """
    found: dict[str, Spans] = {}
    told = [(span.name, span.begin_s, span.end_s) for span in session.phases]
    told += [(one.label, one.from_s, one.to_s) for one in stimuli]
    for name, begin_s, end_s in told or _following(session, lasted_s):
        if name != SESSION:
            found.setdefault(name, []).append((begin_s, end_s))
    return found


def _following(session: Session, lasted_s: float) -> list[tuple[str, float, float]]:
    moments = session.stimuli or tuple(mark for mark in session.marks if mark.name)
    turns = [*(one.at_s for one in moments), lasted_s]
    return [
        (one.name, one.at_s, min(max(turn, one.at_s), one.at_s + RESPONSE_S))
        for one, turn in zip(moments, turns[1:], strict=True)
    ]
