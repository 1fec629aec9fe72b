"""Movement: what the records of a session hold, on a grid of time, as networks that read windows of it are given it.

Steps are counted from the session's first record. At each stands the newest of the records that lie nearest to it;
where there is none, the one before, for `GAP_S` at most. The same functions make windows in training and on the box.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.fields import Json
from device.contract.labels import GAP_S
from device.contract.movement import MovementFile
from device.features import standard

Values = NDArray[np.float64]
Numbers = NDArray[np.intp]
_ROUNDING = 1e-9


def time_of(record: Json) -> float:
    """Seconds: a video's own time, else the monotonic clock's."""
    return float(record["frame"].get("media", record["time"]["mono"]))


def row(record: Json, columns: tuple[str, ...]) -> list[float]:
    """The `columns` of a record, of `COLUMNS`; NaN where it does not hold them."""
    if record["status"] != "measured":
        return [np.nan] * len(columns)
    return [_value(record, *column.split(".")) for column in columns]


def columns_of(paths: Mapping[str, Values], measured: NDArray[np.bool_], columns: tuple[str, ...]) -> Values:
    """(N, K) the `columns` of N records, of `COLUMNS`.

    Args:
        paths: fields of the records by their paths, (N,) each, NaN where a record lacks one; those missing here were
            never measured.
        measured: (N,) whether the face was.
    """
    nothing = np.full(len(measured), np.nan)

    def of(column: str) -> Values:
        group, _, key = column.partition(".")
        if group != "sides":
            return paths.get(column, nothing)
        left, right = (np.nan_to_num(paths.get(f"{side}.{key}", nothing)) for side in ("left", "right"))
        return np.where(np.isnan(paths.get(f"aus.{key}", nothing)), np.nan, left - right)

    values = np.array([of(column) for column in columns], np.float64).T.reshape(-1, len(columns))
    return np.where(measured[:, np.newaxis], values, np.nan)


def steps_of(time_s: Values, step_s: float) -> Numbers:
    """(N,) the nearest step of times (N,), seconds since the session's first record."""
    return np.floor(time_s / step_s + 0.5 + _ROUNDING).astype(np.intp)


def on_grid(step: Numbers, values: Values, first: int, count: int, step_s: float) -> Values:
    """(count, K) what stands at the steps from `first` on, NaN where nothing is known.

    Args:
        step: (N,) of the records, not falling.
        values: (N, K) of theirs.
    """
    wanted = np.arange(first, first + count)
    newest = np.searchsorted(step, wanted, side="right") - 1
    known = (newest >= 0) & (wanted - step[np.maximum(newest, 0)] <= held(step_s)) if len(step) else newest >= 0
    return np.where(known[:, np.newaxis], values[newest] if len(step) else np.nan, np.nan)


def held(step_s: float) -> int:
    """Steps for which a record stands where the next one is missing."""
    return int(GAP_S / step_s + _ROUNDING)


def windows(grid: Values, steps: int, hop: int) -> Values:
    """(W, steps, K) the windows of a grid (M, K) that begins at step 0, as far as they are whole; a view."""
    if len(grid) < steps:
        return np.empty((0, steps, grid.shape[1]))
    found: Values = np.moveaxis(np.lib.stride_tricks.sliding_window_view(grid, steps, axis=0)[::hop], -1, 1)
    return found


def coverage(window: Values) -> Values:
    """(…) share of the values of windows (…, T, K) that were measured."""
    found: Values = np.mean(~np.isnan(window), axis=(-2, -1))
    return found


def standardized(file: MovementFile, window: Values) -> NDArray[np.float32]:
    """(…, T, K) what the network gets of windows (…, T, K) of values, NaN where not measured."""
    centre, scale = np.array(file.centre), np.array(file.scale)
    return standard.standardized(window, centre, centre, scale, file.clip).astype(np.float32)


@dataclass(frozen=True)
class Ended:
    """A window that ended, not yet put on its grid: its first step, and the records about it with their steps."""

    file: MovementFile
    first: int
    rows: tuple[tuple[int, list[float]], ...]

    def values(self) -> Values | None:
        """(T, K) what stands at its steps; None: too little of it was measured."""
        step = np.array([step for step, _ in self.rows], np.intp)
        values = np.array([row for _, row in self.rows]).reshape(-1, len(self.file.columns))
        window = on_grid(step, values, self.first, self.file.steps, self.file.step_s)
        return window if coverage(window) >= self.file.least_coverage else None


class Windower:
    """Gathers one session's records, newest last, and says which of them end a window. No clock, no thread."""

    def __init__(self, file: MovementFile, origin_s: float | None = None, since_s: float = -np.inf) -> None:
        """
        Args:
            origin_s: `time_of` the session's first record; None: the first one that comes is that.
            since_s: what was seen before this monotonic time is not gathered.
        """
        self._file, self._origin_s, self._since_s = file, origin_s, since_s
        self._rows: deque[tuple[int, list[float]]] = deque()
        self._latest_s = -np.inf
        self._next = 0  # the first window that was not told

    def add(self, record: Json) -> Ended | None:
        """The window that ended before this record, where this is the first measured record after it, and comes before
        the next one ends. This computes nothing."""
        time_s = time_of(record)
        self._origin_s = time_s if self._origin_s is None else self._origin_s
        if time_s <= self._latest_s or record["time"]["mono"] < self._since_s:  # the one: a video that begins anew
            return None
        self._latest_s = time_s
        step = int(steps_of(np.array([time_s - self._origin_s]), self._file.step_s)[0])
        ended = self._ended(step) if record["status"] == "measured" else None
        if self._rows and self._rows[-1][0] == step:
            self._rows.pop()
        self._rows.append((step, row(record, self._file.columns)))
        return ended

    def _ended(self, step: int) -> Ended | None:
        number = (step - self._file.steps) // self._file.hop
        if number < self._next:
            return None
        self._next = number + 1
        first = number * self._file.hop
        while self._rows and self._rows[0][0] < first - held(self._file.step_s):
            self._rows.popleft()
        return Ended(self._file, first, tuple(self._rows))


def _value(record: Json, group: str, key: str) -> float:
    if group != "sides":
        return float(record.get(group, {}).get(key, np.nan))
    if key not in record.get("aus", {}):
        return float("nan")
    left, right = (record.get(side, {}).get(key, 0.0) for side in ("left", "right"))
    return float(left - right)
