"""What a session's time was: a bar of what was measured, and why not the rest."""

from collections.abc import Sequence
from typing import Any

from cloud.analysis.plain import percent
from cloud.reports.figures.canvas import INK, QUIET, SIZE, WIDTH, Canvas, fits

_FILLS = ("#3d4650", "#dfe3e8", "#ebeef1", "#f4f5f7")
_HATCHES = ("", "////", "\\\\\\\\", "....")
_BAR, _BELOW = 0.2, 0.2
_LEAST = 0.005


def draw(parts: Sequence[tuple[str, float]]) -> str:
    """SVG of parts of a whole: words and share, the first of them what was measured."""
    canvas = Canvas(_BAR + _BELOW)
    area = canvas.area(0, 0.01, WIDTH, _BAR)
    at, told = 0.0, [(words, share) for words, share in parts if share >= _LEAST]
    rest = 0 if told and told[0][0] == parts[0][0] else 1
    for number, (_, share) in enumerate(told, rest):
        kind = min(number, len(_FILLS) - 1)
        edge = INK if number == 0 else "#aab2ba"
        style: dict[str, Any] = {"facecolor": _FILLS[kind], "hatch": _HATCHES[kind], "edgecolor": edge}
        area.boxes([(at, at + share)], 0, 1, linewidth=0.4, **style)
        at += share
    _label(canvas, [f"{words} {percent(share)}" for words, share in told])
    return canvas.svg("seen", ", ".join(f"{words} {percent(share)}" for words, share in parts))


def _label(canvas: Canvas, words: Sequence[str]) -> None:
    """What is measured on the left, and the rest in its order up to the right end, as far as there is room."""
    if words:
        canvas.write(0, _BAR + _BELOW * 0.6, words[0], size=SIZE)
    rest = [*words[1:]]
    while rest and not fits(" · ".join(rest) + words[0], WIDTH - 0.3, SIZE):
        rest.pop()
    canvas.write(WIDTH, _BAR + _BELOW * 0.6, " · ".join(rest), size=SIZE, color=QUIET, ha="right")
