"""Carpets as one picture: a row for each thing, a column for each stretch of time, the darker the more; hatched where
nothing was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.reading.timeline import Values

Pixels = NDArray[np.uint8]
#: Pixels of a picture's width, of a row, and of the gap below it.
ACROSS, ROW, GAP = 1800, 22, 3
_PERIOD, _LINE = 12, 2
_HATCHED, _HATCH = (250, 250, 250), (186, 192, 199)


@dataclass(frozen=True)
class Ramp:
    """Colours from nothing to the most: through `anchors`, each darker than the one before."""

    anchors: tuple[tuple[int, int, int], ...]

    def colours(self, shares: Values) -> Pixels:
        """(N, 3) colours of shares (N,), 0 to 1."""
        at = np.linspace(0, 1, len(self.anchors))
        parts = [np.interp(np.nan_to_num(shares), at, [one[part] for one in self.anchors]) for part in range(3)]
        return np.stack(parts, axis=-1).round().astype(np.uint8)


BLUES = Ramp(((240, 244, 248), (158, 202, 232), (0, 114, 178), (0, 44, 82)))
REDS = Ramp(((248, 243, 239), (246, 186, 142), (213, 94, 0), (90, 34, 0)))
GREENS = Ramp(((239, 246, 243), (150, 214, 192), (0, 142, 104), (0, 56, 42)))
GREYS = Ramp(((244, 244, 245), (190, 194, 199), (110, 117, 125), (30, 34, 40)))


def carpet(rows: Sequence[tuple[Pixels, NDArray[np.bool_]]]) -> Pixels:
    """(H, W, 4) picture of rows: the colours of columns (C, 3) and where something was measured (C,)."""
    count = len(rows[0][1])
    wide = -(-ACROSS // count)
    picture = np.zeros((len(rows) * (ROW + GAP), count * wide, 4), np.uint8)
    for number, (colours, known) in enumerate(rows):
        here = picture[number * (ROW + GAP) : number * (ROW + GAP) + ROW]
        here[..., :3] = np.repeat(colours, wide, axis=0)
        here[..., 3] = 255
        hatched = _hatching(count * wide)
        unknown = np.repeat(~known, wide)
        here[:, unknown, :3] = hatched[:, unknown]
    return picture


def _hatching(width: int) -> Pixels:
    y, x = np.mgrid[0:ROW, 0:width]
    lines = (x + y) % _PERIOD < _LINE
    return np.where(lines[..., None], np.array(_HATCH, np.uint8), np.array(_HATCHED, np.uint8))
