"""A session on the digital face: for each row of its table the weight of every target, the turn of the head, or why
nothing is known.

A part of the face that was hidden has no weight: it stays at rest, and `State.hidden` tells it. A face that was not
measured has none at all: it is drawn at rest, faded, with `State.why`; its turn is kept where it was measured, as of
one who turned away. Eyes that are told to be turned have `TURNED`: records say which way, not how far.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.measures import lasting_s
from cloud.analysis.quantities import disagree
from cloud.analysis.shares import CLEAR
from cloud.analysis.unseen import HIDDEN, NO_UNITS, NOT_AGREED, UNSEEN
from cloud.reading.columns import RECORDS
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.reading.timeline import Mask, Values
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNITS, EMOTIONS, PARTS, ActionUnit, Reason

#: Action descriptors of eyes that are turned; targets of the face beside those of action units.
EYES = ("AD61", "AD62", "AD63", "AD64")
#: Weight of eyes that are told to be turned.
TURNED = 0.6
MOST = 5.0
#: What leads in a row: emotions, or one of these two; -1 where nothing is known.
LEADING = (*EMOTIONS, "no clear expression", "readings disagree")
_SHUT = "AU43"
_HALF = 0.5  # of the usual opening, below which eyes are closing (`device/stages/eyes.py`)
_SIDES = {"L": "left", "R": "right"}

Floats = NDArray[np.float32]
Numbers = NDArray[np.int16]


@dataclass(frozen=True)
class State:
    """What the face shows at a moment.

    Attributes:
        weights: target → 0 to 1; a target that is not here was not measured, and is at rest.
        yaw, pitch, roll: degrees, as in records (to the right of the picture, up, clockwise in the picture); 0 where
            unknown.
        why: nothing was measured, in words; '' where it was.
        hidden: parts of a measured face that were hidden, in words.
    """

    weights: Mapping[str, float]
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    why: str = ""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Track:
    """A session over time.

    Attributes:
        session: whose.
        times: (N,) seconds since the first row.
        ends: (N,) until when each row stands.
        wall: (N,) seconds since 1970, NaN where nobody knows.
        units: action unit → (N,) intensity 0–5, NaN where not measured; only those that some row has.
        weights: target → (N,) 0 to 1, NaN where not measured; only those that some row has.
        pose: (N, 3) yaw, pitch and roll in degrees, NaN where not measured.
        why: (N,) number in `words`, 0 where the face was measured.
        words: '' first.
        hidden: (N,) a bit for each of `PARTS`.
        leading: (N,) number in `LEADING`, -1 where nothing is known.
    """

    session: Session
    times: Values
    ends: Values
    wall: Values
    units: dict[str, Floats]
    weights: dict[str, Floats]
    pose: Floats
    why: Numbers
    words: tuple[str, ...]
    hidden: Numbers
    leading: Numbers

    def __len__(self) -> int:
        return len(self.times)

    @property
    def lasted_s(self) -> float:
        """Seconds from the first row to the end of the last."""
        return float(self.ends[-1]) if len(self) else 0.0

    def row(self, at_s: float) -> int:
        """The row that stands at a moment; -1 where none does."""
        found = int(np.searchsorted(self.times, at_s, "right")) - 1
        return found if found >= 0 and at_s < self.ends[found] else -1

    def at(self, at_s: float, between: bool = False) -> State:
        """What the face shows at a moment, seconds; `between`: on its way to the next row where that follows without a
        gap, for films that have more pictures a second than there are rows."""
        row = self.row(at_s)
        if row < 0:
            return State({}, why=UNSEEN[""])
        follows = between and row + 1 < len(self) and self.times[row + 1] <= self.ends[row] + 1e-6
        if not (follows and self.why[row] == self.why[row + 1]):
            return self._state(row, row, 0.0)
        return self._state(row, row + 1, (at_s - self.times[row]) / max(self.times[row + 1] - self.times[row], 1e-9))

    def _state(self, row: int, other: int, share: float) -> State:
        def mixed(values: Floats) -> float:
            here, there = float(values[row]), float(values[other])
            return here if np.isnan(there) else here + (there - here) * share

        known = {name: mixed(values) for name, values in self.weights.items() if not np.isnan(values[row])}
        yaw, pitch, roll = (0.0 if np.isnan(axis[row]) else mixed(axis) for axis in self.pose.T)
        hidden = tuple(HIDDEN[part] for bit, part in enumerate(PARTS) if self.hidden[row] >> bit & 1)
        return State(known, yaw, pitch, roll, self.words[self.why[row]], hidden)


def track(table: Table) -> Track:
    """The track of one session: of records, or of seconds, which tell means. Raises `DataError`: it has only minutes,
    of which no face can be made."""
    if table.form is not RECORDS and len(table) and float(np.median(table.values("span"))) > 1:
        raise DataError("Only minutes of this session were sent: too little for a replay; send seconds or records.")
    units = _units(table)
    why, words = _why(table, any_unit(units, len(table)))
    return Track(
        table.sessions[0],
        table.time,
        table.time + lasting_s(table),
        table.wall,
        units,
        _weights(table, units),
        _pose(table),
        why,
        words,
        _bits(table, "hidden", PARTS),
        _leading(table),
    )


def any_unit(units: Mapping[str, Floats], count: int) -> Mask:
    """(N,) whether any action unit was measured."""
    found = np.zeros(count, bool)
    for values in units.values():
        found |= ~np.isnan(values)
    return found


def _units(table: Table) -> dict[str, Floats]:
    """Intensities: of records, or the means of seconds."""
    prefix = "" if table.form is RECORDS else "mean."
    found = {unit.key: table.values(f"{prefix}aus.{unit.key}").astype(np.float32) for unit in ACTION_UNITS}
    return {key: values for key, values in found.items() if not np.isnan(values).all()}


def _weights(table: Table, units: Mapping[str, Floats]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for unit in (unit for unit in ACTION_UNITS if unit.key in units):
        found |= _of_unit(table, unit, units[unit.key])
    if table.form is RECORDS:
        seen = table.measured
        for code in EYES:
            turned = table.has_name("codes", code)
            if turned.any():
                found[code] = np.where(seen, np.where(turned, TURNED, 0.0), np.nan).astype(np.float32)
    return found


def _of_unit(table: Table, unit: ActionUnit, whole: Floats) -> dict[str, Floats]:
    """Both sides where the unit has sides: where a row does not tell them apart, each as the whole."""
    if not unit.sided:
        return {unit.key: np.clip(whole / MOST, 0, 1)}
    found: dict[str, Floats] = {}
    for letter, side in _SIDES.items():
        values = whole
        if table.form is RECORDS:
            own = table.values(f"{side}.{unit.key}")
            either = own if unit.key != _SHUT else np.where(np.isnan(own), _closing(table, whole), own)
            values = np.where(np.isnan(either), whole, either).astype(np.float32)
        found[f"{unit.key}_{letter}"] = np.clip(values / MOST, 0, 1)
    return found


def _closing(table: Table, whole: Floats) -> Values:
    """(N,) closing of the eyes as an intensity: that of blinks is told by the opening at once."""
    opened = table.values("eyes.open")
    closing = np.where(opened < _HALF, MOST * (1.0 - opened), np.nan)
    return np.where(np.isnan(whole), np.nan, np.fmax(whole, closing))


def _pose(table: Table) -> Floats:
    if table.form is not RECORDS:
        return np.full((len(table), 3), np.nan, np.float32)
    return np.stack([table.values(f"pose.{axis}") for axis in ("yaw", "pitch", "roll")], 1).astype(np.float32)


def _why(table: Table, told: Mask) -> tuple[Numbers, tuple[str, ...]]:
    """(N,) number of why a row shows nothing, and the words; of several reasons the first of the contract counts."""
    consent = table.sessions[0].consent
    agreed = consent is None or "units" in consent.covers
    words = ("", *(UNSEEN[reason.value] for reason in Reason), NO_UNITS if agreed else NOT_AGREED)
    found = np.where(told, 0, len(words) - 1).astype(np.int16)
    if table.form is RECORDS:
        gated, reasons = ~table.measured, [table.has_name("reasons", reason) for reason in Reason]
    else:
        counts = np.array([np.nan_to_num(table.values(f"reasons.{reason.value}")) for reason in Reason])
        gated = table.values("share") < 0.5
        reasons = list(counts == counts.max(0)) if len(table) else list(counts > 0)
    for number, mask in reversed([*enumerate(reasons, 1)]):
        found[gated & mask] = number
    return found, words


def _bits(table: Table, path: str, names: tuple[str, ...]) -> Numbers:
    found = np.zeros(len(table), np.int16)
    if table.form is RECORDS:
        for bit, name in enumerate(names):
            found |= table.has_name(path, name).astype(np.int16) << bit
    return found


def _leading(table: Table) -> Numbers:
    prefix = "" if table.form is RECORDS else "mean."
    values = np.array([table.values(f"{prefix}emotions.{name}") for name in EMOTIONS])
    known = ~np.isnan(values).all(0)
    values = np.nan_to_num(values, nan=-1.0)
    found = np.where(values.max(0) >= CLEAR, values.argmax(0), len(EMOTIONS)).astype(np.int16)
    if table.form is RECORDS:
        found[disagree(table)] = len(EMOTIONS) + 1
    return np.where(known, found, -1).astype(np.int16)
