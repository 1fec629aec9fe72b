"""Curves over the time of a session, one below the other: the range of each column, and its mean as a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cloud.reading.sessions import Session
from cloud.reading.timeline import Mask, Values
from cloud.reports.figures.canvas import (
    EVERY,
    HATCH,
    QUIET,
    RULE,
    SMALL,
    WIDTH,
    Area,
    Canvas,
    Timeline,
    columns,
    number,
)
from cloud.reports.figures.course import HEIGHT as COURSE
from cloud.reports.figures.course import draw_course, has_course

LEFT, RIGHT = 1.5, 0.12
_HIGH, _BETWEEN, _TICKS = 0.72, 0.2, 0.36
_MOST = 450


@dataclass(frozen=True, eq=False)
class Panel:
    """One curve.

    Attributes:
        title, unit: on its left.
        times, values: (N,) of each.
        bounds: least and greatest value that is drawn; ticks at both, and at 0 where it lies between.
        colour: of the line and, paler, of the range.
        steps: each value holds until the next.
    """

    title: str
    unit: str
    times: Values
    values: Values
    bounds: tuple[float, float]
    colour: str
    steps: bool = False


def draw(panels: Sequence[Panel], session: Session, line: Timeline, name: str) -> str:
    """SVG of panels below the course of the session."""
    top = COURSE if has_course(session) else 0.06
    canvas = Canvas(top + len(panels) * (_HIGH + _BETWEEN) - _BETWEEN + _TICKS)
    inside = WIDTH - LEFT - RIGHT
    if has_course(session):
        draw_course(canvas, LEFT, inside, session, line)
    for row, panel in enumerate(panels):
        at = top + row * (_HIGH + _BETWEEN)
        area = canvas.area(LEFT, at, inside, _HIGH, (0, line.lasted_s), panel.bounds)
        _curve(area, panel, line)
        canvas.write(0, at + 0.08, panel.title, weight="bold")
        canvas.write(0, at + 0.24, panel.unit, size=SMALL, color=QUIET)
    area.times(line)
    return canvas.svg(name, "; ".join(f"{one.title}, {one.unit}" for one in panels) + " over the session")


def _curve(area: Area, panel: Panel, line: Timeline) -> None:
    low, high = panel.bounds
    ticks = sorted({low, high, *([0.0] if low < 0 < high else [])})
    area.horizontals(ticks, color=RULE, linewidth=0.5, zorder=0.5)
    for tick in ticks:
        area.text(0, tick, number(tick), right=-0.07, ha="right")
    if panel.steps:
        _hatch(area, panel.times, ~np.isnan(panel.values), line.lasted_s)
        times, values = np.repeat(panel.times, 2)[1:], np.repeat(panel.values, 2)[:-1]
        area.line(times, values, color=panel.colour, linewidth=1.1)
        return
    count = int(np.clip(line.lasted_s / 0.5, 1, _MOST))
    edges = np.linspace(0, line.lasted_s, count + 1)
    least, mean, greatest = columns(panel.times, panel.values, edges)
    middles = (edges[1:] + edges[:-1]) / 2
    _hatch(area, edges[:-1], ~np.isnan(mean), line.lasted_s)
    area.fill(middles, least, greatest, color=panel.colour, alpha=0.28)
    area.line(middles, mean, color=panel.colour)


def _hatch(area: Area, begins: Values, known: Mask, lasted_s: float) -> None:
    """Hatch where nothing is known, if that can be seen at all."""
    turns = [0, *(np.flatnonzero(np.diff(known)) + 1).tolist(), len(known)]
    ends = np.append(begins, lasted_s)
    spans = [(float(begins[a]), float(ends[b])) for a, b in pairwise(turns) if b > a and not known[a]]
    wide = [(begin, end) for begin, end in spans if end - begin > lasted_s / 300]
    area.boxes(wide, *area.y, facecolor="#fafafa", zorder=0.4)
    area.hatch(wide, *area.y, EVERY, color=HATCH, zorder=0.4)
