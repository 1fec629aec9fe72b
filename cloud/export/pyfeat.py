"""The set `py-feat`: the columns of py-feat 2's `Fex` (its first detector), one file a session.

Source: py-feat 2.1, `feat/utils/io.py` (`read_feat`) and `feat/pretrained.py`. Landmarks and identities are left out:
there are none. Angles are those of py-feat: up is a positive pitch, a turn to the right of the picture a negative yaw,
a tilt clockwise in the picture a negative roll.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from cloud.export.columns import INTEGER, NUMBER, TEXT, Column, ColumnSet, empty, radians
from cloud.export.units import tier_of
from cloud.reading.table import Table, Texts
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS

#: In the order of py-feat's own models; it draws faces by this order.
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_NAMES = {unit.key: unit.name for unit in ACTION_UNITS}


def _field(table: Table, path: str) -> Values:
    return table.values(path)


def _clock(table: Table) -> Texts:
    return np.array([f"{int(at // 60):02d}:{int(at % 60):02d}" for at in table.time.tolist()], object)


def _pixels(table: Table, path: str, side: int) -> Values:
    """(N,) a share of the frame in pixels; NaN where nobody told how large frames are."""
    frame = table.sessions[0].frame
    return np.round(table.values(path) * (frame[side] if frame else np.nan), 2)


def _radians(table: Table, path: str, sign: float) -> Values:
    return radians(table.values(path), sign)


def _input(table: Table) -> Texts:
    return np.full(len(table), table.sessions[0].id, object)


def _rectangle() -> Iterator[Column]:
    for name, path, side in (("X", "x", 0), ("Y", "y", 1), ("Width", "w", 0), ("Height", "h", 1)):
        meaning = "rectangle of the face; empty where nobody told how large frames are"
        yield Column(f"FaceRect{name}", NUMBER, meaning, partial(_pixels, path=f"face.{path}", side=side), "pixels")


def _columns() -> Iterator[Column]:
    frame = partial(_field, path="frame.index")
    yield Column("frame", INTEGER, "number of the frame in its source, from 0", frame, "number", 0)
    yield Column("approx_time", TEXT, "minutes and seconds since the session's first record, mm:ss", _clock)
    yield from _rectangle()
    score = partial(_field, path="quality.presence")
    yield Column("FaceScore", NUMBER, "probability that there is a face in the crop", score, "probability", 0, 1)
    for name, path, sign, meaning in (
        ("Pitch", "pose.pitch", 1, "up is positive"),
        ("Roll", "pose.roll", -1, "clockwise in the picture is negative"),
        ("Yaw", "pose.yaw", -1, "to the right of the picture is negative"),
    ):
        yield Column(name, NUMBER, meaning, partial(_radians, path=path, sign=sign), "rad", -np.pi, np.pi)
    for name in "XYZ":
        yield Column(name, NUMBER, "translation of the head, not measured here: empty", empty)
    for number in UNITS:
        yield _unit(number)
    for name in EMOTIONS:
        path = f"emotions.{name}"
        meaning = f"probability of {name}"
        yield Column(name, NUMBER, meaning, partial(_field, path=path), "probability", 0, 1, tier_of(path))
    yield Column("input", TEXT, "the session", _input)


def _unit(number: int) -> Column:
    key = f"AU{number}"
    if key not in _NAMES:
        return Column(f"AU{number:02}", NUMBER, "not estimated here: empty", empty)
    path = f"aus.{key}"
    unit = "FACS intensity, A–E = 1–5"
    return Column(f"AU{number:02}", NUMBER, _NAMES[key], partial(_field, path=path), unit, 0, 5, tier_of(path))


SET = ColumnSet(
    "py-feat",
    (*_columns(),),
    (
        "Action units are intensities from 0 to 5, where py-feat's own models give probabilities from 0 to 1: divide "
        "by 5 before its drawings, and do not compare its thresholds.",
        "AU16, AU18 and AU22, contempt, expressions and pain have no place in this format; the other emotions are as "
        "they were, and add up to less than 1 by what contempt had.",
        "Where nothing was measured, cells are empty.",
        "The box and the month are those of the file's folders.",
    ),
    "csv",
)
