"""The top of the timing diagram: the strongest emotion, and where and why something was not measured.

The colours are those of Okabe & Ito 2008 (jfly.uni-koeln.de/color), which people with any colour vision tell apart;
long stretches also bear their name.
"""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.quantities import disagree, strongest_of, withheld
from cloud.analysis.shares import CLEAR
from cloud.analysis.unseen import HIDDEN
from cloud.reading.table import Table
from cloud.reading.timeline import GAP_S, gaps, spans
from cloud.reports.summary import NOT_AGREED

COLOURS = {
    "neutral": "#c9c9c9",
    "happiness": "#e69f00",
    "surprise": "#56b4e9",
    "sadness": "#0072b2",
    "anger": "#d55e00",
    "disgust": "#009e73",
    "fear": "#cc79a7",
    "contempt": "#f0e442",
}
_NO_RECORD = "no record"
_UNCLEAR, _DISAGREE = "no clear emotion", "readings disagree: neither counted"
_WORDS: dict[str, dict[str, str]] = {"reasons": {}, "hidden": HIDDEN}
_Span = tuple[float, float, str]
_FILL, _LINES, _CROSSES, _INK = "#f6f6f6", "#b9b9b9", "#8a8a8a", "#333333"
_HATCH, _CROSS = "////", "xxxx"
_DARK = ("sadness", "anger", "disgust")
#: Width of the picture that a letter takes.
_LETTER = 0.0072
#: Width of the picture below which nothing can be told apart: about a pixel.
THIN = 0.001


def draw_ribbon(axes: Any, table: Table, bottom: float) -> None:
    """The ribbon, of height 1 from `bottom` on, reasons above it, and hatching down to 0 where nothing was measured.

    Args:
        axes: matplotlib's.
        table: of one session.
        bottom: where the ribbon stands.
    """
    width = max(float(table.time[-1]), GAP_S)
    for begin, end, reason in _joined(_gaps(table), width):
        hatch(axes, begin, end, 0, bottom + 0.95)
        write_within(axes, (begin, end), bottom + 1.05, reason, width)
    readings = list(spans(table.time, *_readings(table)))
    for name, colour in COLOURS.items():
        bars = [(begin, end - begin) for begin, end, label in readings if label == name]
        axes.broken_barh(bars, (bottom, 0.85), facecolor=colour, linewidth=0, zorder=1.9)
    for begin, end, label in _joined(readings, width):
        if label != _DISAGREE:
            edge = {"edgecolor": _LINES, "linewidth": 0.7} if label == _UNCLEAR else {}
            _box(axes, (begin, end), bottom, bottom + 0.85, facecolor=COLOURS.get(label, "white"), zorder=2, **edge)
        if label in COLOURS:
            write_within(axes, (begin, end), bottom + 0.25, label, width, "white" if label in _DARK else "black")
    if "expressions" in withheld(table):
        write_within(axes, (0, width), bottom + 0.25, NOT_AGREED, width)
    cross_out(axes, table, bottom, bottom + 0.85)
    for begin, end, label in _joined(spans(table.time, *_lists(table, "hidden")), width):
        axes.plot([begin, end], [bottom + 1.0] * 2, color=_INK, linewidth=1.4, solid_capstyle="butt")
        write_within(axes, (begin, end), bottom + 1.05, label, width)


def hatch(axes: Any, begin: float, end: float, bottom: float, top: float) -> None:
    """Grey hatching: not measured."""
    _box(axes, (begin, end), bottom, top, facecolor=_FILL, edgecolor=_LINES, hatch=_HATCH, zorder=0.6)


def cross_out(axes: Any, table: Table, bottom: float, top: float) -> None:
    """Crosses where the readings disagree."""
    differ = spans(table.time, np.where(disagree(table), 0, -1), [_DISAGREE])
    for begin, end, _ in _joined(differ, float(table.time[-1])):
        _box(axes, (begin, end), bottom, top, facecolor="white", edgecolor=_CROSSES, hatch=_CROSS, zorder=0.7)


def key_of(table: Table) -> list[Any]:
    """What the legend has to say of the ribbon: only what occurs."""
    from matplotlib.lines import Line2D  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    numbers, names = _readings(table)
    readings = {names[number] for number in np.unique(numbers) if number >= 0}
    known = [Patch(color=colour, label=name) for name, colour in COLOURS.items() if name in readings]
    unclear = [Patch(facecolor="white", edgecolor=_LINES, label=_UNCLEAR)] if _UNCLEAR in readings else []
    crossed = Patch(facecolor="white", edgecolor=_CROSSES, hatch=_CROSS, linewidth=0, label=_DISAGREE)
    reasons, hidden = ({word for words in _lists(table, path)[1] for word in words.split(", ")} for path in _WORDS)
    if len(gaps(table.time)):
        reasons.add(_NO_RECORD)
    words = ": ".join(filter(None, ["not measured", ", ".join(sorted(reasons | hidden))]))
    hatched = Patch(facecolor=_FILL, edgecolor=_LINES, hatch=_HATCH, linewidth=0, label=words)
    bar = [Line2D([], [], color=_INK, linewidth=1.4, label="a part of the face hidden")] if hidden else []
    return [*known, *unclear, *([crossed] if _DISAGREE in readings else []), *bar, hatched]


def _readings(table: Table) -> tuple[NDArray[np.intp], list[str]]:
    """(N,) number of the strongest emotion of each row, or of why none is counted, and what the numbers mean; -1 where
    there is no reading at all."""
    strongest = strongest_of(table, "emotions", CLEAR)
    names = [*strongest.names, _UNCLEAR, _DISAGREE]
    unclear = table.known("emotions") & (strongest.numbers < 0)
    numbers = np.where(unclear, names.index(_UNCLEAR), strongest.numbers)
    return np.where(disagree(table), names.index(_DISAGREE), numbers), names


def _lists(table: Table, path: str) -> tuple[NDArray[np.intp], list[str]]:
    """(N,) number of what each row lists, in words, and the words; -1 where it lists nothing."""
    numbers, lists = table.lists(path)
    return numbers, [", ".join(_WORDS[path].get(name, name.replace("_", " ")) for name in names) for names in lists]


def _gaps(table: Table) -> Iterator[_Span]:
    """Begin, end and reason of what was not measured, from the last row before it on."""
    times = table.time
    for gap in gaps(times):
        yield float(times[gap]), float(times[gap + 1]), _NO_RECORD
    for begin, end, reason in spans(times, *_lists(table, "reasons")):
        before = times[(times < begin) & (times >= begin - GAP_S)]
        yield float(before[-1]) if len(before) else begin, end, reason


def _joined(found: Iterable[_Span], width: float) -> list[_Span]:
    """Spans of one label as one where nobody could see what is between them, the longest first; without those that
    nobody could see, or that are more gap than span."""
    runs: dict[str, list[list[_Span]]] = {}
    for span in found:
        of_label = runs.setdefault(span[2], [])
        if of_label and span[0] - of_label[-1][-1][1] < width * THIN:
            of_label[-1].append(span)
        else:
            of_label.append([span])
    joined = [
        (run[0][0], run[-1][1], label) for label, of_label in runs.items() for run in of_label if _seen(run, width)
    ]
    return sorted(joined, key=lambda span: span[0] - span[1])


def _seen(run: list[_Span], width: float) -> bool:
    whole = run[-1][1] - run[0][0]
    return whole > width * THIN and sum(end - begin for begin, end, _ in run) > whole / 2


def _box(axes: Any, span: tuple[float, float], bottom: float, top: float, **style: Any) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415  # heavy; only pictures need it

    axes.add_patch(Rectangle((span[0], bottom), span[1] - span[0], top - bottom, **{"linewidth": 0} | style))


def write_within(
    axes: Any, span: tuple[float, float], height: float, text: str, width: float, colour: str = _INK
) -> None:
    """Write in the middle of the span, in up to two lines, if there is room."""
    letters = int((span[1] - span[0]) / width / _LETTER)
    lines = wrap(text, max(letters, 1), break_long_words=False)
    if len(lines) <= 2 and max(map(len, lines)) <= letters:
        style = {"ha": "center", "va": "bottom", "fontsize": 7.5, "linespacing": 1.0}
        axes.text(sum(span) / 2, height, "\n".join(lines), color=colour, zorder=3, **style)
