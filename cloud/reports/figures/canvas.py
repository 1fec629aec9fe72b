"""What all pictures of a report share: one width, so that their type has one size; time axes; and how they become SVG.

Type stays text, in the page's own font; matplotlib knows no more of it than that its letters are narrower than those
it measures with. Colours are those of Okabe & Ito 2008, and whatever is told by colour is told by lightness, too, so
that a grey print says the same.
"""

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from cloud.reading.table import Table
from cloud.reading.timeline import GAP_S, Values

#: Of the text of a page, in inches: A4 with margins of 18 mm.
WIDTH = 6.85
INK, QUIET, RULE, FAINT = "#1c2127", "#5b6570", "#c9cfd6", "#eef1f4"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9"
#: Points: of labels, and of what stands beside.
SIZE, SMALL = 8.6, 7.8
#: What hatches what is not known, and how far apart across its lines are, inches.
HATCH, EVERY = "#c4cad1", 4.8 / 72
FONT = "Affectbox Report"
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 11
#: What stands alone in a group of its own: each group costs whoever draws it again.
_ALONE = re.compile(r'<g id="[^"]*">\s*(<(?:path|text|image)\b[^>]*?(?:/>|>[^<]*</text>))\s*</g>')
_LETTER = 0.48  # of the size of the type, the width of an average letter


@dataclass(frozen=True, eq=False)
class Timeline:
    """The time axis of a session.

    Attributes:
        lasted_s: seconds from the first record to the end of the last one.
        began: the first record's time of day, seconds since 1970; None where nobody knows.
    """

    lasted_s: float
    began: float | None

    def ticks(self, most: int = _MOST_TICKS) -> list[tuple[float, str, str]]:
        """Where a label stands, seconds, and what it says: the time in the session, and the time of day."""
        step = next((step for step in _STEPS_S if self.lasted_s / step <= most), _STEPS_S[-1])
        return [(float(at), *self._label(float(at), step)) for at in np.arange(0, self.lasted_s, step)]

    def _label(self, at_s: float, step: int) -> tuple[str, str]:
        minutes = f"{at_s / 60:.0f}" if step >= 60 else f"{int(at_s // 60)}:{at_s % 60:02.0f}"
        return minutes, "" if self.began is None else time_of_day(self.began + at_s, seconds=step < 60)

    @property
    def unit(self) -> str:
        """What the labels count."""
        return "min" if self.lasted_s > _MOST_TICKS * 30 else "min:s"


def timeline(table: Table) -> Timeline:
    """The time axis of a table of one session, of at least one row."""
    first = float(table.wall[0])
    lasted = float(table.time[-1] + table.durations[-1])
    return Timeline(max(lasted, GAP_S), None if math.isnan(first) else first)


def time_of_day(at_s: float, seconds: bool = False) -> str:
    """`15:04` of seconds since 1970, in the time zone of this machine; '' where no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(at_s).astimezone():{'%H:%M:%S' if seconds else '%H:%M'}}"
    except (ValueError, OverflowError, OSError):
        return ""


def columns(times: Values, values: Values, edges: Values) -> tuple[Values, Values, Values]:
    """Least, mean and greatest of values (N,) between edges (C + 1,), each (C,); NaN where none is known."""
    count = len(edges) - 1
    known = ~np.isnan(values)
    at = np.clip(np.searchsorted(edges, times[known], "right") - 1, 0, count - 1)
    values = values[known]
    first = np.flatnonzero(np.diff(at, prepend=-1))
    least, mean, greatest = (np.full(count, np.nan) for _ in range(3))
    if len(values):
        there = at[first]
        least[there] = np.minimum.reduceat(values, first)
        greatest[there] = np.maximum.reduceat(values, first)
        mean[there] = np.add.reduceat(values, first) / np.diff(first, append=len(values))
    return least, mean, greatest


@dataclass(frozen=True, eq=False)
class Area:
    """A part of a figure with scales of its own. All of a figure stands in one pair of matplotlib's axes, for each
    pair costs as much as all that is drawn in it.

    Attributes:
        paper: matplotlib's axes, in inches from the left and upper edges.
        left, top, width, height: of the area, inches.
        x, y: what its left and right, and its lower and upper ends stand for.
    """

    paper: Any
    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: Any) -> Any:
        """Inches from the left."""
        low, high = self.x
        return self.left + (np.clip(x, low, high) - low) / (high - low) * self.width

    def down(self, y: Any) -> Any:
        """Inches from above."""
        low, high = self.y
        return self.top + (high - np.clip(y, min(low, high), max(low, high))) / (high - low) * self.height

    def line(self, x: Any, y: Any, **style: Any) -> None:
        """A line, broken where a value is NaN."""
        self.paper.plot(
            self.across(x), self.down(y), **{"linewidth": 0.9, "solid_joinstyle": "round", "clip_on": False} | style
        )

    def fill(self, x: Any, low: Any, high: Any, **style: Any) -> None:
        """What is between two lines."""
        self.paper.fill_between(
            self.across(x), self.down(low), self.down(high), **{"linewidth": 0, "clip_on": False} | style
        )

    def boxes(self, spans: Iterable[tuple[float, float]], low: float, high: float, **style: Any) -> None:
        """From begin to end of each span, so high."""
        found = [(float(self.across(begin)), float(self.across(end))) for begin, end in spans]
        upper, lower = float(self.down(high)), float(self.down(low))
        if found:
            wide = [(begin, end - begin) for begin, end in found]
            self.paper.broken_barh(wide, (upper, lower - upper), **{"linewidth": 0, "clip_on": False} | style)

    def hatch(self, spans: Iterable[tuple[float, float]], low: float, high: float, every: float, **style: Any) -> None:
        """Slanting lines from begin to end of each span, so high, this many inches apart across; falling if negative.
        They are lines of the picture: patterns cost much of whoever draws them again."""
        upper, lower = sorted((float(self.down(high)), float(self.down(low))))
        ends: list[tuple[float, float]] = []
        for begin, end in spans:
            ends += _slanting((float(self.across(begin)), float(self.across(end))), (upper, lower), every)
        x, y = zip(*ends, strict=True) if ends else ((), ())
        self.paper.plot(x, y, **{"linewidth": 1.0, "solid_capstyle": "butt", "clip_on": False} | style)

    def verticals(self, x: Iterable[float], **style: Any) -> None:
        """Lines from below to above."""
        several = [at for one in x for at in (one, one, np.nan)]
        ends = [at for _ in range(len(several) // 3) for at in (*self.y, np.nan)]
        self.line(several, ends, **style)

    def horizontals(self, y: Iterable[float], **style: Any) -> None:
        """Lines from left to right."""
        several = [at for one in y for at in (one, one, np.nan)]
        ends = [at for _ in range(len(several) // 3) for at in (*self.x, np.nan)]
        self.line(ends, several, **style)

    def image(self, picture: Any, smooth: bool = False) -> None:
        """A picture over all of it."""
        place = (self.left, self.left + self.width, self.top + self.height, self.top)
        how = "bilinear" if smooth else "none"
        self.paper.imshow(picture, aspect="auto", interpolation=how, extent=place, clip_on=False)

    def text(self, x: float, y: float, text: str, right: float = 0.0, below: float = 0.0, **style: Any) -> None:
        """Text at a point, or so many inches to the right of it and below."""
        own = {"size": SMALL, "color": QUIET, "ha": "center", "va": "center"} | style
        self.paper.text(float(self.across(x)) + right, float(self.down(y)) + below, text, **own)

    def times(self, line: "Timeline") -> None:
        """Below it the minutes of the session, and the time of day."""
        for at, minutes, day in line.ticks():
            self.text(at, self.y[0], minutes, below=0.11)
            if day:
                self.text(at, self.y[0], day, below=0.25)
        self.text(self.x[0], self.y[0], line.unit, right=-0.16, below=0.11, ha="right")

    def scale(self, ticks: Sequence[float]) -> None:
        """Below it these values of x, with a fine line at each."""
        self.verticals(ticks, color=RULE, linewidth=0.5, zorder=0.5)
        for at in ticks:
            self.text(at, self.y[0], number(at), below=0.1)


class Canvas:
    """A figure, in which all is placed in inches from its left and upper edges."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        from matplotlib.figure import Figure  # noqa: PLC0415  # heavy; only documents need it

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height))
        self.paper = self.figure.add_axes((0, 0, 1, 1))
        self.paper.set_axis_off()
        self._hold()

    def area(self, left: float, top: float, width: float, height: float, x: Any = (0, 1), y: Any = (0, 1)) -> Area:
        """A part of it with scales of its own."""
        return Area(self.paper, left, top, width, height, x, y)

    def write(self, left: float, top: float, text: str, **style: Any) -> None:
        """Text whose middle stands so far below the upper edge, in inches."""
        own: dict[str, Any] = {"size": SIZE, "color": INK, "ha": "left", "va": "center"} | style
        self.paper.text(left, top, text, **own)

    def svg(self, name: str, description: str) -> str:
        """The figure as an `<svg>` element for a page; `name` keeps its ids apart from those of other figures."""
        self._hold()
        return _svg(self.figure, name, description)

    def _hold(self) -> None:
        self.paper.set_xlim(0, self.width)
        self.paper.set_ylim(self.height, 0)


def _slanting(across: tuple[float, float], down: tuple[float, float], every: float) -> Iterator[tuple[float, float]]:
    """Begin and end of each line of a hatching in this box, and a break; all boxes of a figure share their lines."""
    (left, right), (upper, lower) = across, down
    way = 1 if every > 0 else -1  # of x + y (rising), or of x - y (falling), which is the same all along a line
    first, last = sorted((way * upper, way * lower))
    for at in np.arange(math.ceil((left + first) / abs(every)), (right + last) / abs(every)) * abs(every):
        begin, end = max(left, at - last), min(right, at - first)
        if begin < end:
            yield from ((begin, way * (at - begin)), (end, way * (at - end)), (math.nan, math.nan))


def number(value: float) -> str:
    """`0.25`, `−10`."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def wide_of(text: str, size: float = SMALL) -> float:
    """About how wide text is, in inches."""
    return len(text) * size * _LETTER / 72


def fits(text: str, inches: float, size: float = SMALL) -> bool:
    """Whether text has room in a line."""
    return wide_of(text, size) <= inches


def _svg(figure: Any, name: str, description: str) -> str:
    import matplotlib as mpl  # noqa: PLC0415

    drawn = io.StringIO()
    own: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": name}
    with mpl.rc_context(own):
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    text = drawn.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text[text.index("<svg") :], flags=re.S)
    text = _ALONE.sub(r"\1", text)
    text = re.sub(r"font-family: [^;\"]*", f"font-family: '{FONT}', sans-serif", text)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{name}-", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{_attribute(description)}"', 1)


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
