"""Episodes as spans of time, for programs that know no frames: from the onset to the end of the last frame.

A frame lasts until the next one begins, the last as long as frames do in the middle. Back again, a time is that of the
nearest frame's beginning or end, so that programs may round to milliseconds.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.annotation.coding import Coded, Sequence

Floats = NDArray[np.float64]
Run = tuple[int, int]
_Kept = TypeVar("_Kept")


def edges(sequence: Sequence, what: str) -> Floats:
    """(N + 1,) seconds at which frames begin, and the last one ends.

    Raises:
        DataError: pictures that do not follow each other, or frames less than two milliseconds apart.
    """
    times = sequence.times_s
    if times is None:
        raise DataError(f"{sequence.name} is no film: its pictures have no times, and {what} needs them.")
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.04
    found = np.concatenate([times, [times[-1] + step]])
    if len(found) > 1 and np.diff(found).min() < 0.002:
        raise DataError(f"{sequence.name} has frames less than 2 ms apart, and {what} counts milliseconds.")
    return found


def span(bounds: Floats, onset: int, offset: int) -> tuple[float, float]:
    """Seconds from the beginning of one frame to the end of another."""
    return float(bounds[onset]), float(bounds[offset + 1])


def places(bounds: Floats, start_s: float, end_s: float) -> Run:
    """The first and last frame of a span, at least one frame."""
    first = min(_nearest(bounds, start_s), len(bounds) - 2)
    return first, max(first, _nearest(bounds, end_s) - 1)


def is_within(bounds: Floats, time_s: float) -> bool:
    """Whether a time is in the film, to a frame and a tenth of a second."""
    slack = max(float(bounds[1] - bounds[0]), 0.1)
    return bool(bounds[0] - slack <= time_s <= bounds[-1] + slack)


def runs(frames: dict[int, Coded]) -> Iterator[tuple[Run, Coded]]:
    """Frames that follow each other and were coded alike, but for their marks: first and last, and one of them."""
    yield from _runs({place: (frame, _state(frame)) for place, frame in frames.items()})


def runs_of(texts: dict[int, str]) -> Iterator[tuple[Run, str]]:
    """Frames that follow each other with the same text."""
    yield from _runs({place: (text, text) for place, text in texts.items()})


def _runs(values: dict[int, tuple[_Kept, object]]) -> Iterator[tuple[Run, _Kept]]:
    first = last = -2
    for place in sorted(values):
        if first >= 0 and (place != last + 1 or values[place][1] != values[first][1]):
            yield (first, last), values[first][0]
            first = -2
        first, last = place if first < 0 else first, place
    if first >= 0:
        yield (first, last), values[first][0]


def _state(frame: Coded) -> tuple[object, ...]:
    return frame.hidden, frame.codable, frame.submitted, frame.asked, frame.judged


def _nearest(bounds: Floats, time_s: float) -> int:
    after = int(np.clip(np.searchsorted(bounds, time_s), 1, len(bounds) - 1))
    return after - 1 if time_s - bounds[after - 1] <= bounds[after] - time_s else after
