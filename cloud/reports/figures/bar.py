"""What a session's time was: a bar of what was measured, and why not the rest."""

from collections.abc import Sequence

from cloud.analysis.plain import percent
from cloud.reports.figures.canvas import INK, WIDTH, Area, Canvas

_FILLS = ("#3d4650", "#dfe3e8", "#ebeef1", "#f4f5f7")
_EVERY = 6 / 72  # inches between the lines of a hatching
_ROWS = 5  # of dots
_LINE, _DOTS = "#aab2ba", {"linestyle": (0, (0.01, 3)), "dash_capstyle": "round"}
_BAR = 0.2
_LEAST = 0.005


def draw(parts: Sequence[tuple[str, float]]) -> str:
    """SVG of parts of a whole: words and share, the first of them what was measured."""
    canvas = Canvas(_BAR)
    area = canvas.area(0, 0.01, WIDTH, _BAR)
    at, drawn = 0.0, [share for _, share in parts if share >= _LEAST]
    rest = 0 if parts[0][1] >= _LEAST else 1
    for number, share in enumerate(drawn, rest):
        kind = min(number, len(_FILLS) - 1)
        edge = INK if number == 0 else _LINE
        area.boxes([(at, at + share)], 0, 1, linewidth=0.4, facecolor=_FILLS[kind], edgecolor=edge)
        _fill(area, at, at + share, kind)
        at += share
    return canvas.svg("seen", ", ".join(said(parts)))


def said(parts: Sequence[tuple[str, float]]) -> list[str]:
    """The same in words, for below the bar: in its order, whatever was too short to be drawn left out."""
    return [f"{words} {percent(share)}" for words, share in parts if share >= _LEAST]


def _fill(area: Area, begin: float, end: float, kind: int) -> None:
    """Lines that rise, lines that fall, or dots: why it was not measured is told apart without colour, too."""
    if kind in (1, 2):
        area.hatch([(begin, end)], 0, 1, _EVERY if kind == 1 else -_EVERY, color=_LINE, zorder=1.5)
    elif kind == 3:
        for row in range(_ROWS):
            left = begin + (row % 2 + 1) * _EVERY / 4 / WIDTH
            area.line([left, end], [(row + 0.5) / _ROWS] * 2, color=_LINE, linewidth=1.0, zorder=1.5, **_DOTS)
