"""From values over time to the columns of a picture, and which rows are worth their room."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from device.arrays import Array, FloatArray
from device.commands.marking import PRESENT, WITHHELD
from device.contract.labels import ACTION_UNITS, EXPRESSIONS, Tier
from device.contract.templates import tier

#: A frame stands until the next one, unless that is further away than this, and than so many usual steps.
_GAP_S, _GAP_STEPS = 0.5, 2.5
#: How much a row counts for that cannot be relied on as much.
_STRENGTH = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 0.55, Tier.EXPERIMENTAL: 0.3}
#: From this membership on an expression is worth a row; and how many at most.
_NOTABLE, _MOST_EXPRESSIONS = 0.3, 3


@dataclass(frozen=True, eq=False)
class Span:
    """The time that a diagram shows: (N,) when each frame begins and ends, seconds, and (C + 1,) edges of columns;
    whether frames are stills, which have nothing between them."""

    begins: Array
    ends: Array
    edges: Array
    still: bool = False

    @property
    def lasts_s(self) -> float:
        return float(self.edges[-1])

    def column(self, at_s: float) -> int:
        """Where a moment is."""
        count = len(self.edges) - 1
        return min(max(int(at_s / self.lasts_s * count), 0), count - 1)


def span_of(times: Array, still: bool, width: int) -> Span:
    """The whole clip in `width` columns.

    Args:
        times: (N,) of its frames, seconds from the first.
        still: whether each stands for a second.
        width: pixels.
    """
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 1.0
    last = 1.0 if still or usual <= 0 else usual
    ends = times + np.append(np.minimum(steps, max(_GAP_S, _GAP_STEPS * usual)), last)
    return Span(times, ends, np.linspace(0.0, max(float(ends[-1]), 1e-3), width + 1), still)


def peaks(span: Span, values: FloatArray) -> FloatArray:
    """(C, K) greatest of the (N, K) values within each column, NaN where nothing was measured; between frames that are
    wider apart than columns, along the line from one to the next."""
    begins, edges = span.begins, span.edges
    first, last = np.searchsorted(begins, edges[:-1]), np.searchsorted(begins, edges[1:])
    found = np.full((len(edges) - 1, values.shape[1]), np.nan, np.float32)
    for column in np.flatnonzero(last > first):
        found[column] = np.fmax.reduce(values[first[column] : last[column]], axis=0)
    empty = np.flatnonzero((last <= first) & (first > 0))
    before, middle = first[empty] - 1, (edges[empty] + edges[empty + 1]) / 2
    found[empty] = _between(span, values, before, middle)
    return found


def runs(labels: Array) -> Iterator[tuple[int, int]]:
    """Begin and end of what is alike, side by side, in (C,) labels."""
    bounds = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    yield from pairwise(bounds)


def _between(span: Span, values: FloatArray, before: Array, middle: Array) -> FloatArray:
    """(M, K) at moments after the frames `before` and ahead of the next ones."""
    after = np.minimum(before + 1, len(values) - 1)
    width = np.maximum(span.begins[after] - span.begins[before], 1e-9)
    part = ((middle - span.begins[before]) / width)[:, None]
    line = values[before] * (1 - part) + values[after] * part
    alone = np.isnan(line) | (after == before)[:, None] | span.still
    kept = np.where(alone, values[before], line)
    return np.where((middle <= span.ends[before])[:, None], kept, np.nan)


@dataclass(frozen=True)
class Row:
    """A row of the diagram: `units` or `expressions`, the number in the contract's order, and how surely; or `own`."""

    kind: str
    number: int
    tier: Tier


@dataclass(frozen=True)
class Relevant:
    """The action units that showed, the more and the surer the earlier; those that did not, the surer the earlier, and
    those of which nothing is known; the leading expressions; and the person's own movement, where that was watched."""

    moved: list[Row]
    still: list[Row]
    never: list[Row]
    expressions: list[Row]
    own: list[Row]


def relevant(rows: Array, span: Span) -> Relevant:
    """What is worth a row in a diagram of (N,) `noted.ROW`."""
    lasting = (span.ends - span.begins)[:, None]
    units = [Row("units", number, unit.tier) for number, unit in enumerate(ACTION_UNITS)]
    weight = np.nansum(np.clip(rows["units"] - PRESENT, 0, None) * lasting, axis=0).tolist()
    known = (~np.isnan(rows["units"])).any(0).tolist()
    moved = [row for row in units if weight[row.number] > 0]
    moved.sort(key=lambda row: -weight[row.number] * _STRENGTH[row.tier])
    others = sorted((row for row in units if weight[row.number] <= 0), key=lambda row: list(Tier).index(row.tier))
    still, never = ([row for row in others if known[row.number] is whether] for whether in (True, False))
    own = [Row("own", 0, Tier.EXPERIMENTAL)] if rows["watched"].any() else []
    return Relevant(moved, still, never, _expressions(rows, lasting), own)


def _expressions(rows: Array, lasting: Array) -> list[Row]:
    weight = np.nansum(np.clip(rows["expressions"] - _NOTABLE, 0, None) * lasting, axis=0)
    found = [
        (float(weight[number]) * _STRENGTH[tier(name)], Row("expressions", number, tier(name)))
        for number, name in enumerate(EXPRESSIONS)
        if weight[number] > 0 and name not in WITHHELD
    ]
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])[:_MOST_EXPRESSIONS]]
