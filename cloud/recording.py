"""A recording as the reader sees it: the records of one session, and quantities over time."""

import json
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.record import Json, validate
from device.contract.session import is_event, session_of
from device.contract.templates import PEACEFUL, TEMPLATES

_REQUIRED = {template.name: template.required for template in TEMPLATES}
_REQUIRED[PEACEFUL] = tuple((key,) for key in ACTION_UNIT_KEYS)

#: Records further apart than this have a gap between them, in which nothing is known.
GAP_S = 0.5

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Names = NDArray[np.str_]


def read_last_session(path: Path) -> tuple[list[Json], int]:
    """The records of the session that the file ends with, in order, and the number of lines that are no whole JSON and
    were passed over: a power cut ends a line before its end. Events are passed over, too.

    Raises:
        DataError: no such file, a whole line that is not a record, or no record at all.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    records, cut = [], 0
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError:
            cut += 1
            continue
        if is_event(record):
            continue
        try:
            validate(record)
        except DataError as error:
            raise DataError(f"{path}, line {number}: {error}") from error
        records.append(record)
    if not records:
        raise DataError(f"{path} holds no record.")
    last = session_of(records[-1])
    return sorted((r for r in records if session_of(r) == last), key=lambda r: int(r["seq"])), cut


def time_of(record: Json) -> float:
    """Seconds: the video's own time where there is one, else monotonic time."""
    return float(record["frame"].get("media", record["time"]["mono"]))


def times_of(records: list[Json]) -> Values:
    """(N,) seconds."""
    return np.array([time_of(record) for record in records])


def durations_of(times: Values) -> Values:
    """(N,) seconds for which each record stands: until the next, at most `GAP_S`; the last for the median."""
    steps = np.minimum(np.diff(times), GAP_S)
    return np.append(steps, np.median(steps) if len(steps) else 0.0)


def values_of(records: list[Json], group: str, key: str = "") -> Values:
    """(N,) values of `group.key`, or of the field `group` itself without a key; NaN where not measured.

    Records carry only the strongest expressions, so that one which is absent counts as 0, unless it requires an
    action unit that was not measured. Where the readings disagree, no expression and no emotion is relied on.
    """
    if not key:
        return np.array([float(record.get(group, np.nan)) for record in records])
    if group == "expressions":
        return np.array([_membership(record, key) for record in records])
    return np.array([float(_of(record, group).get(key, np.nan)) for record in records])


def _of(record: Json, group: str) -> Json:
    """What is relied on of a group of a record."""
    relied_on = not record.get("disagree") or group not in ("emotions", "expressions")
    return dict(record.get(group, {})) if relied_on else {}


def _membership(record: Json, expression: str) -> float:
    aus = record.get("aus", {})
    judged = all(any(unit in aus for unit in group) for group in _REQUIRED[expression])
    absent = 0.0 if judged and not record.get("disagree") else np.nan
    return float(_of(record, "expressions").get(expression, absent))


def strongest_of(records: list[Json], group: str, least: float = 0.0) -> Names:
    """(N,) name of the strongest of a group in each record; '' where none reaches `least`, none was measured, or the
    readings disagree."""
    return np.array([_strongest(_of(record, group), least) for record in records], dtype=np.str_)


def _strongest(values: Json, least: float) -> str:
    name = max(values, key=lambda name: float(values[name]), default="")
    return name if name and values[name] >= least else ""


def spans(times: Values, labels: list[str]) -> Iterator[tuple[float, float, str]]:
    """Begin and end, seconds, of each run of one label without a gap in time, and the label; not where it is ''."""
    ends = times + durations_of(times)
    blocks = np.append(0, np.cumsum(np.diff(times) > GAP_S)).tolist()
    for (label, _), run in groupby(range(len(times)), key=lambda at: (labels[at], blocks[at])):
        if label:
            within = list(run)
            yield float(times[within[0]]), float(ends[within[-1]]), label


def stretches(times: Values, known: Mask) -> list[tuple[int, int]]:
    """First and last index of each run of known values without a gap in time."""
    broken = np.flatnonzero(~known[1:] | ~known[:-1] | (np.diff(times) > GAP_S)) + 1
    bounds = [0, *broken.tolist(), len(times)]
    return [(a, b - 1) for a, b in pairwise(bounds) if b > a and known[a]]
