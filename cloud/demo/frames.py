"""Packs of records of a simulated session, at ten frames a second: all that a box says of each frame."""

import random
from collections.abc import Iterator

import numpy as np

from cloud.demo import comparison, personal
from cloud.demo.clocks import Part
from cloud.demo.course import REASONS, Course, Floats
from cloud.demo.packing import column, flags
from cloud.demo.spans import Measures, packed
from device.contract import record
from device.contract.columns import ABSENT
from device.contract.columns import column as any_column
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, EXPRESSIONS, LOWER, Reason, Slower

_PACK_S = 120
_MODEL = "face-1.0.0"
_TURNED_DEG = 12.0
_COSTS = {"ms.detect": 21.4, "ms.align": 3.1, "ms.read": 14.8, "ms.interpret": 3.9, "ms.total": 43.2}
_HOST = {"host.cpu": 62.0, "host.rss": 131.4, "host.memory": 27.3}


def of_records(part: Part, course: Course, read: Measures, identity: Json) -> Iterator[Json]:
    """Packs of records of one session, two minutes each."""
    columns = _numbers(part, course, read)
    mono, wall, trusted = part.times(course.hz)
    seq = np.arange(1, part.last - part.first + 1)
    step = _PACK_S * course.hz
    for at in range(0, len(seq), step):
        here = slice(at, at + step)
        rows = slice(part.first + at, min(part.first + at + step, part.last))
        found: dict[str, Json | None] = {
            path: column(values[here], digits) for path, (values, digits) in columns.items()
        }
        found |= _words(part, course, read, rows)
        if (rated := columns.get("atypicality.rating")) is not None:
            found["models.atypicality"] = flags(np.isfinite(rated[0][here]), comparison.BUNDLE)
        if (own := columns.get("personal.distance")) is not None:
            found["models.personal"] = flags(np.isfinite(own[0][here]), personal.BUNDLE)
        found["time.trusted"] = any_column(trusted[here].tolist())
        time = {"mono": mono[at], "wall": wall[at], "trusted": bool(trusted[at])}
        yield packed("records", identity, seq[here], time, found)


def _numbers(part: Part, course: Course, read: Measures) -> dict[str, tuple[Floats, int]]:
    """Field path → its values in the session's rows, NaN where absent, and decimals."""
    rows = slice(part.first, part.last)
    mono, wall, _ = part.times(course.hz)
    count = len(mono)
    seen = course.gated[rows] != REASONS.index(Reason.NO_FACE)
    found: dict[str, tuple[Floats, int]] = {
        "v": (np.full(count, float(record.VERSION)), 0),
        "seq": (np.arange(1, count + 1.0), 0),
        "time.mono": (mono, 3),
        "time.wall": (wall, 3),
        "frame.index": (np.arange(0.0, count), 0),
        "faces": (np.where(seen, 1.0, 0.0), 0),
        "pain": (read.pain[rows], 2),
    }
    groups = (("emotions", EMOTIONS, read.emotions, 3), ("aus", ACTION_UNIT_KEYS, course.aus, 2))
    for group, names, values, digits in (*groups, ("expressions", EXPRESSIONS, read.expressions, 3)):
        found |= {f"{group}.{name}": (values[rows, at], digits) for at, name in enumerate(names)}
    found |= _of_face(part, course, seen)
    if comparison.COVERED in part.plan.person.covers:
        rated = comparison.rated(part.plan, course.measured[rows].astype(float), course.hz)
        found |= {path: (values, 2) for path, values in rated.items()}
    if personal.COVERED in part.plan.person.covers:
        found |= {path: (values[rows], digits) for path, (values, digits) in personal.read(course).items()}
    found |= _of_eyes(course.aus[rows, ACTION_UNIT_KEYS.index("AU43")], course.hz)
    return found | _of_host(part, count, course.hz)


def _of_face(part: Part, course: Course, seen: np.ndarray) -> dict[str, tuple[Floats, int]]:
    """Where the face is, how it is turned, and how good the picture is; absent where nobody is seen."""
    rows = slice(part.first, part.last)
    sway = np.sin(np.arange(part.first, part.last) / course.hz / 11.0)
    turn = course.turn[rows]
    dark = course.gated[rows] == REASONS.index(Reason.TOO_DARK)
    values = {
        "face.x": (0.41 + 0.03 * sway, 4),
        "face.y": (0.24 + 0.01 * sway, 4),
        "face.w": (0.21 + 0.01 * sway, 4),
        "face.h": (0.39 + 0.02 * sway, 4),
        "pose.yaw": (turn, 1),
        "pose.pitch": (-6 + 3 * sway, 1),
        "pose.roll": (1.5 * sway, 1),
        "quality.presence": (np.where(np.abs(turn) > 40, 0.71, 0.997), 3),
        "quality.width": (268 + 12 * sway, 1),
        "quality.sharpness": (0.41 + 0.05 * sway, 3),
        "quality.brightness": (np.where(dark, 0.07, 0.52 + 0.03 * sway), 3),
        "track.age": (np.arange(len(turn)) / course.hz, 3),
    }
    found = {path: (np.where(seen, np.round(one, digits), np.nan), digits) for path, (one, digits) in values.items()}
    return found | {"track.id": (np.where(seen, 1.0, np.nan), 0)}


def _of_eyes(closed: Floats, hz: int) -> dict[str, tuple[Floats, int]]:
    """Opening of the eyes and blinks, from AU43."""
    measured = np.isfinite(closed)
    shut = np.nan_to_num(closed) >= 2.5
    ends = np.zeros(len(shut), bool)
    ends[1:] = shut[:-1] & ~shut[1:] & measured[1:]
    window = np.ones(60 * hz)
    blinks = np.convolve(ends, window)[: len(ends)]
    perclos = np.convolve(shut, window)[: len(shut)] / len(window)
    return {
        "eyes.open": (np.where(measured, np.round(1.0 - np.nan_to_num(closed) / 5, 3), np.nan), 3),
        "eyes.blink": (np.where(ends, 0.2, np.nan), 3),
        "eyes.blinks": (np.where(measured, blinks, np.nan), 3),
        "eyes.perclos": (np.where(measured, np.round(perclos, 3), np.nan), 3),
    }


def _of_host(part: Part, count: int, hz: int) -> dict[str, tuple[Floats, int]]:
    """Costs and the machine's state, once a second."""
    chance = np.random.default_rng(random.Random(part.session).getrandbits(64))
    told = np.arange(count) % hz == 0
    hot = part.plan.kind == "hot"
    found = {}
    for path, usual in (_COSTS | _HOST).items():
        digits = 1 if path.startswith("host.") else 2
        found[path] = (np.where(told, np.round(usual * chance.normal(1.0, 0.02, count), digits), np.nan), digits)
    warm = np.linspace(49.0, 81.0 if hot else 58.0, count)
    found["host.temperature"] = (np.where(told, np.round(warm, 1), np.nan), 1)
    slow = warm > 75.0
    found["pace.rate"] = (np.where(slow, 6.0, float(hz)), 1)
    return found


def _words(part: Part, course: Course, read: Measures, rows: slice) -> dict[str, Json | None]:
    """The columns of texts, lists and booleans."""
    measured = course.measured[rows]
    gated = course.gated[rows].tolist()
    turn = course.turn[rows]
    codes = [["AD52"] if here > _TURNED_DEG else ["AD51"] if here < -_TURNED_DEG else ABSENT for here in turn.tolist()]
    shown = [code if seen else ABSENT for code, seen in zip(codes, measured.tolist(), strict=True)]
    why = [ABSENT if at < 0 else [REASONS[at].value] for at in gated]
    hot = np.linspace(49.0, 81.0, len(course))[rows] > 75.0 if part.plan.kind == "hot" else np.zeros_like(measured)
    neutral = "calibrated:5f1d3a0c" if part.plan.person.rest else "none"
    return {
        "status": any_column(["measured" if seen else "gated" for seen in measured.tolist()]),
        "reasons": _any(why),
        "codes": _any(shown),
        "hidden": flags(course.masked[rows] & measured, [LOWER]),
        "disagree": flags(read.disagree[rows] & measured, True),
        "neutral": flags(measured, neutral),
        "models.aus": flags(measured, _MODEL),
        "models.emotions": flags(measured, _MODEL),
        "pace.why": flags(hot, [Slower.HEAT.value]),
    }


def _any(values: list[object]) -> Json | None:
    return None if all(value is ABSENT for value in values) else any_column(values)
