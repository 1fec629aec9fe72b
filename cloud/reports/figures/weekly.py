"""A measure from session to session: a dot a session with its interval, by its day, and where one is usually."""

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.reports.dated import local
from cloud.reports.figures.canvas import BLUE, INK, QUIET, RULE, SMALL, WIDTH, Area, Canvas, number
from cloud.reports.figures.dots import Dot, ticks

_ACROSS, _GAP, _LEFT = 3, 0.42, 0.3
_HEAD, _HIGH, _FOOT = 0.42, 0.86, 0.36
_PALE, _USUAL = "#9aa3ad", "#dfe4e9"


@dataclass(frozen=True)
class Panel:
    """One measure: its title and unit, its dot in each session (None where it is not known), and between what a
    session usually lies (None where that is not known)."""

    title: str
    unit: str
    dots: Sequence[Dot | None]
    usual: tuple[float, float] | None


def draw(panels: Sequence[Panel], began: Sequence[float | None], name: str) -> str:
    """SVG of three panels in a row; `began`: of each session, seconds since 1970, the told session last."""
    rows = -(-len(panels) // _ACROSS)
    canvas = Canvas(rows * (_HEAD + _HIGH + _FOOT))
    wide = (WIDTH - _ACROSS * _LEFT - (_ACROSS - 1) * (_GAP - _LEFT)) / _ACROSS - 0.08
    at = _places(began)
    span = (max(at) - min(at)) or 1.0
    across = (min(at) - 0.04 * span, max(at) + 0.06 * span)
    for place, one in enumerate(panels):
        left = _LEFT + place % _ACROSS * (wide + _GAP + 0.08)
        top = place // _ACROSS * (_HEAD + _HIGH + _FOOT)
        canvas.write(left, top + 0.1, one.title, weight="bold")
        canvas.write(left, top + 0.26, one.unit, size=SMALL, color=QUIET)
        ends = [end for dot in one.dots if dot for end in (dot.mean, dot.high or 0.0)]
        high = max([*ends, one.usual[1] if one.usual else 0.0]) * 1.08 or 1.0
        _panel(canvas.area(left, top + _HEAD, wide, _HIGH, across, (0, high)), one, at, _days(began))
    return canvas.svg(name, "; ".join(f"{one.title}, {one.unit}" for one in panels) + ", from session to session")


def _panel(area: Area, panel: Panel, at: Sequence[float], days: tuple[str, str]) -> None:
    marked = ticks(*area.y)
    if panel.usual:
        area.boxes([area.x], *panel.usual, facecolor=_USUAL, zorder=0.4)
    area.horizontals(marked, color=RULE, linewidth=0.5, zorder=0.5)
    for tick in marked:
        area.text(area.x[0], tick, number(tick), right=-0.05, ha="right")
    for place, dot in zip(at, panel.dots, strict=True):
        if dot:
            _dot(area, place, dot, is_last=place == at[-1])
    area.text(at[0], 0, days[0], below=0.12, ha="left")
    area.text(at[-1], 0, days[1], below=0.12, ha="right")


def _dot(area: Area, place: float, dot: Dot, is_last: bool) -> None:
    colour = _PALE if not dot.enough else INK if is_last else BLUE
    if dot.low is not None and dot.high is not None:
        area.line([place, place], [dot.low, dot.high], color=colour, linewidth=1.2, solid_capstyle="butt")
    fill = colour if dot.enough else "white"
    marker, size = ("D", 4.6) if is_last else ("o", 4.2)
    area.line([place], [dot.mean], marker=marker, color=colour, markerfacecolor=fill, markersize=size)


def _places(began: Sequence[float | None]) -> list[float]:
    """By the days of the sessions; evenly where one of them is not known."""
    known = [one for one in began if one is not None]
    return known if len(known) == len(began) else [float(at) for at in range(len(began))]


def _days(began: Sequence[float | None]) -> tuple[str, str]:
    first, last = (local(one) if one is not None else None for one in (began[0], began[-1]))
    return (f"{first.day} {first:%b}" if first and len(began) > 1 else ""), (f"{last.day} {last:%b}" if last else "")
