"""How often each facial action had which intensity, with the level taken for rest and the threshold above it."""

from collections.abc import Mapping

import numpy as np

from cloud.analysis.density import Density
from cloud.reports.figures.canvas import BLUE, INK, RULE, SMALL, VERMILLION, WIDTH, Area, Canvas

_ACROSS, _GAP, _INSET = 3, 0.22, 0.05
_DECADES = 3
_HIGH, _TITLE, _FOOT = 0.62, 0.2, 0.27


def draw(found: Mapping[str, Density], names: Mapping[str, str]) -> str:
    """SVG of small pictures, three in a row."""
    rows = -(-len(found) // _ACROSS)
    each = _TITLE + _HIGH + _FOOT
    canvas = Canvas(rows * each)
    wide = (WIDTH - _GAP * (_ACROSS - 1)) / _ACROSS
    for number, (key, one) in enumerate(found.items()):
        left, top = number % _ACROSS * (wide + _GAP), number // _ACROSS * each
        canvas.write(left, top + 0.09, names[key], weight="bold", size=SMALL)
        _draw(canvas.area(left + _INSET, top + _TITLE, wide - 2 * _INSET, _HIGH, (0, 5)), one)
    said = "; ".join(f"{key}: rest {one.rest:.2f}, threshold {one.on:.2f}" for key, one in found.items())
    return canvas.svg("densities", said)


def _draw(area: Area, one: Density) -> None:
    """Heights by their logarithm, so that what is rare can be seen beside rest."""
    with np.errstate(divide="ignore"):
        heights = np.clip(1 + np.log10(one.y / max(float(one.y.max()), 1e-9)) / _DECADES, 0, 1)
    area.fill(one.x[::2], 0, heights[::2], color=BLUE, alpha=0.3)
    area.line(one.x[::2], heights[::2], color=BLUE, linewidth=0.8)
    area.horizontals([0], color=RULE, linewidth=0.6)
    for at in (0, 1, 3, 5):
        area.text(at, 0, f"{at}", below=0.09, size=7.2)
    if one.found_rest:
        area.verticals([one.rest], color=INK, linewidth=0.9, linestyle=(0, (1, 1.5)))
    area.verticals([one.on], color=VERMILLION, linewidth=1.1)
    area.text(5, 0.95, f"{'' if one.found_rest else 'no rest found; '}from {one.on:.2f} on", size=7.2, ha="right")
