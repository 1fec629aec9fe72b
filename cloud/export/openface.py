"""The set `openface`: the columns of OpenFace 2.2's CSV, in its order, one file a session.

Source: OpenFace's wiki, "Output format"; its `FeatureExtraction` writes 714 columns. What is not measured here (gaze,
translations, landmarks, shape) is there and empty, so that readers which take columns by their number or by name find
them.

Angles are turned into those of OpenFace's camera (x to the right of the picture, y down, z away): a face that looks up
has a negative `pose_Rx`, one that looks to the right of the picture a negative `pose_Ry`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from cloud.export.columns import INTEGER, NUMBER, Column, ColumnSet, empty, radians
from cloud.export.units import tier_of
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS

#: FACS number in OpenFace's intensities → our unit.
INTENSITIES = {number: f"AU{number}" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26)} | {
    45: "AU43"
}
#: The same of its presences.
PRESENCES = dict(sorted((INTENSITIES | {28: "AU28"}).items()))
PRESENT = 1.0  # FACS A
_NAMES = {unit.key: unit.name for unit in ACTION_UNITS}
_LANDMARKS, _EYE_LANDMARKS, _SHAPES = 68, 56, 34
_EMPTY = "not measured here: empty"


def _index(table: Table) -> Values:
    return table.values("frame.index") + 1


def _field(table: Table, path: str) -> Values:
    return table.values(path)


def _radians(table: Table, path: str, sign: float) -> Values:
    return radians(table.values(path), sign)


def _success(table: Table) -> Values:
    return table.measured.astype(np.float64)


def _presence(table: Table, path: str) -> Values:
    values = table.values(path)
    return np.where(np.isnan(values), np.nan, values >= PRESENT)


def _none(names: Iterable[str]) -> Iterator[Column]:
    return (Column(name, NUMBER, _EMPTY, empty) for name in names)


def _numbered(prefixes: str, count: int) -> Iterator[str]:
    return (f"{prefix}_{number}" for prefix in prefixes.split() for number in range(count))


def _angle(name: str, path: str, sign: float, meaning: str) -> Column:
    return Column(name, NUMBER, meaning, partial(_radians, path=path, sign=sign), "rad", -np.pi, np.pi)


def _unit(name: str, key: str, kind: str, of: Callable[..., Values], high: float, unit: str) -> Column:
    closed = "; here while the eyes are closed, blinks among it" if key == "AU43" else ""
    return Column(
        name, kind, f"{_NAMES[key]}{closed}", partial(of, path=f"aus.{key}"), unit, 0, high, tier_of(f"aus.{key}")
    )


def _columns() -> Iterator[Column]:
    yield Column("frame", INTEGER, "number of the frame in its source, from 1", _index, "number", 1)
    yield Column("face_id", INTEGER, "number of the patient's track", partial(_field, path="track.id"), "number", 1)
    yield Column("timestamp", NUMBER, "since the session's first record", lambda table: table.time, "s", 0)
    confidence = partial(_field, path="quality.presence")
    yield Column("confidence", NUMBER, "probability that there is a face in the crop", confidence, "probability", 0, 1)
    yield Column("success", INTEGER, "1 if the face was measured, else 0", _success, "0 or 1", 0, 1)
    yield from _none(f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz")
    yield from _none(("gaze_angle_x", "gaze_angle_y"))
    yield from _none(_numbered("eye_lmk_x eye_lmk_y eye_lmk_X eye_lmk_Y eye_lmk_Z", _EYE_LANDMARKS))
    yield from _none(("pose_Tx", "pose_Ty", "pose_Tz"))
    yield _angle("pose_Rx", "pose.pitch", -1, "pitch of the head; up is negative")
    yield _angle("pose_Ry", "pose.yaw", -1, "yaw of the head; to the right of the picture is negative")
    roll = "roll of the head; clockwise in the picture is positive (sign not checked against OpenFace itself)"
    yield _angle("pose_Rz", "pose.roll", 1, roll)
    yield from _none(_numbered("x y X Y Z", _LANDMARKS))
    yield from _none(("p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty"))
    yield from _none(_numbered("p", _SHAPES))
    for number, key in INTENSITIES.items():
        yield _unit(f"AU{number:02}_r", key, NUMBER, _field, 5, "FACS intensity, A–E = 1–5")
    for number, key in PRESENCES.items():
        yield _unit(f"AU{number:02}_c", key, INTEGER, _presence, 1, "0 or 1: at least FACS A")


SET = ColumnSet(
    "openface",
    (*_columns(),),
    (
        "Names and order are those of OpenFace 2.2; the estimators are others, and their numbers differ from its own.",
        "Where nothing was measured, action units are empty, where OpenFace writes 0; `success` is 0 there.",
        "AU16, AU18, AU22 and AU24, emotions, expressions and pain have no place in this format.",
        "The session is the file's name, the box and the month are those of its folders.",
    ),
    "csv",
)
