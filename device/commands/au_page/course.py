"""A video over time: a lane for each action unit and expression that showed, and for what was not measured; and the
moments in which most is seen."""

import math
from dataclasses import dataclass, field

import numpy as np

from device.arrays import Array, FloatArray
from device.commands.au_page.marks import HIGHEST, UNITS, counted, text, unit_name
from device.commands.marking import PRESENT, clock
from device.commands.vote import Vote
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS
from device.observation import Observation

_COLUMNS, _HEIGHT = 600, 24
#: A share of the vote below which an expression has no lane.
_SHOWN = 0.3
_MOMENTS, _APART_S = 6, 2.0
#: Head turned so far fills its lane, degrees.
_TURNED = 45.0
_HEADING = '<div class="lane heading"><span>over time; grey: not measured</span><i></i><span>largest</span></div>'


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame in which much is seen: how much, and what."""

    weight: float
    observation: Observation
    vote: Vote

    @property
    def time_s(self) -> float:
        """From the beginning of the video, seconds."""
        return self.observation.frame.media_s or 0.0


@dataclass(eq=False)
class Course:
    """Takes the frames of one video in their order."""

    name: str
    times: list[float] = field(default_factory=list)
    _units: list[FloatArray] = field(default_factory=list)
    _votes: list[FloatArray] = field(default_factory=list)
    _more: list[tuple[float, float]] = field(default_factory=list)
    _moments: list[Moment] = field(default_factory=list)

    def take(self, observation: Observation, vote: Vote | None) -> None:
        """One frame more."""
        self.times.append(observation.frame.media_s or 0.0)
        self._units.append(observation.actions.both)
        self._votes.append(vote.mean if vote else np.full(len(EMOTIONS), np.nan, np.float32))
        yaw = observation.pose.yaw if observation.pose and vote else math.nan
        self._more.append((vote.disagreement if vote else math.nan, yaw))
        if vote is not None:
            self._consider(Moment(_seen(observation), observation, vote))

    @property
    def measured(self) -> int:
        """In how many frames the face was measured."""
        return sum(not math.isnan(apart) for apart, _ in self._more)

    def moments(self) -> list[Moment]:
        """Those in which most is seen, in their order, at least two seconds apart."""
        return sorted(self._moments, key=lambda moment: moment.time_s)

    def lanes(self) -> str:
        """The lanes as HTML."""
        span = max(self.times[-1] - self.times[0], 1e-3)
        count = min(_COLUMNS, len(self.times))
        at = np.minimum(((np.array(self.times) - self.times[0]) / span * count).astype(int), count - 1)
        units, votes, more = np.array(self._units), np.array(self._votes), np.array(self._more, np.float32)
        known = np.bincount(at[~np.isnan(more[:, 0])], minlength=count) > 0
        there = np.bincount(at, minlength=count) > 0
        lanes = [
            *_expressions(_largest(votes, at, count), known),
            *_actions(_largest(units, at, count), known),
            _lane("disagreement of opinions", _largest(more[:, :1], at, count)[:, 0], known, ".2f"),
            _lane("head turned aside", _largest(np.abs(more[:, 1:]), at, count)[:, 0] / _TURNED, known, "°"),
        ]
        gaps = "".join(_gaps(there & ~known))
        drawn = "".join(lane.replace("<!--gaps-->", gaps) for lane in lanes)
        return f'<div class="course">{_HEADING}{drawn}{_axis(self.times[0], span)}</div>'

    def told(self) -> str:
        """How long it is, and how much of it was measured."""
        count, span = len(self.times), self.times[-1] - self.times[0]
        return (
            f"{clock(span)} long (minutes and seconds), {counted(count, 'frame')}, {self.measured} of them measured."
        )

    def _consider(self, new: Moment) -> None:
        near = [old for old in self._moments if abs(old.time_s - new.time_s) < _APART_S]
        if any(old.weight >= new.weight for old in near):
            return
        kept = [old for old in self._moments if old not in near]
        self._moments = sorted([*kept, new], key=lambda moment: -moment.weight)[:_MOMENTS]


def _seen(observation: Observation) -> float:
    """How much is seen: the intensities of the units that are present, added."""
    values = observation.actions.both
    return float(np.nansum(np.where(values >= PRESENT, values, 0.0)))


def _largest(values: FloatArray, at: Array, count: int) -> FloatArray:
    """The largest value (count, N) of each column of frames (T, N), 0 where there is none."""
    found = np.zeros((count, values.shape[1]), np.float32)
    np.maximum.at(found, at, np.nan_to_num(values))
    return found


def _expressions(votes: FloatArray, known: Array) -> list[str]:
    shown = [at for at in range(len(EMOTIONS)) if votes[:, at].max() >= _SHOWN]
    return [_lane(EMOTIONS[at], votes[:, at], known, "%") for at in shown]


def _actions(units: FloatArray, known: Array) -> list[str]:
    shown = [at for at in range(len(ACTION_UNIT_KEYS)) if units[:, at].max() >= PRESENT]
    return [_lane(unit_name(UNITS[ACTION_UNIT_KEYS[at]]), units[:, at] / HIGHEST, known, "5") for at in shown]


def _lane(name: str, shares: FloatArray, known: Array, form: str) -> str:
    """A lane: its name as HTML, what it shows in shares of its height, its largest value."""
    most = float(shares[known].max()) if known.any() else 0.0
    shown = {"%": f"{most:.0%}", "5": f"{most * HIGHEST:.1f}", "°": f"{most * _TURNED:.0f}°"}.get(form, f"{most:.2f}")
    width = len(shares)
    path = "".join(_areas(np.clip(shares, 0, 1), known))
    drawn = f'<svg viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><!--gaps-->'
    return f'<div class="lane"><span>{name}</span>{drawn}<path d="{path}"/></svg><span>{shown}</span></div>'


def _areas(shares: FloatArray, known: Array) -> list[str]:
    """The outline of each stretch that was measured."""
    areas = []
    for first, last in _stretches(known):
        heights = (_HEIGHT * (1 - shares[first:last])).tolist()
        steps = "".join(f"V{height:.1f}H{first + step + 1}" for step, height in enumerate(heights))
        areas.append(f"M{first} {_HEIGHT}{steps}V{_HEIGHT}Z")
    return areas


def _gaps(missing: Array) -> list[str]:
    return [
        f'<rect class="gap" x="{first}" y="0" width="{last - first}" height="{_HEIGHT}"/>'
        for first, last in _stretches(missing)
    ]


def _stretches(flags: Array) -> list[tuple[int, int]]:
    """First and one after the last of each run of true ones."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _axis(start_s: float, span_s: float) -> str:
    marks = "".join(f"<i>{text(clock(start_s + span_s * part / 4))}</i>" for part in range(5))
    return (
        f'<div class="lane axis" aria-hidden="true"><span></span><span class="marks">{marks}</span><span></span></div>'
    )
