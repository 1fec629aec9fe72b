"""The phases of a session that were planned: each begins so long after the first frame, by the time of the frames."""

import math
from collections.abc import Iterator
from itertools import accumulate


class Phases:
    """A plan, followed once."""

    def __init__(self, planned: tuple[str, ...]) -> None:
        """`planned`: `NAME=SECONDS` each, one after the other."""
        pairs = [text.split("=") for text in planned]
        ends = accumulate(float(seconds) for _, seconds in pairs)
        begins = [0.0, *ends]
        self._due = list(zip(begins, [*(name for name, _ in pairs), ""], strict=True)) if pairs else []
        self._began_s = math.nan

    def at(self, time_s: float) -> Iterator[str]:
        """What begins with a frame at `time_s`: a phase's name, or "" where the last one ends."""
        if math.isnan(self._began_s):
            self._began_s = time_s
        while self._due and time_s - self._began_s >= self._due[0][0]:
            yield self._due.pop(0)[1]
