"""Means with their intervals: of measures in the parts of a session, and of the left and the right side."""

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.analysis.sides import Sides
from cloud.reports.figures.canvas import BLUE, INK, QUIET, SIZE, SMALL, VERMILLION, WIDTH, Area, Canvas, fits

_ROW, _HEAD, _FOOT = 0.215, 0.34, 0.3
_LEFT, _GAP, _ACROSS = 1.45, 0.16, 3


@dataclass(frozen=True)
class Dot:
    """A mean, its interval (None where there is none), and whether enough was measured to say much."""

    mean: float
    low: float | None
    high: float | None
    enough: bool = True


@dataclass(frozen=True)
class Column:
    """One measure: its name, the unit, and its dot in each part; None where it was not measured."""

    name: str
    unit: str
    dots: Sequence[Dot | None]


def draw_parts(parts: Sequence[str], measures: Sequence[Column], name: str) -> str:
    """SVG: a row for each part, a column for each measure (at most three)."""
    canvas = Canvas(_HEAD + len(parts) * _ROW + _FOOT)
    wide = (WIDTH - _LEFT - _GAP * (_ACROSS - 1)) / _ACROSS - 0.06
    for number, part in enumerate(parts):
        weight = "bold" if number == 0 else "normal"
        canvas.write(0, _HEAD + _ROW * (number + 0.5), _short(part, _LEFT - 0.1), weight=weight)
    for number, one in enumerate(measures):
        left = _LEFT + number * (wide + _GAP + 0.06)
        canvas.write(left, 0.1, _short(one.name, wide + _GAP), weight="bold")
        canvas.write(left, 0.25, one.unit, size=SMALL, color=QUIET)
        high = max([dot.high or dot.mean for dot in one.dots if dot] or [0.0]) * 1.08 or 1.0
        _dots(canvas.area(left + 0.05, _HEAD, wide - 0.05, len(parts) * _ROW, (0, high), _rows(parts)), one.dots)
    return canvas.svg(name, _said(parts, measures))


def _rows(of: Sequence[object]) -> tuple[float, float]:
    return len(of) - 0.5, -0.5


def _dots(area: Area, dots: Sequence[Dot | None]) -> None:
    area.scale(ticks(0, area.x[1]))
    for row, one in enumerate(dots):
        if one is None:
            area.text(0, row, "not measured", right=0.03, ha="left")
            continue
        colour = BLUE if one.enough else "#9aa3ad"
        if one.low is not None and one.high is not None:
            area.line([one.low, one.high], [row, row], color=colour, linewidth=1.5, solid_capstyle="butt")
        fill = colour if one.low is not None else "white"
        area.line([one.mean], [row], marker="o", color=colour, markerfacecolor=fill, markersize=4.6)


def draw_sides(found: Sequence[Sides], names: Sequence[str]) -> str:
    """SVG: left and right of each unit, and their difference with its interval."""
    canvas = Canvas(_HEAD + len(found) * _ROW + _FOOT)
    left, wide = 1.95, 2.35
    for number, (one, name) in enumerate(zip(found, names, strict=True)):
        canvas.write(0, _HEAD + _ROW * (number + 0.5), name, weight="bold" if one.side else "normal")
    canvas.write(left, 0.1, "Mean intensity", weight="bold")
    canvas.write(left, 0.25, "● left side   ○ right side, the person's own", size=SMALL, color=QUIET)
    high = max([max(one.left, one.right) for one in found]) * 1.08 or 1.0
    _sides(canvas.area(left + 0.05, _HEAD, wide, len(found) * _ROW, (0, high), _rows(found)), found)
    second = left + wide + 0.3
    canvas.write(second, 0.1, "Left minus right", weight="bold")
    canvas.write(second, 0.25, "with its 95 % interval", size=SMALL, color=QUIET)
    reach = max([abs(end) for one in found for end in (one.low, one.high, one.difference) if end is not None])
    scale = (-max(reach * 1.1, 0.25), max(reach * 1.1, 0.25))
    _differences(canvas.area(second, _HEAD, WIDTH - second - 0.1, len(found) * _ROW, scale, _rows(found)), found)
    return canvas.svg("sides", "; ".join(f"{one.unit}: left {one.left:.2f}, right {one.right:.2f}" for one in found))


def _sides(area: Area, found: Sequence[Sides]) -> None:
    area.scale(ticks(0, area.x[1]))
    for row, one in enumerate(found):
        area.line([one.left, one.right], [row, row], color=QUIET, linewidth=1.1)
        area.line([one.left], [row], marker="o", color=BLUE, markersize=5)
        area.line([one.right], [row], marker="o", color=BLUE, markerfacecolor="white", markersize=5)


def _differences(area: Area, found: Sequence[Sides]) -> None:
    area.scale(ticks(*area.x))
    area.verticals([0], color=INK, linewidth=0.8, zorder=0.6)
    for row, one in enumerate(found):
        colour = VERMILLION if one.side else "#9aa3ad"
        if one.low is not None and one.high is not None:
            area.line([one.low, one.high], [row, row], color=colour, linewidth=1.6, solid_capstyle="butt")
        area.line([one.difference], [row], marker="D" if one.side else "o", color=colour, markersize=4.4)


def ticks(low: float, high: float) -> list[float]:
    """Round values between these, 0 among them."""
    step = _step(high)
    return [at * step for at in range(int(low / step), int(high / step) + 1)]


def _step(reach: float) -> float:
    """A round step, two to four of which make the reach."""
    return next((one for one in (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50) if reach / one <= 4), 100)


def _short(text: str, inches: float) -> str:
    """As much of a name as there is room for."""
    short = text
    while len(short) > 1 and not fits(short, inches, SIZE):
        short = short.removesuffix("…")[:-1].rstrip() + "…"
    return short


def _said(parts: Sequence[str], measures: Sequence[Column]) -> str:
    found = [
        f"{one.name} in {part}: {dot.mean:.2f}"
        for one in measures
        for part, dot in zip(parts, one.dots, strict=True)
        if dot
    ]
    return "; ".join(found)
