"""What a session's time was: a bar of what was measured, and why not the rest."""

from collections.abc import Sequence
from typing import Any

from cloud.analysis.plain import percent
from cloud.reports.figures.canvas import INK, WIDTH, Canvas

_FILLS = ("#3d4650", "#dfe3e8", "#ebeef1", "#f4f5f7")
_HATCHES = ("", "////", "\\\\\\\\", "....")
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
        edge = INK if number == 0 else "#aab2ba"
        style: dict[str, Any] = {"facecolor": _FILLS[kind], "hatch": _HATCHES[kind], "edgecolor": edge}
        area.boxes([(at, at + share)], 0, 1, linewidth=0.4, **style)
        at += share
    return canvas.svg("seen", ", ".join(said(parts)))


def said(parts: Sequence[tuple[str, float]]) -> list[str]:
    """The same in words, for below the bar: in its order, whatever was too short to be drawn left out."""
    return [f"{words} {percent(share)}" for words, share in parts if share >= _LEAST]
