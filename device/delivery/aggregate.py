"""From records to aggregates of a second or a minute: pure, one record at a time, memory for one span."""

from collections import Counter
from dataclasses import dataclass, field

from device.contract.aggregate import MEASURES, VERSION
from device.contract.fields import Json, leaves, nest
from device.contract.record import started_s
from device.contract.session import session_of

_DIGITS = {entry.path: 3 if entry.high == 1 else 2 for entry in MEASURES}


@dataclass
class _Span:
    """What has been seen of one span; `first` is its first record."""

    first: Json
    number: int
    frames: int = 0
    skipped: int = 0
    measured: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    count: Counter[str] = field(default_factory=Counter)
    total: dict[str, float] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)


class Aggregator:
    """Takes records in their order and gives an aggregate whenever a span has ended."""

    def __init__(self, span_s: int) -> None:
        """`span_s`: length of a span, seconds."""
        self._span_s = span_s
        self._span: _Span | None = None

    def add(self, record: Json) -> Json | None:
        """Take one record; returns the aggregate of the span before, when this record begins another."""
        number = int((record["time"]["mono"] - started_s(session_of(record))) // self._span_s)
        number = max(number, 0)
        ended = None
        span = self._span
        if span is None or (span.number, session_of(span.first)) != (number, session_of(record)):
            ended = self.end()
            span = self._span = _Span(record, number)
        _count(span, record)
        return ended

    def end(self) -> Json | None:
        """The aggregate of the span that has begun, if one has; the next record begins another."""
        span, self._span = self._span, None
        return None if span is None else self._aggregate(span)

    def _aggregate(self, span: _Span) -> Json:
        first = span.first
        means = {path: round(total / span.count[path], _DIGITS[path]) for path, total in span.total.items()}
        aggregate = {
            "v": VERSION,
            "device": first["device"],
            "boot": first["boot"],
            "session": session_of(first),
            "number": span.number,
            "span": self._span_s,
            "time": first["time"],
            "frames": span.frames,
            "measured": span.measured,
            "share": round(span.measured / span.frames, 3),
        }
        known = {"skipped": span.skipped, "reasons": dict(span.reasons), "mean": nest(means), "peak": nest(span.peak)}
        return aggregate | {name: value for name, value in known.items() if value}


def _count(span: _Span, record: Json) -> None:
    span.frames += 1
    span.skipped += record["frame"].get("dropped", 0)
    span.measured += record["status"] == "measured"
    span.reasons.update(record.get("reasons", ()))
    for path, value in leaves(record):
        if path in _DIGITS:
            span.count[path] += 1
            span.total[path] = span.total.get(path, 0.0) + value
            span.peak[path] = max(span.peak.get(path, value), value)
