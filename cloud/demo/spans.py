"""Seconds and minutes of a simulated session, as the box condenses records (device/delivery/aggregate.py): means and
peaks over what was measured, absent where nothing was."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cloud.demo import reading
from cloud.demo.clocks import Part
from cloud.demo.course import REASONS, Course, Floats
from cloud.demo.packing import column
from device.contract import aggregate, pack
from device.contract.columns import write
from device.contract.fields import Json, canonical, nest
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, EXPRESSIONS

PACK_S = 600
#: In the order of the columns of `Measures.table`.
PATHS = (
    *(f"emotions.{name}" for name in EMOTIONS),
    *(f"aus.{key}" for key in ACTION_UNIT_KEYS),
    *(f"expressions.{name}" for name in EXPRESSIONS),
    "pain",
)
_DIGITS = np.array([2 if path.startswith("aus.") or path == "pain" else 3 for path in PATHS])


@dataclass(frozen=True)
class Measures:
    """What the box would say of each frame; (N, 8), (N, 33), (N,), (N,)."""

    course: Course
    emotions: Floats
    expressions: Floats
    pain: Floats
    disagree: np.ndarray

    @cached_property
    def table(self) -> Floats:
        """(N, 64): everything that is aggregated, in the order of `PATHS`; NaN where there is nothing."""
        return np.concatenate([self.emotions, self.course.aus, self.expressions, self.pain[:, None]], 1)


def measures(course: Course) -> Measures:
    """Emotions, expressions and pain of a course."""
    said = reading.emotions(course.aus, course.sad)
    found = reading.expressions(course.aus, said)
    return Measures(course, said, found, reading.pain(course.aus), reading.disagree(found, said))


@dataclass(frozen=True)
class _Spans:
    """Arrays with a row for each span, for one session."""

    number: np.ndarray
    frames: np.ndarray
    measured: np.ndarray
    reasons: np.ndarray
    mean: Floats
    peak: Floats
    first: np.ndarray


def of_seconds(part: Part, course: Course, read: Measures, identity: Json) -> Iterator[Json]:
    """Packs of seconds of one session."""
    spans = _spans(part, course, read, aggregate.SECOND_S)
    mono, wall, trusted = part.times(course.hz)
    for at in range(0, len(spans.number), PACK_S):
        here = slice(at, at + PACK_S)
        first = spans.first[here]
        columns = _columns(spans, here) | {
            "v": {"same": aggregate.VERSION},
            "span": {"same": aggregate.SECOND_S},
            "time.mono": column(mono[first], 3),
            "time.wall": column(wall[first], 3),
            "time.trusted": _booleans(trusted[first]),
        }
        time = {"mono": mono[first[0]], "wall": wall[first[0]], "trusted": bool(trusted[first[0]])}
        yield packed("seconds", identity, spans.number[here], time, columns)


def minutes(part: Part, course: Course, read: Measures, identity: Json) -> Iterator[Json]:
    """The aggregates of minutes of one session."""
    spans = _spans(part, course, read, aggregate.MINUTE_S)
    mono, wall, trusted = part.times(course.hz)
    for at, row in enumerate(spans.first):
        time = {"mono": float(mono[row]), "wall": float(wall[row]), "trusted": bool(trusted[row])}
        counts = {"frames": int(spans.frames[at]), "measured": int(spans.measured[at])}
        found = {"v": aggregate.VERSION, **identity, "number": int(spans.number[at]), "span": aggregate.MINUTE_S}
        found |= {"time": time, **counts, "share": round(counts["measured"] / counts["frames"], 3)}
        reasons = {reason.value: int(n) for reason, n in zip(REASONS, spans.reasons[at], strict=True) if n}
        known = {"reasons": reasons, "mean": _nested(spans.mean[at]), "peak": _nested(spans.peak[at])}
        document: Json = canonical(found | {name: value for name, value in known.items() if value})
        yield document


def packed(of: str, identity: Json, numbers: np.ndarray, time: Json, columns: dict[str, Json | None]) -> Json:
    """A pack of these columns; those that are None are left out."""
    first, last = int(numbers[0]), int(numbers[-1])
    place = {"v": pack.VERSION, **identity, "of": of, "first": first, "last": last, "count": len(numbers)}
    text = write({path: one for path, one in columns.items() if one is not None})
    document: Json = canonical(place | {"time": {name: _plain(value) for name, value in time.items()}})
    return document | {"columns": text}


def _plain(value: object) -> object:
    return value if isinstance(value, bool) else float(value)  # type: ignore[arg-type]


def _booleans(values: np.ndarray) -> Json:
    there = values.tolist()
    return {"same": there[0]} if len(set(there)) == 1 else {"each": there}


def _columns(spans: _Spans, here: slice) -> dict[str, Json | None]:
    frames, measured = spans.frames[here].astype(float), spans.measured[here].astype(float)
    columns = {
        "number": column(spans.number[here].astype(float), 0),
        "frames": column(frames, 0),
        "measured": column(measured, 0),
        "share": column(np.round(measured / frames, 3), 3),
    }
    for at, reason in enumerate(REASONS):
        counted = spans.reasons[here, at].astype(float)
        columns[f"reasons.{reason.value}"] = column(np.where(counted > 0, counted, np.nan), 0)
    for name, values in (("mean", spans.mean), ("peak", spans.peak)):
        for at, path in enumerate(PATHS):
            columns[f"{name}.{path}"] = column(values[here, at], int(_DIGITS[at]))
    return columns


def _spans(part: Part, course: Course, read: Measures, span_s: int) -> _Spans:
    """Rows of one session, condensed. The session's own beginning is a little before its first row."""
    rows = slice(part.first, part.last)
    mono, _, _ = part.times(course.hz)
    started_s = int(part.session.rpartition("-")[2], 16) / 1000
    spans = ((mono - started_s) // span_s).astype(int)
    number, first, frames = np.unique(spans, return_index=True, return_counts=True)
    table = read.table[rows]
    if not len(first):
        nothing = np.zeros((0, len(PATHS)))
        return _Spans(number, frames, frames, np.zeros((0, len(REASONS)), int), nothing, nothing, first)
    known = np.isfinite(table)
    count = np.add.reduceat(known, first, axis=0, dtype=np.int32)
    total = np.add.reduceat(np.where(known, table, 0.0), first, axis=0)
    peak = np.maximum.reduceat(np.where(known, table, -np.inf), first, axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    scale = 10.0**_DIGITS
    gated = course.gated[rows]
    reasons = np.stack([np.add.reduceat(gated == at, first, dtype=np.int32) for at in range(len(REASONS))], 1)
    measured = np.add.reduceat(course.measured[rows], first, dtype=np.int32)
    peak = np.where(count > 0, peak, np.nan)
    return _Spans(number, frames, measured, reasons, np.round(mean * scale) / scale, peak, first)


def _nested(values: Floats) -> Json:
    return nest({path: value for path, value in zip(PATHS, values.tolist(), strict=True) if not math.isnan(value)})
