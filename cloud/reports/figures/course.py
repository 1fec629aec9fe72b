"""The course of a session above its pictures: phases, what was shown or asked, and what somebody marked."""

from typing import Any

from cloud.reading.sessions import Session
from cloud.reports.figures.canvas import INK, QUIET, SMALL, Timeline, fits

#: Inches: of the strip of phases and the moments below it.
HEIGHT = 0.46
_FILLS = ("#e3e7eb", "#f1f3f5")
_EDGE = "#8d96a0"


def has_course(session: Session) -> bool:
    """Whether anybody told of parts or moments."""
    return bool(session.phases or session.stimuli or session.marks)


def draw_course(axes: Any, session: Session, line: Timeline, inches: float) -> None:
    """Draw them into axes so wide and `HEIGHT` high."""
    axes.set_xlim(0, line.lasted_s)
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    for number, phase in enumerate(session.phases):
        begin, end = max(phase.begin_s, 0.0), min(phase.end_s, line.lasted_s)
        if end > begin:
            axes.barh(0.76, end - begin, 0.4, begin, color=_FILLS[number % 2], edgecolor=_EDGE, linewidth=0.5)
            room = (end - begin) / line.lasted_s * inches
            if fits(phase.name, room):
                axes.text((begin + end) / 2, 0.75, phase.name, size=SMALL, color=INK, ha="center", va="center")
    taken = -1.0
    for name, at, sign in sorted(_moments(session), key=lambda one: one[1]):
        if 0 <= at <= line.lasted_s:
            axes.plot([at], [0.36], sign, color=INK, markersize=4.2, clip_on=False)
            begin = at / line.lasted_s * inches + 0.07
            wide = len(name) * SMALL * 0.5 / 72
            if name and begin > taken and begin + wide < inches + 0.4:
                axes.text(at + 0.07 / inches * line.lasted_s, 0.32, name, size=SMALL, color=QUIET, va="center")
                taken = begin + wide + 0.08


def _moments(session: Session) -> list[tuple[str, float, str]]:
    """Name, second and sign: a triangle down for what was shown or asked, up for what somebody marked."""
    shown = [(one.name, one.at_s, "v") for one in session.stimuli]
    return shown + [(one.name, one.at_s, "^") for one in session.marks]
