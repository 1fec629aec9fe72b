"""The recordings of a simulated cohort: JSON lines as a box writes them, records and events, one file a session."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from device.contract import record, session
from device.contract.boot import moment
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, LOWER
from device.contract.session import Consent, Event, Why, consent_json, session_id
from training.cohort.course import EYES, REASONS, SEEN, Course, course
from training.cohort.truth import Floats, Truth

#: What simulated recordings name as the bundle that gave their numbers: by this they say that they are simulated.
SIMULATED = "simulated"
SIMULATED_BUNDLE = f"{SIMULATED}-1.0.0"
SIDES_DIFFER = 0.5  # as `device/recorder.py` has it
_EPOCH_S, _DAY_S, _START_S = 1_767_600_000.0, 86_400.0, 600.0  # 2026-01-05
_COVERS = ("expressions", "units", "diagnosis")
_FRAME = {"width": 1280, "height": 720}
_SHUT = 2.5
_ALWAYS = {
    "faces": 1,
    "face": {"x": 0.41, "y": 0.24, "w": 0.21, "h": 0.39},
    "quality": {"presence": 0.997, "width": 268.4, "sharpness": 0.41, "brightness": 0.52},
    "neutral": "none",
}


@dataclass(frozen=True)
class Told:
    """What the recording of a session says beside its frames.

    Attributes:
        patient: pseudonym.
        site: after which the box is called.
        digest: hexadecimal digits that tell the session from others.
        began_s: seconds since 1970.
        covers, age: of the consent.
        phases: whether the session says which phases it had.
    """

    patient: str
    site: str
    digest: str
    began_s: float
    covers: tuple[str, ...] = _COVERS
    phases: bool = True
    age: str = ""

    @property
    def own(self) -> Json:
        """What every line holds."""
        named = {"device": f"sim-{self.site}", "boot": session_id(self.digest[:8], _START_S - 90)}
        return named | {"session": session_id(self.digest[:8], _START_S - 1)}


def lines_of(course: Course, told: Told) -> Iterator[bytes]:
    """The lines of a file, events and records, without line breaks. Raises `DataError`: the contract does not take an
    event."""
    first, *waiting = _events(course, told)
    yield session_line(first)
    for number, line in enumerate(_records(course, told.own, told.began_s)):
        while waiting and waiting[0]["time"]["mono"] <= _START_S + number / course.hz:
            yield session_line(waiting.pop(0))
        yield line
    for event in waiting:
        yield session_line(event)


def _events(course: Course, told: Told) -> Iterator[Json]:
    consent = Consent(told.covers, "patient", told.began_s - 900, told.began_s + 52 * 7 * _DAY_S, told.age)
    happened: list[tuple[float, Event, Json]] = [
        (-1.0, Event.BEGAN, {"consent": consent_json(consent)}),
        (0.0, Event.CAMERA, {"frame": _FRAME}),
    ]
    if told.phases:
        happened += [(at / course.hz, Event.PHASE, {"name": name}) for name, at in course.phases]
    happened.append((len(course) / course.hz, Event.ENDED, {"why": Why.STOPPED.value}))
    for number, (at_s, event, content) in enumerate(happened, 1):
        own = {"v": session.VERSION, **told.own, "number": number, "patient": told.patient}
        time = moment(_START_S + at_s, told.began_s + at_s, True)
        yield own | {"event": event.value, "time": time, **content}


def began_s(week: int, person: int) -> float:
    """When a person's session of a week begins, seconds since 1970."""
    return _EPOCH_S + _DAY_S * (7 * week + person % 5) + 3600.0 * (8 + person % 9)


class Recording:
    """One session of one person of a cohort.

    Attributes:
        name: of its file, without the ending.
        course: what happens in it.
    """

    def __init__(self, truth: Truth, person: int, number: int) -> None:
        """Args: `person`, `number`: of the participant and of the session, from 0."""
        someone = truth.people[person]
        self.name = f"{someone.pseudonym}-{number + 1}"
        digest = sha256(f"{truth.seed}/{self.name}".encode()).hexdigest()
        chance = np.random.default_rng([truth.seed, person, number, *b"course"])
        active, longer = truth.activity(number)[person], longer_of(truth, person)
        self.course = course(truth.plan, active, truth.held[person], float(truth.away[person]), longer, chance)
        phases = not (truth.plan.faults.unphased or truth.plan.stimuli)
        self._told = Told(someone.pseudonym, someone.site, digest, began_s(number, person), phases=phases)

    def lines(self) -> Iterator[bytes]:
        """See `lines_of`."""
        return lines_of(self.course, self._told)

    def stimuli(self) -> Iterator[tuple[str, float, float]]:
        """The phases as `stimuli.csv` has them: label, from and to in seconds."""
        ends = [first for _, first in self.course.phases[1:]] + [len(self.course)]
        for (name, first), end in zip(self.course.phases, ends, strict=True):
            yield name, first / self.course.hz, end / self.course.hz


def longer_of(truth: Truth, person: int) -> float:
    """By how much a person's sessions are longer than planned: those of one with most of the frames (`Faults.hog`)."""
    share, others = truth.plan.faults.hog, len(truth.people) - 1
    return share / (1 - share) * max(others, 1) if share and person == 0 else 1.0


def session_line(event: Json) -> bytes:
    """An event as a line. Raises `DataError`."""
    session.validate(event)
    return record.encode(event)


def _records(course: Course, own: Json, began_s: float) -> Iterator[bytes]:
    """Each frame as a record."""
    columns = (course.gated, course.hidden, course.yaw, course.pitch, course.aus, course.sides, course.emotions)
    rows = zip(*(column.tolist() for column in (*columns, *_eyes(course))), strict=True)
    for at, (gated, hidden, yaw, pitch, aus, sides, emotions, opened, blink) in enumerate(rows):
        seconds = at / course.hz
        time = moment(round(_START_S + seconds, 3), round(began_s + seconds, 3), True)
        found: Json = {"v": record.VERSION, **own, "seq": at + 1, "time": time, "frame": {"index": at}}
        found |= {"track": {"id": 1, "age": round(seconds, 1)}, "pose": {"yaw": yaw, "pitch": pitch, "roll": 0.4}}
        found |= _ALWAYS
        if gated != SEEN:
            yield record.encode(found | {"status": "gated", "reasons": [REASONS[gated].value]})
            continue
        found |= {"status": "measured", "models": {"aus": SIMULATED_BUNDLE, "emotions": SIMULATED_BUNDLE}}
        found["emotions"] = dict(zip(EMOTIONS, emotions, strict=True))
        found |= _units(aus, sides)
        found["eyes"] = {"open": opened} | ({} if math.isnan(blink) else {"blink": blink})
        yield record.encode(found | ({"hidden": [LOWER]} if hidden else {}))


def _units(aus: list[float], sides: list[float]) -> Json:
    """Intensities that were measured, and of the sides where they differ."""
    found: Json = {
        "aus": {key: value for key, value in zip(ACTION_UNIT_KEYS, aus, strict=True) if not math.isnan(value)}
    }
    apart = [
        (key, value, half / 2)
        for key, value, half in zip(ACTION_UNIT_KEYS, aus, sides, strict=True)
        if abs(half) >= SIDES_DIFFER and not math.isnan(value)
    ]
    if apart:
        found["left"] = {key: round(min(max(value + half, 0.0), 5.0), 2) for key, value, half in apart}
        found["right"] = {key: round(min(max(value - half, 0.0), 5.0), 2) for key, value, half in apart}
    return found


def _eyes(course: Course) -> tuple[Floats, Floats]:
    """(N,) how far the eyes are open, and (N,) the duration of the blink that ended there, NaN where none did."""
    closed = course.aus[:, EYES]
    shut = closed >= _SHUT
    ends = np.append(False, shut[:-1] & (closed[1:] < _SHUT))[: len(shut)]
    begins = np.maximum.accumulate(np.where(shut, -1, np.arange(len(shut))))  # the last frame before with open eyes
    before = np.append(-1, begins[:-1])[: len(shut)]
    lasted = (np.arange(len(shut)) - before - 1) / course.hz
    return np.round(1 - closed / 5, 3), np.where(ends, lasted.round(3), np.nan)
