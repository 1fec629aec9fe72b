"""Rapid changes: short windows in which many expressions took turns, none of them much stronger than the others.

After the fine-grained expression system: a window of 50 to 300 frames with at least five leading expressions whose
strengths differ by at most .2, with a mean above .25. An expression *leads* where it is the strongest that a record
names, for at least a fifth of a second, so that what flickers is no change; its strength is its mean membership while
it led in the window. A face at peace is no expression here. Of windows that overlap, the shortest is told, and of
these the one with the most expressions. What was not measured leads nothing, and a window reaches over no gap.

Frames are those that were looked at: a box that looks at ten a second has windows of 5 to 30 s.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.quantities import strongest_of
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Mask, Values, durations, stretches
from device.contract.templates import PEACEFUL

FRAMES = (50, 300)
FEWEST, ALIKE, STRONG = 5, 0.2, 0.25
SHORTEST_S = 0.2
#: Read from what smiles and raised brows imitate.
_ODD = ("painful", "threatened")
_STEP = 25  # frames by which windows grow
_MORE = 100.0  # a further expression outweighs any strength

_Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Rapid:
    """One window: seconds since the session's first row, its records, and the expressions in the order in which they
    first led, each with its mean membership while it led."""

    begin_s: float
    end_s: float
    frames: int
    expressions: tuple[tuple[str, float], ...]

    @property
    def mean(self) -> float:
        """Of the strengths."""
        return float(np.mean([strength for _, strength in self.expressions]))


def rapid_changes(table: Table, everything: bool = False) -> tuple[Rapid, ...]:
    """The windows of one session in the order of time, none of which overlap; `everything`: also with what is hardly
    supported."""
    rows = table.measured
    if table.form is not RECORDS or int(rows.sum()) < FRAMES[0]:
        return ()
    times = table.time[rows]
    leading = strongest_of(table, "expressions")
    odd = [PEACEFUL, *(() if everything else _ODD)]
    numbers = np.where(np.isin(leading.numbers, [leading.names.index(name) for name in odd]), -1, leading.numbers)[
        rows
    ]
    numbers = _lasting(times, numbers)
    names = [leading.names[number] for number in np.unique(numbers[numbers >= 0])]
    if len(names) < FEWEST:
        return ()
    leads = np.array([numbers == leading.names.index(name) for name in names])
    held = np.array([table.values(f"expressions.{name}")[rows] for name in names])
    windows = _Windows(times, leads, np.where(leads, np.nan_to_num(held), 0.0))
    return tuple(_told(windows, names, begin, end) for begin, end in sorted(windows.disjoint()))


def _lasting(times: Values, numbers: _Numbers) -> _Numbers:
    """The numbers (N,), -1 where one led for less than a fifth of a second."""
    ends = times + durations(times)
    first = np.flatnonzero(np.append(True, (np.diff(numbers) != 0) | (np.diff(times) > 0.5)))
    last = np.append(first[1:] - 1, len(times) - 1)
    brief = ends[last] - times[first] < SHORTEST_S - 1e-6
    found: _Numbers = np.where(np.repeat(brief, last - first + 1), -1, numbers)
    return found


class _Windows:
    """All windows of a session's measured records."""

    def __init__(self, times: Values, leads: Mask, strengths: Values) -> None:
        """Args: (N,) times; (K, N) which expression leads; (K, N) memberships where it does, else 0."""
        self.times, self.leads = times, leads
        self.counts, self.sums = (
            np.concatenate([np.zeros((len(leads), 1)), np.cumsum(one, axis=1)], axis=1) for one in (leads, strengths)
        )
        runs = stretches(times, np.ones(len(times), bool))
        self._run = np.repeat(np.arange(len(runs)), [last - first + 1 for first, last in runs])

    def strengths(self, begins: _Numbers, size: int) -> Values:
        """(K, M) mean membership of each expression while it led, in windows of one size; NaN where it did not."""
        counts = self.counts[:, begins + size] - self.counts[:, begins]
        with np.errstate(invalid="ignore"):
            means: Values = (self.sums[:, begins + size] - self.sums[:, begins]) / counts
        return means

    def disjoint(self) -> list[tuple[int, int]]:
        """Begin and end (exclusive) of the windows that are told."""
        taken = np.zeros(len(self.times) + 1, np.intp)
        found: list[tuple[int, int]] = []
        for size in range(FRAMES[0], FRAMES[1] + 1, _STEP):
            for begin in self._of_size(size, taken):
                if not taken[begin : begin + size].any():
                    taken[begin : begin + size] = 1
                    found.append((begin, begin + size))
        return found

    def _of_size(self, size: int, taken: _Numbers) -> list[int]:
        """Begins of the windows of a size that qualify and are free, the most expressions first."""
        begins = np.arange(max(len(self.times) - size + 1, 0))
        before = np.append(0, np.cumsum(taken))
        free = (before[begins + size] == before[begins]) & (self._run[begins] == self._run[begins + size - 1])
        begins = begins[free]
        many = (self.counts[:, begins + size] > self.counts[:, begins]).sum(0) >= FEWEST
        begins = begins[many]
        if not len(begins):
            return []
        number, mean = _alike(self.strengths(begins, size))
        good = number >= FEWEST
        order = np.argsort(-(number * _MORE + mean)[good], kind="stable")
        return [int(begin) for begin in begins[good][order]]


def _alike(strengths: Values) -> tuple[_Numbers, Values]:
    """(M,) how many of the strengths (K, M) differ by at most `ALIKE` with a mean above `STRONG`, the most that there
    are, and their mean; 0 where fewer than `FEWEST` do."""
    ordered = np.sort(strengths, axis=0)  # NaN last
    sums = np.concatenate([np.zeros((1, ordered.shape[1])), np.cumsum(np.nan_to_num(ordered), axis=0)])
    columns = np.arange(ordered.shape[1])
    best, mean = np.zeros(len(columns), np.intp), np.zeros(len(columns))
    for low in range(len(ordered) - FEWEST, -1, -1):  # the strongest first; all that reach no farther than allowed
        end = (ordered <= ordered[low] + ALIKE + 1e-9).sum(0)
        size = end - low
        here = (sums[end, columns] - sums[low]) / np.maximum(size, 1)
        fits = (size >= FEWEST) & (here > STRONG) & (size > best)
        best, mean = np.where(fits, size, best), np.where(fits, here, mean)
    return best, mean


def _told(windows: _Windows, names: list[str], begin: int, end: int) -> Rapid:
    strengths = windows.strengths(np.array([begin]), end - begin)[:, 0]
    number, mean = _alike(strengths[:, np.newaxis])
    chosen = _chosen(strengths, int(number[0]), float(mean[0]))
    first = {at: begin + int(windows.leads[at, begin:end].argmax()) for at in chosen}
    ordered = sorted(chosen, key=lambda at: first[at])
    return Rapid(
        float(windows.times[begin]),
        float(windows.times[end - 1]),
        end - begin,
        tuple((names[at], float(strengths[at])) for at in ordered),
    )


def _chosen(strengths: Values, count: int, mean: float) -> list[int]:
    """Which `count` neighbours in order have this mean."""
    order = [int(at) for at in np.argsort(strengths) if not np.isnan(strengths[at])]
    for low in range(len(order) - count, -1, -1):
        some = order[low : low + count]
        if abs(float(strengths[some].mean()) - mean) < 1e-9:
            return some
    return order
