"""The timing diagram of a clip: drawn once; then only the line of the moment moves, and the values beside the names.

On top the strongest emotion, below it a row for each action unit (0 to 5) that showed, the more and the surer the
higher, then the leading expressions (0 to 1), and how far the person's own movement is from their usual (1), where a
bundle of theirs watched. Hatched is what was not measured. Thin lines are the person's left and
right side, where they differ.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from device.arrays import Array, ByteImage, FloatArray
from device.commands.lettering import shortened, width_of, write
from device.commands.marking import (
    CALLED,
    GROUND,
    LINE,
    OF_TIER,
    ORANGE,
    PRESENT,
    SOFT,
    WHITE,
    mark_tier,
    title,
)
from device.commands.merged.columns import Relevant, Row, peaks, relevant, runs, span_of
from device.commands.merged.layout import Area
from device.commands.merged.noted import Seen
from device.commands.merged.ribbon import draw_ribbon, hatch
from device.contract.labels import ACTION_UNITS, EXPRESSIONS, SIDED_KEYS, Tier
from device.summary import words

_TEXT, _SMALL, _TINY = 16, 14, 13
_EDGE, _MARK, _VALUE, _GAP = 18, 18, 40, 12
_TOP, _RIBBON, _HEADING, _AXIS, _LEGEND = 12, 22, 24, 22, 42
_LEAST_ROW, _GOOD_ROW, _MOST_ROW = 19, 30, 40
#: From this difference on, FACS intensities, the two sides are drawn by themselves.
_DIFFER = 0.5
LEFT, RIGHT = (66, 228, 240), (167, 121, 204)  # BGR of Okabe & Ito's yellow and purple
_DASH = 8
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_TICK = 70  # pixels that two labels of the axis are apart, at least
#: Kind of row → heading, its greatest value, from which value on its name is bright, and digits.
_KINDS = {
    "units": ("Action units (AU), 0 to 5", 5.0, PRESENT, 1),
    "expressions": ("Expressions, 0 to 1", 1.0, 0.5, 2),
    "own": ("Own movement, 0 to 4 times usual", 4.0, 2.0, 1),
}


@dataclass(frozen=True)
class _Line:
    """A row and where it stands: its top and its height, pixels of the diagram."""

    row: Row
    top: int
    height: int

    @property
    def base(self) -> int:
        """The line that its name stands on."""
        return self.top + self.height - max((self.height - 12) // 2, 2)

    @property
    def name(self) -> str:
        number = self.row.number
        if self.row.kind == "own":
            return "distance"
        return title(ACTION_UNITS[number]) if self.row.kind == "units" else words(EXPRESSIONS[number])


class Diagram:
    """Of a whole clip, in an area of the film."""

    def __init__(self, rows: Array, still: bool, area: Area) -> None:
        """Draw it.

        Args:
            rows: (N,) of `noted.ROW`, at least one.
            still: whether each frame stands for a second.
            area: of the film.
        """
        self._area = area
        self._from = _EDGE + _MARK + (180 if area.width < 900 else 196) + _VALUE + _GAP
        self._form = np.full((area.height, area.width, 3), GROUND, np.uint8)
        self._span = span_of(rows["time"], still, area.width - self._from - _EDGE)
        found = relevant(rows, self._span)
        self._place(found)
        self._draw(rows)
        self._bottom = self._draw_axis()
        self._draw_legend(found)

    def draw(self, canvas: ByteImage, seen: Seen) -> None:
        """Put it on the film, with the line and the values of a moment."""
        place = self._area.of(canvas)
        place[:] = self._form
        x = self._from + self._span.column(float(seen.row["time"]))
        place[_TOP - 4 : self._bottom, x - 1 : x + 1] = WHITE
        cv2.fillPoly(place, [np.array([(x - 6, 2), (x + 5, 2), (x - 1, _TOP)], np.int32)], WHITE, cv2.LINE_AA)
        for line in self._lines:
            self._write_value(place, line, seen)

    def _place(self, found: Relevant) -> None:
        """Choose the rows that there is room for."""
        moved, others = found.moved, [*found.expressions, *found.own]
        headings = 1 + bool(found.expressions) + bool(found.own)
        used = _TOP + _RIBBON + _HEADING * headings + _AXIS + _LEGEND
        room = self._area.height - used
        most = max(room // _LEAST_ROW - len(others), 1)
        units = [*moved, *found.still, *found.never][: min(most, max(len(moved), room // _GOOD_ROW - len(others)))]
        height = min(room // max(len(units) + len(others), 1), _MOST_ROW)
        self._lines: list[_Line] = []
        self._headings: list[tuple[int, str]] = []
        top = _TOP + _RIBBON
        for (heading, *_), group in zip(_KINDS.values(), (units, found.expressions, found.own), strict=True):
            if group:
                self._headings.append((top + _HEADING - 7, heading))
                top += _HEADING
            for row in group:
                self._lines.append(_Line(row, top, height))
                top += height
        self._end = top

    def _draw(self, rows: Array) -> None:
        form = self._form
        curves = form[:, self._from : self._from + len(self._span.edges) - 1]
        write(form, _EDGE, _TOP + _RIBBON - 6, "Strongest emotion", _SMALL, WHITE)
        draw_ribbon(curves[_TOP : _TOP + _RIBBON], rows, self._span)
        for base, heading in self._headings:
            write(form, _EDGE, base, heading, _SMALL, WHITE)
            form[base + 3, _EDGE : self._from + curves.shape[1]] = LINE
        found = {kind: peaks(self._span, np.asarray(rows[kind])) for kind in (*_KINDS, "left", "right")}
        self._sided = False
        for line in self._lines:
            mark_tier(form, _EDGE + 5, line.base - 6, line.row.tier)
            write(form, _EDGE + _MARK, line.base, shortened(line.name, self._room, _TEXT), _TEXT, SOFT)
            place = curves[line.top : line.top + line.height - 2]
            values = found[line.row.kind][:, line.row.number] / _KINDS[line.row.kind][1]
            _draw_curve(place, values, line.row.tier)
            if line.row.kind == "units" and (key := ACTION_UNITS[line.row.number].key) in SIDED_KEYS:
                at = SIDED_KEYS.index(key)
                self._sided |= _draw_sides(place, found["left"][:, at], found["right"][:, at])

    @property
    def _room(self) -> int:
        """Pixels for a name."""
        return self._from - _GAP - _VALUE - _EDGE - _MARK

    def _draw_axis(self) -> int:
        """Times under the rows; where the axis is."""
        lasts_s, width = self._span.lasts_s, len(self._span.edges) - 1
        step = next((step for step in _STEPS_S if width * step / lasts_s >= _TICK), _STEPS_S[-1])
        line = self._end + 2
        self._form[line, self._from : self._from + width] = LINE
        for time_s in range(0, math.ceil(lasts_s), step):
            x = self._from + self._span.column(time_s)
            self._form[line : line + 5, x] = SOFT
            text = f"{time_s // 60}:{time_s % 60:02d}"
            left = min(max(x - width_of(text, _TINY) // 2, 0), self._area.width - width_of(text, _TINY) - 2)
            write(self._form, left, line + 17, text, _TINY, SOFT)
        return line

    def _draw_legend(self, found: Relevant) -> None:
        """What marks and lines mean, and what has no row."""
        base, x, form = self._area.height - 28, _EDGE, self._form
        for level in Tier:
            if any(line.row.tier is level for line in self._lines):
                mark_tier(form, x + 5, base - 5, level)
                x = _word(form, x + 16, base, CALLED[level])
        hatch(form[base - 11 : base + 1, x : x + 20], 0)
        _word(form, x + 26, base, "not measured")
        base, x = base + 19, _EDGE
        for colour, side in ((LEFT, "left"), (RIGHT, "right")) if self._sided else ():
            form[base - 6 : base - 4, x : x + 20] = colour
            if side == "right":
                form[base - 6 : base - 4, x + _DASH : x + _DASH * 3 // 2] = GROUND
            x = _word(form, x + 26, base, f"person's {side}")
        shown = {line.row for line in self._lines}
        told = (
            (found.moved, "No room for AU"),
            (found.still, "No movement in AU"),
            (found.never, "Never measured: AU"),
        )
        said = ". ".join(f"{what} {names}" for rows, what in told if (names := _numbers(rows, shown)))
        write(form, x, base, shortened(said, self._area.width - x - _EDGE, _SMALL), _SMALL, SOFT)

    def _write_value(self, place: ByteImage, line: _Line, seen: Seen) -> None:
        value = float(seen.row[line.row.kind][line.row.number])
        _, _, bright, digits = _KINDS[line.row.kind]
        if line.row.kind == "units" and ACTION_UNITS[line.row.number].part in seen.hidden:
            text, colour = "hid.", ORANGE
        elif math.isnan(value):
            text, colour = "-", SOFT
        else:
            text, colour = f"{value:.{digits}f}", WHITE
        write(place, self._from - _GAP - width_of(text, _TEXT), line.base, text, _TEXT, colour)
        if value >= bright:
            write(place, _EDGE + _MARK, line.base, shortened(line.name, self._room, _TEXT), _TEXT, WHITE)


def _draw_curve(place: ByteImage, shares: Array, tier: Tier) -> None:
    """Fill (H, C, 3) below the (C,) values 0–1 of the height, on a base line; hatched where there is none."""
    unknown = np.isnan(shares)
    for begin, end in runs(unknown):
        if unknown[begin]:
            hatch(place[:, begin:end], begin)
    height = np.where(unknown, 0, np.clip(shares, 0, 1)) * (place.shape[0] - 1)
    above = np.arange(place.shape[0] - 1, -1, -1)[:, None]
    cover = np.clip(height - above, 0, 1)[..., None]
    place[:] = (place * (1 - cover) + np.array(OF_TIER[tier]) * cover + 0.5).astype(np.uint8)
    place[-1, ~unknown] = OF_TIER[tier]


def _draw_sides(place: ByteImage, left: FloatArray, right: FloatArray) -> bool:
    """Both sides as lines where they differ; whether they do anywhere."""
    differ = np.abs(left - right) >= _DIFFER
    differ |= np.append(differ[1:], False) | np.append(False, differ[:-1])
    differ &= ~np.isnan(left) & ~np.isnan(right)
    for begin, end in runs(differ):
        if not differ[begin]:
            continue
        place[:, begin:end] //= 2  # so that lines stand out
        for values, colour, dash in ((left, LEFT, end - begin), (right, RIGHT, _DASH)):
            heights = (place.shape[0] - 2) * (1 - np.clip(values[begin:end], 0, 5) / 5)
            points = np.stack([np.arange(begin, end), heights], 1).round().astype(np.int32)
            dashes = [points[at : at + dash] for at in range(0, len(points), dash + _DASH // 2)]
            cv2.polylines(place, dashes, False, colour, 2 if place.shape[0] > _LEAST_ROW + 4 else 1, cv2.LINE_AA)
    return bool(differ.any())


def _numbers(rows: list[Row], but: set[Row]) -> str:
    """Of action units, in their order: `9, 20`."""
    numbers = sorted(row.number for row in rows if row not in but)
    return ", ".join(ACTION_UNITS[number].key.removeprefix("AU") for number in numbers)


def _word(form: ByteImage, x: int, base: int, text: str) -> int:
    """Write, and say where the next begins."""
    write(form, x, base, text, _SMALL, SOFT)
    return x + width_of(text, _SMALL) + 18
