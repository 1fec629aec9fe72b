"""Where the face moved: the heat map on the digital face, and beside it for how long each facial action was there."""

from collections.abc import Mapping

import numpy as np

from cloud.analysis.plain import percent
from cloud.face.heat import colour_table, heat_map, top_of
from cloud.reports.figures.canvas import QUIET, SMALL, WIDTH, Area, Canvas
from cloud.reports.summary import name_of

_FACE, _SIZE = 2.75, 520
_LEFT, _ROW, _MOST = 4.75, 0.182, 14
_BARS = ("#0072b2", "#9ecae8")
_LEAST = 0.005


def draw(activity: Mapping[str, float]) -> str:
    """SVG of the shares of measured time in which targets of the face were present."""
    shown = sorted(_by_unit(activity).items(), key=lambda one: -max(one[1]))[:_MOST]
    shown = [one for one in shown if max(one[1]) >= _LEAST]
    canvas = Canvas(max(_FACE + 0.42, 0.5 + _ROW * len(shown)))
    canvas.area(0, 0, _FACE, _FACE).image(heat_map(activity, _SIZE), smooth=True)
    _scale(canvas, top_of(activity))
    canvas.write(_FACE + 0.25, 0.1, "Present, of the time in which it was measured", weight="bold")
    sided = any(abs(left - right) >= _LEAST for _, (left, right) in shown)
    if sided:
        canvas.write(_FACE + 0.25, 0.27, "upper bar: their left side; lower: their right", size=SMALL, color=QUIET)
    most = max([max(both) for _, both in shown] or [1.0])
    area = canvas.area(_LEFT, 0.4, WIDTH - _LEFT - 0.45, _ROW * max(len(shown), 1), (0, most), (len(shown) or 1, 0))
    for row, (key, both) in enumerate(shown):
        canvas.write(_FACE + 0.25, 0.4 + _ROW * (row + 0.5), name_of(key))
        _bars(area, row, both)
    if not shown:
        canvas.write(_FACE + 0.25, 0.5, "Nothing was present for as much as half a per cent.", color=QUIET)
    return canvas.svg("heat", "; ".join(f"{name_of(key)} {percent(max(both))}" for key, both in shown))


def _by_unit(activity: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Left and right share of each facial action; the eyes' directions are told elsewhere."""
    found: dict[str, tuple[float, float]] = {}
    for target in (one for one in activity if one.startswith("AU")):
        key = target.partition("_")[0]
        left = activity.get(f"{key}_L", activity.get(key, np.nan))
        found[key] = (left, activity.get(f"{key}_R", left))
    return found


def _bars(area: Area, row: int, both: tuple[float, float]) -> None:
    left, right = both
    if abs(left - right) < _LEAST:
        area.boxes([(0, left)], row + 0.82, row + 0.2, color=_BARS[0])
    else:
        area.boxes([(0, left)], row + 0.5, row + 0.16, color=_BARS[0])
        area.boxes([(0, right)], row + 0.86, row + 0.52, color=_BARS[1])
    area.text(max(both), row + 0.5, percent(max(both)), right=0.06, ha="left")


def _scale(canvas: Canvas, top: float) -> None:
    bar = canvas.area(0.55, _FACE + 0.1, _FACE - 1.1, 0.09)
    bar.image(colour_table()[None])
    bar.text(0, 0.5, "0", right=-0.07, ha="right")
    bar.text(1, 0.5, percent(top), right=0.06, ha="left")
    canvas.write(_FACE / 2, _FACE + 0.31, "share of the measured time", size=SMALL, color=QUIET, ha="center")
