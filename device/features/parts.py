"""The parts of a session: what is compared between people, in training and on the box.

They are the phases. Where none was held, they are what followed each stimulus, or where there was none each named
mark: until the next one, at most for `RESPONSE_S`.
"""

from collections.abc import Iterable, Sequence

from device.contract.features import SESSION
from device.contract.session import RESPONSE_S

Spans = list[tuple[float, float]]


def parts_of(
    phases: Iterable[tuple[str, float, float]],
    stimuli: Sequence[tuple[str, float]],
    marks: Iterable[tuple[str, float]],
    lasted_s: float,
) -> dict[str, Spans]:
    """Name → begin and end, seconds since the session's first record; a part may have come several times.

    Args:
        phases: name, begin and end.
        stimuli, marks: name, '' for none, and when, in their order.
        lasted_s: from the first record to the last.
    """
    found: dict[str, Spans] = {}
    for name, begin_s, end_s in [*phases] or _following(stimuli or [mark for mark in marks if mark[0]], lasted_s):
        if name != SESSION:
            found.setdefault(name, []).append((begin_s, end_s))
    return found


def _following(moments: Sequence[tuple[str, float]], lasted_s: float) -> list[tuple[str, float, float]]:
    turns = [*(at_s for _, at_s in moments), lasted_s]
    return [
        (name, at_s, min(max(turn, at_s), at_s + RESPONSE_S))
        for (name, at_s), turn in zip(moments, turns[1:], strict=True)
    ]
