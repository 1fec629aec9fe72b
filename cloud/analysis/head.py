"""The head: where it was turned, how much it moved, and its FACS codes.

Angles are told where the face was measured, so that what is turned away is missing: the spread is that of the time in
which the face could be seen. Speed is from quarter to quarter of a second, each the mean of its records, so that the
tremble of a single estimate is no movement.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import CODES

ANGLES = ("yaw", "pitch", "roll")
_STEP_S = 0.25


@dataclass(frozen=True)
class Angle:
    """Degrees: mean, standard deviation, and what 5 % and 95 % of the time were below."""

    mean: float
    spread: float
    low5: float
    high95: float


@dataclass(frozen=True)
class Head:
    """Over a session.

    Attributes:
        seconds: in which the head was seen well enough.
        yaw, pitch, roll: as records have them: to the right of the picture (the person's left), up, clockwise.
        speed, speed95: degrees a second, in the median and for 95 % of the time at most; None where records are too
            far apart.
        turned: code (`AD51`, head turned left) → share of that time; without codes where they were not recorded.
    """

    seconds: float
    yaw: Angle
    pitch: Angle
    roll: Angle
    speed: float | None
    speed95: float | None
    turned: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Movement:
    """Over time: (M,) begins of quarter seconds; (M, 3) yaw, pitch and roll, degrees, and (M,) degrees a second since
    the quarter before; NaN where not measured."""

    times: Values
    pose: Values
    speed: Values


def head(table: Table) -> Head | None:
    """Of one session of records; None where no head was measured."""
    if table.form is not RECORDS:
        return None
    rows = table.measured & table.known("pose.yaw") & table.known("pose.pitch") & table.known("pose.roll")
    lasting = table.durations[rows]
    if not lasting.sum():
        return None
    yaw, pitch, roll = (_angle(table.values(f"pose.{name}")[rows], lasting) for name in ANGLES)
    speed = movement(table).speed
    speed = speed[~np.isnan(speed)]
    turned = {code: float(table.durations[rows & table.has_name("codes", code)].sum()) for code in CODES}
    told = any(turned.values()) or bool(table.known("aus").any())
    return Head(
        float(lasting.sum()),
        yaw,
        pitch,
        roll,
        float(np.median(speed)) if len(speed) else None,
        float(np.percentile(speed, 95)) if len(speed) else None,
        {code: seconds / float(lasting.sum()) for code, seconds in turned.items() if seconds} if told else {},
    )


def movement(table: Table) -> Movement:
    """Pose and speed over time of one session of records; all NaN where no head was measured."""
    stacked = np.array([table.values(f"pose.{name}") for name in ANGLES])
    known = table.measured & ~np.isnan(stacked).any(0)
    steps = np.maximum(table.time / _STEP_S, 0).astype(np.intp)  # a video's own time may begin anew
    numbers, count = steps[known], int(steps.max(initial=-1)) + 1
    rows = np.bincount(numbers, minlength=count)
    with np.errstate(invalid="ignore"):
        sums = [np.bincount(numbers, angle[known], count) for angle in stacked]
        pose = np.array([of / rows for of in sums]).T.reshape(-1, 3)
    turned = np.sqrt((np.diff(pose, axis=0) ** 2).sum(1)) / _STEP_S
    return Movement(_STEP_S * np.arange(count, dtype=float), pose, np.append(np.nan, turned)[:count])


def _angle(values: Values, lasting: Values) -> Angle:
    total = float(lasting.sum())
    mean = float((values * lasting).sum()) / total
    spread = (float(((values - mean) ** 2 * lasting).sum()) / total) ** 0.5
    order = np.argsort(values)
    reached = np.cumsum(lasting[order]) / total
    low, high = (float(values[order][min(int(np.searchsorted(reached, q)), len(order) - 1)]) for q in (0.05, 0.95))
    return Angle(mean, spread, low, high)
