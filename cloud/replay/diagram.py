"""The timing diagram of a part of a session, drawn once by matplotlib; a film moves a line over it.

It is drawn in pixels of the film, so that the line stands where it belongs. Colours are those of the reports.
"""

from textwrap import shorten
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.plain import clock
from cloud.face.track import LEADING, Track
from cloud.reading.timeline import Values
from cloud.replay.columns import peaks, runs, standing
from cloud.replay.lettering import Picture
from cloud.replay.part import Part
from cloud.replay.rows import Row
from cloud.reports.ribbon import COLOURS
from device.contract.labels import Tier

#: Pixels: of the plot, and from its upper edge to the ribbon and to the first row.
WIDTH, HEIGHT = 500, 566
PHASES, RIBBON, ROWS = (2, 20), (26, 46), 56
_AXIS, _MOST_ROW, _GAP, _TITLE = 26, 44, 5, 20
_KINDS = {"aus": "#0072b2", "expressions": "#d55e00"}
_SIDES = (("#e69f00", "-"), ("#111111", ":"))
_STRENGTH = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 0.55, Tier.EXPERIMENTAL: 0.3}
_FILLS, _EDGE, _QUIET, _LINES, _UNSEEN = ("#e4e4e4", "#f4f4f4"), "#8a8a8a", "#5b5b5b", "#b9b9b9", "#f6f6f6"
_DARK = ("sadness", "anger", "disgust")
_LETTER, _SMALL, _DIFFER, _PALE, _TICK = 5.8, 7.0, 0.5, 0.45, 64
_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


class Diagram:
    """Of one part.

    Attributes:
        picture: (HEIGHT, WIDTH, 3) RGB.
        bases: of each row, where its name stands, pixels below the upper edge.
        titles: base lines of the kinds of rows.
    """

    def __init__(self, track: Track, rows: list[Row], part: Part) -> None:
        self._track, self._part = track, part
        self._edges = np.linspace(part.begin_s, part.end_s, WIDTH + 1)
        self._tops, self._height, self.titles = _placed(rows)
        self.bases = [top + self._height // 2 + 4 for top in self._tops]
        figure, axes = _canvas()
        self._draw_grid(axes)
        for row, top in zip(rows, self._tops, strict=True):
            self._draw_row(axes, row, top)
        if not rows:
            _hatch(axes, 0, WIDTH, ROWS, self.bottom)
        self._draw_ribbon(axes)
        self._draw_session(axes)
        figure.canvas.draw()
        self.picture: Picture = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()

    @property
    def bottom(self) -> int:
        """Where the rows end."""
        return HEIGHT - _AXIS

    def column(self, at_s: float) -> int:
        """Where a moment is, pixels from the left edge of the plot."""
        share = (at_s - self._part.begin_s) / (self._part.end_s - self._part.begin_s)
        return min(max(int(share * WIDTH), 0), WIDTH - 1)

    def _draw_row(self, axes: Any, row: Row, top: int) -> None:
        bottom = top + self._height - _GAP
        room = bottom - top
        shown = self._columns(row.values)
        for begin, end in runs(np.isnan(shown)):
            if np.isnan(shown[begin]):
                _hatch(axes, begin, end, top, bottom)
        along = np.arange(WIDTH) + 0.5
        heights = bottom - room * np.clip(shown / row.top, 0, 1)
        look = {"color": _KINDS[row.kind], "linewidth": 0, "step": "mid"}
        differ = self._differ(row)
        for where, strength in ((~differ, 1.0), (differ, _PALE)):
            axes.fill_between(along, bottom, heights, where=where, alpha=_STRENGTH[row.tier] * strength, **look)
        axes.plot(along, np.where(np.isnan(shown), np.nan, bottom), color=_KINDS[row.kind], linewidth=0.7)
        if row.sides:
            for values, (colour, style) in zip(map(self._columns, row.sides), _SIDES, strict=True):
                of_side = np.where(differ, bottom - room * np.clip(values / row.top, 0, 1), np.nan)
                axes.plot(along, of_side, color=colour, ls=style, linewidth=1.2)

    def _differ(self, row: Row) -> NDArray[np.bool_]:
        """(C,) whether the two sides are worth lines of their own."""
        if row.sides is None:
            return np.zeros(WIDTH, bool)
        left, right = map(self._columns, row.sides)
        apart: NDArray[np.bool_] = np.abs(left - right) >= _DIFFER
        return apart

    def _columns(self, values: Values) -> Values:
        return peaks(self._track.times, self._track.ends, values, self._edges)

    def _draw_ribbon(self, axes: Any) -> None:
        """The strongest expression; where there is none, why."""
        track, middles = self._track, (self._edges[:-1] + self._edges[1:]) / 2
        rows = standing(track.times, track.ends, middles)
        names = (*LEADING, *track.words[1:], "no data came")
        unknown = np.where(track.why > 0, len(LEADING) + track.why - 1, -1)
        labels = np.where(rows >= 0, np.where(track.leading >= 0, track.leading, unknown)[rows], len(names) - 1)
        for begin, end in runs(labels):
            label = int(labels[begin])
            name = names[label] if label >= 0 else ""
            if name in COLOURS:
                _box(axes, begin, end, *RIBBON, facecolor=COLOURS[name])
            elif name == LEADING[-2]:
                _box(axes, begin, end, *RIBBON, facecolor="white", edgecolor=_LINES)
            else:
                _hatch(axes, begin, end, *RIBBON, crossed=name == LEADING[-1])
            _within(axes, begin, end, RIBBON, name, "white" if name in _DARK else "black")

    def _draw_session(self, axes: Any) -> None:
        """Phases, and what was shown or asked, or marked."""
        session = self._track.session
        for number, phase in enumerate(session.phases):
            if phase.end_s > self._part.begin_s and phase.begin_s < self._part.end_s:
                begin, end = self.column(phase.begin_s), self.column(phase.end_s) + 1
                _box(axes, begin, end, *PHASES, facecolor=_FILLS[number % 2], edgecolor=_EDGE)
                _within(axes, begin, end, PHASES, phase.name, "black")
        for moments, marker in ((session.stimuli, "v"), (session.marks, "^")):
            within = [self.column(one.at_s) for one in moments if self._part.begin_s <= one.at_s <= self._part.end_s]
            axes.plot(within, [PHASES[1] + 2] * len(within), marker, color="#333333", markersize=5, zorder=4)

    def _draw_grid(self, axes: Any) -> None:
        """Times, and a line down from each."""
        span_s = self._part.end_s - self._part.begin_s
        step = next((step for step in _STEPS_S if WIDTH * step / span_s >= _TICK), _STEPS_S[-1])
        first = int(np.ceil(self._part.begin_s / step - 1e-9))
        for number in range(first, int(np.floor(self._part.end_s / step)) + 1):
            x, at_s = self.column(number * step), number * step
            axes.plot([x, x], [ROWS, self.bottom], color="#ececec", linewidth=0.8, zorder=0.2)
            aligned = "left" if x < 14 else "right" if x > WIDTH - 14 else "center"
            text = clock(at_s, tenths=step < 1)
            axes.text(x, self.bottom + 15, text, fontsize=_SMALL + 1, color=_QUIET, ha=aligned)
        axes.plot([0, WIDTH], [self.bottom] * 2, color=_LINES, linewidth=0.8)


def _placed(rows: list[Row]) -> tuple[list[int], int, dict[str, int]]:
    """Where each row begins, how high all of them are, and where the title of each kind stands."""
    kinds = list(dict.fromkeys(row.kind for row in rows))
    room = HEIGHT - _AXIS - ROWS - _TITLE * len(kinds)
    height = min(room // max(len(rows), 1), _MOST_ROW)
    tops, titles, at = [], {}, ROWS
    for row in rows:
        if row.kind not in titles:
            titles[row.kind] = at + _TITLE - 7
            at += _TITLE
        tops.append(at)
        at += height
    return tops, height, titles


def _canvas() -> tuple[Any, Any]:
    """A figure and axes, in pixels, y downwards."""
    from matplotlib import rc_context  # noqa: PLC0415  # heavy; only films and reports need it
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context({"hatch.linewidth": 0.7}):
        figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(HEIGHT, 0)
    axes.set_axis_off()
    return figure, axes


def _box(axes: Any, begin: int, end: int, top: int, bottom: int, **style: Any) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    look = {"linewidth": 0.7 if "edgecolor" in style else 0, "zorder": 2} | style
    axes.add_patch(Rectangle((begin, top), end - begin, bottom - top, **look))


def _hatch(axes: Any, begin: int, end: int, top: int, bottom: int, crossed: bool = False) -> None:
    hatch = "xxxxx" if crossed else "/////"
    _box(axes, begin, end, top, bottom, facecolor=_UNSEEN, edgecolor=_LINES, hatch=hatch, linewidth=0, zorder=0.6)


def _within(axes: Any, begin: int, end: int, span: tuple[int, int], text: str, colour: str) -> None:
    """Write in the middle, if there is room for more than a letter or two."""
    letters = int((end - begin - 6) / _LETTER)
    said = text if len(text) <= letters else shorten(text, letters, placeholder="…") if letters > 5 else ""
    if said and said != "…":
        style = {"ha": "center", "va": "center", "fontsize": _SMALL + 0.5, "zorder": 3}
        axes.text((begin + end) / 2, sum(span) / 2, said, color=colour, **style)
