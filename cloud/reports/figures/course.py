"""The course of a session above its pictures: phases, what was shown or asked, and what somebody marked."""

from dataclasses import dataclass

from cloud.reading.sessions import Session
from cloud.reports.figures.canvas import INK, Canvas, Timeline, fits, wide_of

#: Inches: of the strip of phases and the moments below it.
HEIGHT = 0.58
_FILLS = ("#e3e7eb", "#f1f3f5")
_EDGE = "#8d96a0"


def has_course(session: Session) -> bool:
    """Whether anybody told of parts or moments."""
    return bool(session.phases or session.stimuli or session.marks)


def draw_course(canvas: Canvas, left: float, inches: float, session: Session, line: Timeline) -> None:
    """Draw them at the upper edge of a figure, from `left` on and so wide."""
    area = canvas.area(left, 0, inches, HEIGHT, (0, line.lasted_s))
    for number, phase in enumerate(session.phases):
        begin, end = max(phase.begin_s, 0.0), min(phase.end_s, line.lasted_s)
        if end > begin:
            area.boxes([(begin, end)], 0.64, 0.97, color=_FILLS[number % 2], edgecolor=_EDGE, linewidth=0.5)
            if fits(phase.name, (end - begin) / line.lasted_s * inches):
                area.text((begin + end) / 2, 0.8, phase.name, color=INK)
    told = sorted((one for one in _moments(session) if 0 <= one.at_s <= line.lasted_s), key=lambda one: one.at_s)
    places = [one.at_s / line.lasted_s * inches for one in told]
    taken = -1.0
    for one, at, following in zip(told, places, [*places, inches + 0.45][1:], strict=True):
        area.line([one.at_s], [0.44], marker=one.sign, color=INK, markersize=4.2, linewidth=0)
        wide = wide_of(one.name) + 0.07
        if at + wide < following - 0.07:
            area.text(one.at_s, 0.42, one.name, right=0.07, ha="left")
            taken = at + wide
        elif at - wide > taken + 0.07:
            area.text(one.at_s, 0.42, one.name, right=-0.07, ha="right")
            taken = at + 0.05
        else:
            area.text(one.at_s, 0.18, one.name)
            taken = at + 0.05


@dataclass(frozen=True)
class _Sign:
    """A moment: its name, when, and how it is drawn."""

    name: str
    at_s: float
    sign: str


def _moments(session: Session) -> list[_Sign]:
    """A triangle down for what was shown or asked, up for what somebody marked."""
    shown = [_Sign(one.name, one.at_s, "v") for one in session.stimuli]
    return shown + [_Sign(one.name, one.at_s, "^") for one in session.marks]
