"""A recording as the reader sees it: the records of one boot, and quantities over time."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.record import Json, decode

#: Records further apart than this have a gap between them, in which nothing is known.
GAP_S = 0.5

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


def read_last_boot(path: Path) -> list[Json]:
    """The records of the boot that the file ends with, in order.

    Raises:
        DataError: no such file, a line that is not a record, or no record at all.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(decode(line))
        except DataError as error:
            raise DataError(f"{path}, line {number}: {error}") from error
    if not records:
        raise DataError(f"{path} holds no record.")
    last = records[-1]["boot"]
    return sorted((r for r in records if r["boot"] == last), key=lambda r: int(r["seq"]))


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

    Records carry only the strongest expressions, so that one which is absent from a measured record counts as 0.
    """
    if not key:
        return np.array([float(record.get(group, np.nan)) for record in records])
    absent = 0.0 if group == "expressions" else np.nan
    return np.array(
        [float(r.get(group, {}).get(key, absent)) if r["status"] == "measured" else np.nan for r in records]
    )


def stretches(times: Values, known: Mask) -> list[tuple[int, int]]:
    """First and last index of each run of known values without a gap in time."""
    broken = np.flatnonzero(~known[1:] | ~known[:-1] | (np.diff(times) > GAP_S)) + 1
    bounds = [0, *broken.tolist(), len(times)]
    return [(a, b - 1) for a, b in pairwise(bounds) if b > a and known[a]]
