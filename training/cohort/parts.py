"""The parts of a session that was recorded: as on the box (`device/features/parts.py`), and those of `stimuli.csv`, of
which a box knows nothing while a session runs."""

from collections.abc import Sequence

from cloud.reading.sessions import Session
from device.features import parts
from device.features.parts import Spans
from training.cohort.study import Stimulus


def parts_of(session: Session, stimuli: Sequence[Stimulus], lasted_s: float) -> dict[str, Spans]:
    """Name → begin and end, seconds since the session's first record; a part may have come several times.

    Args:
        session: as the reader has it.
        stimuli: rows of `stimuli.csv` that are of this recording.
        lasted_s: from the first record to the last.
    """
    told = [(span.name, span.begin_s, span.end_s) for span in session.phases]
    told += [(one.label, one.from_s, one.to_s) for one in stimuli]
    shown, marked = ([(one.name, one.at_s) for one in moments] for moments in (session.stimuli, session.marks))
    return parts.parts_of(told, shown, marked, lasted_s)
