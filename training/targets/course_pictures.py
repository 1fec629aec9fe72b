"""Pictures of time courses: both groups or phases with intervals, and under them where clusters are."""

import io
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from training.targets.clusters import CAUTION
from training.targets.contrast import ALPHA
from training.targets.over_time import OverTime
from training.targets.words import SIMULATED

#: The first and the second: apart in colour, in lightness, and as dashes and a line.
FIRST, SECOND, INK, SOFT, PAPER = "#5b6570", "#b84a00", "#1c2127", "#5b6570", "#ffffff"
_COLUMNS = 2
_ROW, _PLOT, _ABOVE, _BELOW = 2.5, 1.6, 0.9, 0.7  # inches


def courses_page(over: OverTime, suffix: str) -> bytes:
    """The courses that are shown, as PNG or SVG (`.png`, `.svg`)."""
    shown, asked = over.shown, over.units.asked
    high = _ROW * -(-len(shown) // _COLUMNS) + _ABOVE + _BELOW
    figure = Figure(figsize=(9.6, high), dpi=150, facecolor=PAPER)
    title = f"{asked.second} beside {asked.first}, over time"
    figure.text(0.02, 1 - 0.3 / high, title, fontsize=14, color=INK, weight="bold", va="center")
    figure.text(0.02, 0.12 / high, "\n".join(_notes(over)), fontsize=8.5, color=SOFT, va="bottom", linespacing=1.4)
    for place, at in enumerate(shown):
        row, column = divmod(place, _COLUMNS)
        bottom = 1 - (_ABOVE + _ROW * row + _PLOT) / high
        axes = figure.add_axes((0.07 + 0.49 * column, bottom, 0.41, _PLOT / high), facecolor=PAPER)
        lines = _course(axes, over, *at)
        if not place:
            figure.legend(
                handles=lines, loc="upper right", bbox_to_anchor=(0.98, 1 - 0.08 / high), ncols=2, frameon=False
            )
    held = io.BytesIO()
    figure.savefig(held, format=suffix.removeprefix("."), facecolor=PAPER)
    return held.getvalue()


def _notes(over: OverTime) -> Iterator[str]:
    if over.rows[0].simulated:
        yield SIMULATED
    every = len(over.units.phases) * len(over.units.points)
    yield f"Of {every} courses, the {len(over.shown)} that come nearest to differing are shown."
    yield "Lines: means; shaded: their 95 % interval, each bin by itself."
    if any(_differs(over, *at).any() for at in over.shown):
        yield "Bars at the foot: clusters that differ (TFCE, p adjusted for all units, phases and bins)."
        yield CAUTION
    else:
        yield "No cluster differs for certain (TFCE, p adjusted for all units, phases and bins)."


def _differs(over: OverTime, s: int, k: int) -> NDArray[np.bool_]:
    """(T,) where."""
    return np.asarray(np.nan_to_num(over.units.p_tfce[s, k], nan=1.0) <= ALPHA)


def _course(axes: Axes, over: OverTime, s: int, k: int) -> list[Line2D]:
    """Draw a course of a phase and a unit; the lines of both."""
    units, scale = over.units, 1 if over.axis == "s" else 100
    edges = np.array(over.bins) * scale
    bins = [row for row in over.rows if row.phase == units.phases[s] and row.point == units.points.keys[k]]
    lines = []
    for side, colour, style in (("first", FIRST, (0, (4, 2))), ("second", SECOND, "solid")):
        low, mean, high = (np.array([getattr(row, f"{of}_{side}") for row in bins]) for of in ("low", "mean", "high"))
        middles = (edges[1:] + edges[:-1]) / 2
        axes.fill_between(middles, low, high, color=colour, alpha=0.16, linewidth=0)
        label = getattr(units.asked, side)
        lines += axes.plot(middles, mean, color=colour, linestyle=style, linewidth=1.8, label=label)
    top = axes.get_ylim()[1]
    axes.set_ylim(-0.1 * top, top)
    for at in np.flatnonzero(_differs(over, s, k)):
        axes.axvspan(edges[at], edges[at + 1], 0.0, 0.05, color=INK, linewidth=0)
    axes.set_xlim(edges[0], edges[-1])
    title = f"{units.points.keys[k]} {units.points.names[k].partition(' (')[0]}, {units.phases[s]}"
    axes.set_title(title, fontsize=10, color=INK, loc="left")
    _plain(axes, "s since the phase began" if scale == 1 else "% of the phase")
    return lines


def _plain(axes: Axes, across: str) -> None:
    axes.set_xlabel(across, fontsize=8.5, color=SOFT)
    axes.set_ylabel("intensity 0–5", fontsize=8.5, color=SOFT)
    axes.tick_params(labelsize=8, colors=SOFT)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color("#c9ced4")
