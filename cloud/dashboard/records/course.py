"""One session over time, in as many columns as a screen shows, from records, seconds or minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.measures import EMOTION, Measure, lasting_s, rows
from cloud.analysis.quantities import disagree
from cloud.analysis.shares import CLEAR
from cloud.analysis.unseen import HIDDEN, UNSEEN
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import EMOTIONS, PARTS, Reason

COLUMNS = 600
Span = tuple[float, float, str]
_UNCLEAR, _CONTRARY = "no clear expression", "readings disagree: neither is counted"


@dataclass(frozen=True)
class Strip:
    """A measure over time.

    Attributes:
        edges: (N + 1,) seconds since the session's first row.
        mean, peak: (N,); NaN where nothing was measured.
        unknown: stretches in which the face was seen and this was not, with why.
    """

    measure: Measure
    edges: Values
    mean: Values
    peak: Values
    unknown: list[Span]


@dataclass(frozen=True)
class Course:
    """What the diagram shows between two moments, seconds since the first row.

    Attributes:
        unseen: stretches in which nothing was measured, with why.
        leading: the leading expressions, as annotators would name them.
    """

    begin_s: float
    end_s: float
    strips: list[Strip]
    unseen: list[Span]
    leading: list[Span]


def course(table: Table, measures: Iterable[Measure], begin_s: float, end_s: float) -> Course:
    """What to draw of one session, of at least one row, between two moments."""
    lasting = np.maximum(lasting_s(table), 1e-3)
    here = (table.time + lasting > begin_s) & (table.time < end_s)
    part, lasting = table.select(here), lasting[here]
    grid = _Grid(part.time, lasting, begin_s, end_s)
    why = _why(part)
    gaps = grid.labels(np.where(why >= 0, why, -1), len(_REASONS))
    missing = grid.covered < 0.5
    gaps = np.where(missing, len(_REASONS) - 1, gaps)
    strips = [_strip(part, one, grid, gaps) for one in measures]
    return Course(begin_s, end_s, strips, _spans(grid.edges, gaps, _REASONS), _leading(part, grid, gaps))


_REASONS = [*(UNSEEN[reason.value] for reason in Reason), UNSEEN[""]]


class _Grid:
    """Columns of equal width; each row lies in those that it lasts through."""

    def __init__(self, times: Values, lasting: Values, begin_s: float, end_s: float) -> None:
        finest = float(np.median(lasting)) if len(lasting) else 1.0
        self.count = round(min(max((end_s - begin_s) / finest, 1), COLUMNS))
        self.edges = np.linspace(begin_s, end_s, self.count + 1)
        width = (end_s - begin_s) / self.count
        first = np.clip(((times - begin_s) / width).astype(int), 0, self.count - 1)
        last = np.clip(((times + lasting * 0.999 - begin_s) / width).astype(int), first, self.count - 1)
        spread = last - first + 1
        self.row = np.repeat(np.arange(len(times)), spread)
        self.column = np.repeat(first, spread) + (
            np.arange(len(self.row)) - np.repeat(np.cumsum(spread) - spread, spread)
        )
        begins, ends = self.edges[self.column], self.edges[self.column + 1]
        overlap = np.minimum(ends, (times + lasting)[self.row]) - np.maximum(begins, times[self.row])
        self.weight = np.maximum(overlap, 1e-9)
        self.covered = np.bincount(self.column, self.weight, self.count) / width

    def means(self, values: Values) -> tuple[Values, Values]:
        """(count,) mean and peak of what is known in each column; NaN where that is less than a third of it."""
        known = ~np.isnan(values)[self.row]
        column, weight, told = self.column[known], self.weight[known], values[self.row[known]]
        total = np.bincount(self.column, self.weight, self.count)
        seen = np.bincount(column, weight, self.count)
        enough = (seen > 0) & (seen >= total / 3)
        sums = np.bincount(column, told * weight, self.count)
        mean = np.where(enough, sums / np.maximum(seen, 1e-12), np.nan)
        peak = np.full(self.count, -np.inf)
        np.maximum.at(peak, column, told)
        return mean, np.where(enough, peak, np.nan)

    def labels(self, labels: NDArray[np.intp], count: int) -> NDArray[np.intp]:
        """(count,) the label with most time in each column; -1 where most of it has none."""
        sums = np.zeros((count + 1, self.count))
        np.add.at(sums, (labels[self.row], self.column), self.weight)  # -1 is the last
        found = sums.argmax(0)
        return np.where((found == count) | (sums.sum(0) == 0), -1, found)


def _why(table: Table) -> NDArray[np.intp]:
    """(N,) number of the reason why a row was not measured; -1 where it was."""
    if table.form is RECORDS:
        found = np.full(len(table), -1)
        for number, reason in enumerate(Reason):
            found[(found < 0) & table.has_name("reasons", reason)] = number
        return found
    counts = np.array([np.nan_to_num(table.values(f"reasons.{reason.value}")) for reason in Reason])
    return np.where(table.values("share") < 0.5, counts.argmax(0), -1)


def _strip(table: Table, measure: Measure, grid: _Grid, gaps: NDArray[np.intp]) -> Strip:
    values, _ = rows(table, measure)
    mean, peak = grid.means(values)
    if table.form is not RECORDS and measure.kind in ("aus", EMOTION):
        _, peak = grid.means(table.values(f"peak.{measure.id}"))
        peak = np.where(np.isnan(mean), np.nan, peak)
    mean, peak = (np.where(gaps >= 0, np.nan, one) for one in (mean, peak))
    unknown = np.isnan(mean) & (gaps < 0)
    return Strip(
        measure, grid.edges, mean, peak, _spans(grid.edges, *_because(table, unknown, grid)) if unknown.any() else []
    )


def _because(table: Table, unknown: NDArray[np.bool_], grid: _Grid) -> tuple[NDArray[np.intp], list[str]]:
    """Why a measure is not known where the face was seen."""
    words = [*(HIDDEN[part] for part in PARTS), _CONTRARY, "not measured"]
    labels = np.full(len(table), len(words) - 1)
    if table.form is RECORDS:
        labels[disagree(table)] = len(PARTS)
        for number, part in enumerate(PARTS):
            labels[table.has_name("hidden", part)] = number
    return np.where(unknown, grid.labels(labels, len(words)), -1), words


def _leading(table: Table, grid: _Grid, gaps: NDArray[np.intp]) -> list[Span]:
    """The leading expression of each column, by the mean of probabilities."""
    prefix = "" if table.form is RECORDS else "mean."
    contrary = (
        grid.labels(np.where(disagree(table), 0, -1), 1) == 0 if table.form is RECORDS else np.zeros(grid.count, bool)
    )
    means = np.array([grid.means(table.values(f"{prefix}emotions.{name}"))[0] for name in EMOTIONS])
    told = ~np.isnan(means).all(0)
    means = np.nan_to_num(means, nan=-1.0)
    names = [*EMOTIONS, _UNCLEAR, _CONTRARY]
    found = np.where(means.max(0) >= CLEAR, means.argmax(0), len(EMOTIONS))
    found = np.where(contrary, len(EMOTIONS) + 1, found)
    return _spans(grid.edges, np.where(told & (gaps < 0), found, -1), names)


def _spans(edges: Values, labels: NDArray[np.intp], names: Sequence[str]) -> list[Span]:
    """Begin, end and name of each run of one label."""
    if not len(labels):
        return []
    starts = np.append(0, np.flatnonzero(np.diff(labels)) + 1)
    ends = np.append(starts[1:], len(labels))
    return [
        (float(edges[a]), float(edges[b]), names[labels[a]])
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
        if labels[a] >= 0
    ]
