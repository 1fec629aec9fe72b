"""The phases of a session in the timing diagram: a strip above the ribbon, and a line down where each begins; what was
shown or asked, and what somebody marked, are triangles on it."""

from typing import Any

from cloud.reading.sessions import Session
from cloud.reports.ribbon import write_within

#: Height of the strip with the room below it, in rows.
ROOM = 0.95
_FILLS = ("#e4e4e4", "#f4f4f4")
_EDGE, _MARK = "#8a8a8a", "#333333"
_LOW, _HIGH = 0.3, 0.85  # within the room


def room_for(session: Session) -> float:
    """How much higher the diagram is for the phases, in rows."""
    return ROOM if session.phases or session.stimuli or session.marks else 0.0


def draw_phases(axes: Any, session: Session, lasted_s: float, bottom: float) -> None:
    """Draw them.

    Args:
        axes: matplotlib's.
        session: whose phases.
        lasted_s: the width of the diagram.
        bottom: where the room for them begins.
    """
    low, high = bottom + _LOW, bottom + _HIGH
    for number, phase in enumerate(session.phases):
        begin, end = max(phase.begin_s, 0.0), min(phase.end_s, lasted_s)
        if end > begin:
            fill = _FILLS[number % len(_FILLS)]
            axes.broken_barh([(begin, end - begin)], (low, high - low), facecolor=fill, edgecolor=_EDGE, linewidth=0.6)
            axes.vlines(begin, 0, low, color=_EDGE, linewidth=0.7, linestyle=(0, (2, 3)), zorder=0.8)
            write_within(axes, (begin, end), low + 0.1, phase.name, lasted_s)
    for moments, marker in ((session.stimuli, "v"), (session.marks, "^")):
        times = [one.at_s for one in moments if 0 <= one.at_s <= lasted_s]
        axes.plot(times, [low] * len(times), marker, color=_MARK, markersize=5)
