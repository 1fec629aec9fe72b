"""Series: what the records of a session hold for features, on a grid of time.

Boxes look at 5 to 30 frames a second, now faster, now slower. Whatever they do, features are made of one record each
fifth of a second (`STEP_S`): the newest of those that lie nearest to it. Where there is none the one before stands,
for two steps at most, about as long as readers let it stand; after that there is a gap, in which nothing is known. So
a box that looks four times as often comes to the same numbers, and memory grows with time alone. Blinks, which such
steps would miss, are counted from all records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS, BLINK_STEP_S, EMOTIONS, SIDED_KEYS

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.intp]
Item = TypeVar("Item", np.intp, np.float64)

STEP_S = 0.2
#: What comes later in a session is left out.
MOST_S = 4 * 3600.0
#: The fields of a record that features are made of.
PATHS = (
    *(f"emotions.{name}" for name in EMOTIONS),
    *(f"aus.{key}" for key in ACTION_UNIT_KEYS),
    *(f"{side}.{key}" for side in ("left", "right") for key in SIDED_KEYS),
    *(f"pose.{angle}" for angle in ("yaw", "pitch", "roll")),
    "eyes.open",
    "eyes.blink",
)
#: Those that name what it was measured with.
SOURCES = ("models.emotions", "models.aus")
#: The columns of `Series.values`: those of a record, and how far the sides of a unit are apart.
COLUMNS = (
    *(path for path in PATHS if path.partition(".")[0] in ("emotions", "aus", "pose")),
    *(f"apart.{key}" for key in SIDED_KEYS),
    "eyes.open",
)
_ARRAYS = ("time", "step", "measured", "values", "count", "fine_s", "blinks")
_HELD = 2  # steps for which a record stands where the next one is missing
_ROUNDING_S = 0.002  # of the times in records, two of which make a step
_AT = {path: number for number, path in enumerate(PATHS)}
_OPEN, _BLINK = _AT["eyes.open"], _AT["eyes.blink"]


@dataclass(frozen=True, eq=False)
class Series:
    """Records of a session, or of a part of it, at most one each step, in the order of time.

    Attributes:
        time: (N,) seconds since the session's first record.
        step: (N,) number of the step that each stands at, rising.
        measured: (N,) whether the face was measured.
        values: (N, K) `COLUMNS`, NaN where not measured.
        count: (N,) records that lie at that step.
        fine_s: (N,) seconds there in which blinks could be told.
        blinks: (N,) blinks that ended there, in that time.
        sources: bundles that gave emotions and action units, as `SOURCES` of the session's records name them.
    """

    time: Values
    step: Numbers
    measured: Mask
    values: NDArray[np.float32]
    count: Numbers
    fine_s: Values
    blinks: Numbers
    sources: frozenset[str] = frozenset()

    @classmethod
    def of_columns(
        cls, time: Values, measured: Mask, columns: Mapping[str, Values], sources: Iterable[str] = ()
    ) -> "Series":
        """Of a session's records.

        Args:
            time: (N,) seconds since the session's first record.
            measured: (N,) whether the face was measured.
            columns: of `PATHS`, (N,) each, NaN where a record lacks it; what is missing was never measured.
            sources: what occurs in `SOURCES`.
        """
        nothing = np.full(len(time), np.nan, np.float32)
        values = np.array([columns.get(path, nothing) for path in PATHS], np.float32).T.reshape(-1, len(PATHS))
        kept = is_later(time)
        return replace(condensed(time[kept], measured[kept], values[kept]), sources=frozenset(sources))

    @classmethod
    def joined(cls, parts: Sequence["Series"]) -> "Series":
        """Parts that follow each other, at least one, as one, without sources."""
        arrays: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in parts]) for name in _ARRAYS}
        return cls(**arrays)

    def select(self, rows: Mask) -> "Series":
        """Only these rows (N,)."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _ARRAYS})

    def during(self, spans: Sequence[tuple[float, float]]) -> "Series":
        """The rows of some spans of time, begin and end in seconds since the session's first record."""
        return self.select(np.any([np.zeros(len(self.time), bool), *(self._within(*span) for span in spans)], axis=0))

    @property
    def frames(self) -> int:
        """Records in all."""
        return int(self.count.sum())

    @property
    def seconds(self) -> float:
        """Time that was recorded, whether the face was measured or not."""
        return len(self.steps) * STEP_S

    @property
    def coverage(self) -> float:
        """Share of that time in which the face was measured; NaN of nothing."""
        return float(self.measured[self._row].mean()) if len(self._row) else float("nan")

    @property
    def freshness(self) -> float:
        """Share of the steps that have a record of their own; NaN of nothing."""
        return len(self.step) / len(self.steps) if len(self.steps) else float("nan")

    @cached_property
    def steps(self) -> Numbers:
        """(M,) numbers of the steps of which something is known."""
        return self.step[self._row] + self._since

    def at_steps(self, *columns: str) -> Values:
        """(M, C) values of `COLUMNS` at the steps, NaN where not measured."""
        found: Values = self.values[self._row][:, [COLUMNS.index(name) for name in columns]].astype(np.float64)
        return found

    @cached_property
    def _row(self) -> Numbers:
        """(M,) number of the row that stands at each step."""
        return np.repeat(np.arange(len(self.step)), self._stands)

    @cached_property
    def _since(self) -> Numbers:
        """(M,) steps for which it has stood."""
        first = np.cumsum(self._stands) - self._stands
        return np.arange(len(self._row)) - first[self._row]

    @cached_property
    def _stands(self) -> Numbers:
        """(N,) steps for which each row stands: until the next one; the last for its own."""
        return np.append(np.minimum(np.diff(self.step), _HELD + 1), 1)[: len(self.step)]

    def _within(self, begin_s: float, end_s: float) -> Mask:
        found: Mask = (self.time >= begin_s) & (self.time < end_s)
        return found


def is_later(time: Values) -> Mask:
    """(N,) whether a record is later than all before it, as each is but those of a video that begins anew, and within
    `MOST_S`."""
    before = np.append(-np.inf, np.maximum.accumulate(time))[: len(time)]
    found: Mask = (time > before) & (time <= MOST_S)
    return found


def step_of(time: Values) -> Numbers:
    """(N,) the nearest step."""
    return np.floor(time / STEP_S + 0.5).astype(np.intp)


def condensed(time: Values, measured: Mask, values: NDArray[np.float32], told: int = 0) -> Series:
    """A series of rising records.

    Args:
        time: (N,) seconds since the session's first record.
        measured: (N,) whether the face was measured.
        values: (N, P) `PATHS`, NaN where a record lacks them.
        told: so many records at the beginning are in the part before, and are here for the blinks alone.
    """
    values = np.where(measured[:, np.newaxis], values, np.float32(np.nan))
    lapse = np.diff(time, prepend=np.inf)
    seen = ~np.isnan(values[:, _OPEN])
    fine = seen & np.append(False, seen)[: len(seen)] & (lapse <= BLINK_STEP_S + _ROUNDING_S)
    blinked = fine & ~np.isnan(values[:, _BLINK])
    time, measured, values, blinked = time[told:], measured[told:], values[told:], blinked[told:]
    fine_s = np.where(fine, lapse, 0.0)[told:]
    step = step_of(time)
    first = np.flatnonzero(np.diff(step, prepend=-1))
    last = np.append(first[1:], len(step))[: len(first)] - 1
    return Series(
        time[last],
        step[last],
        measured[last],
        _columns(values[last]),
        last - first + 1,
        _sums(fine_s, first),
        _sums(blinked.astype(np.intp), first),
    )


def _sums(values: NDArray[Item], first: Numbers) -> NDArray[Item]:
    found: NDArray[Item] = np.add.reduceat(values, first) if len(first) else values
    return found


def _columns(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, K) `COLUMNS` of (N, P) `PATHS`."""
    own = {path: values[:, number] for path, number in _AT.items()}
    own |= {f"apart.{key}": _apart(*(own[f"{of}.{key}"] for of in ("aus", "left", "right"))) for key in SIDED_KEYS}
    return np.stack([own[name] for name in COLUMNS], axis=1)


def _apart(both: NDArray[np.float32], left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """|left − right| of a unit. Records hold the sides only where they differ: where it was measured and they do not
    stand there, they are the same."""
    apart = np.abs(left - right)
    return np.asarray(np.where(np.isnan(both), both, np.where(np.isnan(apart), 0.0, apart)), np.float32)
