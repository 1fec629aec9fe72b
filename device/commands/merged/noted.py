"""What was seen in a clip, frame by frame, in a nameless file beside what is made of it: memory does not grow, and
nobody else reads it. The pictures themselves are not in it."""

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from device.arrays import Array, FloatArray
from device.closing import Closing
from device.contract.errors import StorageError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, EXPRESSIONS, PARTS, SIDED_KEYS, Reason
from device.observation import Observation
from device.stages.eyes import Eyes
from device.stages.frame import Frame
from device.stages.personal import Personal
from device.stages.pose import Pose

#: Time from the clip's first frame on, seconds; NaN is what was not measured. Points are eighths of a pixel of the
#: picture as it is shown.
_MOST_POINTS, _FINE = 478, 8
ROW = np.dtype(
    [
        *(("time", "f8"), ("reasons", "u4"), ("hidden", "u1"), ("disagree", "?"), ("faces", "u2")),
        *(("calibrated", "?"), ("pose", "f4", 3), ("open", "f4"), ("blinks", "f4"), ("width", "f4")),
        *(("emotions", "f4", len(EMOTIONS)), ("units", "f4", len(ACTION_UNITS))),
        *(("left", "f4", len(SIDED_KEYS)), ("right", "f4", len(SIDED_KEYS)), ("expressions", "f4", len(EXPRESSIONS))),
        *(("watched", "?"), ("own", "f4", 1), ("movement", "u1"), ("belongs", "u4")),
        *(("count", "u2"), ("points", "i2", (_MOST_POINTS, 2))),
    ]
)
_REASONS = tuple(Reason)


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen in one frame: a row of the notes, as other code asks for it."""

    row: Any

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(reason for bit, reason in enumerate(_REASONS) if self.row["reasons"] >> bit & 1)

    @property
    def hidden(self) -> tuple[str, ...]:
        return tuple(part for bit, part in enumerate(PARTS) if self.row["hidden"] >> bit & 1)

    @property
    def points(self) -> FloatArray:
        """(N, 2) landmarks of whoever is followed; N is 0 where nobody is."""
        return self.row["points"][: self.row["count"]].astype(np.float32) / _FINE  # type: ignore[no-any-return]

    @property
    def pose(self) -> Pose | None:
        return None if math.isnan(self.row["pose"][0]) else Pose(*self.row["pose"].tolist())

    @property
    def eyes(self) -> Eyes:
        known = (None if math.isnan(self.row[name]) else float(self.row[name]) for name in ("open", "blinks"))
        return Eyes(open=next(known), blinks=next(known))

    @property
    def personal(self) -> Personal | None:
        """What was said of the person's own movement; the units that belong to one are in the contract's order."""
        distance = float(self.row["own"][0])
        units = tuple(unit.key for bit, unit in enumerate(ACTION_UNITS) if self.row["belongs"] >> bit & 1)
        return None if math.isnan(distance) else Personal(distance, int(self.row["movement"]) or None, units, "")


class Notes(Closing):
    """Takes what was seen, one frame after the other, and gives it back as arrays.

    Attributes:
        still: whether they are of pictures, each of which is shown for a second.
    """

    def __init__(self, beside: Path) -> None:
        """`beside`: a file, on whose disk there has to be room for 2.5 kB a frame. Raises `StorageError`."""
        self._beside, self.still = beside, False
        self._first_s: float | None = None
        self._count = 0
        try:
            self._file = tempfile.TemporaryFile(dir=beside.resolve().parent)  # noqa: SIM115  # closed by `close`
        except OSError as error:
            raise _unwritable(beside, error) from error

    def __len__(self) -> int:
        return self._count

    def take(self, observation: Observation, scale: float) -> None:
        """One frame more, whose picture is shown `scale` times as large. Raises `StorageError`."""
        row = np.zeros((), ROW)
        row["time"] = self.time_of(observation.frame)
        _fill(row, observation)
        if observation.track is not None:
            face = observation.track.face
            points = face.points[:_MOST_POINTS, :2] * (scale * _FINE)
            row["count"], row["width"] = len(points), face.box.w * scale
            row["points"][: len(points)] = np.clip(points, -(2**15), 2**15 - 1)
        self._count += 1
        try:
            self._file.write(row.tobytes())
        except OSError as error:
            raise _unwritable(self._beside, error) from error

    def time_of(self, frame: Frame) -> float:
        """When a frame is shown, seconds from the first one taken."""
        if frame.name:
            self.still = True
            return float(self._count)
        self._first_s = frame.time_s if self._first_s is None else self._first_s
        return frame.time_s - self._first_s

    def rows(self) -> Array:
        """(N,) of `ROW`, read from the file where they are looked at. Raises `StorageError`."""
        try:
            self._file.flush()
            return np.memmap(self._file, ROW, "r", shape=(self._count,))
        except OSError as error:
            raise _unwritable(self._beside, error) from error

    def close(self) -> None:
        self._file.close()


def _fill(row: Any, observation: Observation) -> None:
    """What was measured, as far as it was."""
    row["reasons"] = sum(1 << _REASONS.index(reason) for reason in observation.reasons)
    row["hidden"] = sum(1 << PARTS.index(part) for part in observation.hidden)
    row["disagree"], row["faces"] = observation.disagree, observation.faces
    row["calibrated"] = observation.neutral.startswith("calibrated")
    pose, eyes = observation.pose, observation.eyes
    row["pose"] = np.nan if pose is None else (pose.yaw, pose.pitch, pose.roll)
    row["open"], row["blinks"] = (math.nan if value is None else value for value in (eyes.open, eyes.blinks))
    row["emotions"] = observation.emotions if len(observation.emotions) else np.nan
    actions = observation.actions
    row["units"], row["left"], row["right"] = actions.both, actions.left, actions.right
    _fill_own(row, observation)
    measured = len(observation.emotions) > 0
    row["expressions"] = [observation.expressions.get(name, 0.0 if measured else math.nan) for name in EXPRESSIONS]


def _fill_own(row: Any, observation: Observation) -> None:
    said = observation.personal
    row["watched"], row["own"] = observation.own_watched, np.nan if said is None else said.distance
    if said is not None:
        row["movement"] = said.movement or 0
        row["belongs"] = sum(1 << ACTION_UNIT_KEYS.index(key) for key in said.units)


def _unwritable(beside: Path, error: OSError) -> StorageError:
    return StorageError(
        f"What was seen cannot be noted beside {beside} ({error.strerror}): check the folder and the space."
    )
