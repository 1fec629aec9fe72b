"""The features of a series: `device.contract.features`, computed in one place for the box and for training.

They are of the series that is given, and of nothing beside it: of a phase, what was usual is learned from the phase.
Means and rates are over the time in which the quantity in question was measured. A feature is NaN where that was too
little (`LEAST_S`, for the eyes `EYES_LEAST_S`), or where there is nothing to measure: the duration of episodes where
there was none. What changes from step to step is told only where most steps have a record of their own
(`LEAST_FRESH`), so not of a box that looks less than four times a second.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from device.contract.features import NAMES, SCALES
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, SIDED_KEYS
from device.features.entropy import multiscale
from device.features.episodes import UNIT_LIMITS, Limits, find, learn
from device.features.series import STEP_S, Mask, Series, Values

#: Seconds of a quantity below which nothing is told of it; of eyes, as in `device/stages/eyes.py`.
LEAST_S, EYES_LEAST_S = 5.0, 20.0
#: Share of the steps that have a record of their own.
LEAST_FRESH = 0.75
#: A head turned further (AD51, AD52) shows one side shorter than the other.
STRAIGHT_DEG = 15.0
#: Eyes are shut where they are at least 80 % closed (P80).
_SHUT = 0.2
_NAN = float("nan")
_MINUTE_S = 60.0
_CLOSED = "AU43"
_MOVING = tuple(key for key in ACTION_UNIT_KEYS if key != _CLOSED)
_LIMITS = Limits(UNIT_LIMITS.floor, UNIT_LIMITS.ceiling, shortest_s=0.9 * STEP_S)
_GAP_S = 1.5 * STEP_S


def features_of(series: Series) -> Values:
    """(F,) in the order of `device.contract.features.NAMES`, NaN where not measured."""
    found = dict(_features(series))
    return np.array([found[name] for name in NAMES], np.float64)


def _features(series: Series) -> Iterator[tuple[str, float]]:
    for key in ACTION_UNIT_KEYS:
        yield from _unit(key, series)
    yield from _asymmetries(series)
    yield from _eyes(series)
    yield "head.speed", _speed(series)
    yield from _emotions(series)
    yield from _movement(series)


def _unit(key: str, series: Series) -> Iterator[tuple[str, float]]:
    values: Values = series.at_steps(f"aus.{key}")[:, 0]
    known = values[~np.isnan(values)]
    told = _enough(known)
    figures = (known.mean(), known.std(), np.percentile(known, 95)) if told else (_NAN,) * 3
    episodes = _episodes(STEP_S * series.steps.astype(np.float64), values) if told else (_NAN,) * 3
    names = ("mean", "sd", "p95", "episodes", "duration", "onset")
    for name, value in zip(names, (*figures, *episodes), strict=True):
        yield f"aus.{key}.{name}", float(value)


def _episodes(times: Values, values: Values) -> tuple[float, float, float]:
    """Episodes a minute, their mean duration and mean speed of onset: of those whose onset was seen, and for the
    duration their end too. What goes on after a gap is no further episode, else more would be counted of whoever hides
    their face more often."""
    found = find(times, values, learn(values, _LIMITS), _LIMITS, _GAP_S)
    begun = [(first, last, cut_end) for first, last, cut_start, cut_end in found if not cut_start]
    lasted = [last - first + 1 for first, last, cut_end in begun if not cut_end]
    speeds = [_onset(values[first - 1 : last + 1]) for first, last, _ in begun]
    minutes = np.count_nonzero(~np.isnan(values)) * STEP_S / _MINUTE_S
    return len(begun) / minutes, _mean(lasted) * STEP_S, _mean(speeds)


def _onset(values: Values) -> float:
    """Intensity a second from the value before the onset to the apex."""
    apex = int(np.argmax(values))
    return float(values[apex] - values[0]) / (max(apex, 1) * STEP_S)


def _asymmetries(series: Series) -> Iterator[tuple[str, float]]:
    straight = np.abs(series.at_steps("pose.yaw")) < STRAIGHT_DEG
    apart = series.at_steps(*(f"apart.{key}" for key in SIDED_KEYS))[straight[:, 0]]
    for key, values in zip(SIDED_KEYS, apart.T, strict=True):
        known = values[~np.isnan(values)]
        yield f"aus.{key}.asymmetry", float(known.mean()) if _enough(known) else _NAN


def _eyes(series: Series) -> Iterator[tuple[str, float]]:
    fine_s = float(series.fine_s.sum())
    yield "eyes.blinks", float(series.blinks.sum()) * _MINUTE_S / fine_s if fine_s >= EYES_LEAST_S else _NAN
    opened = series.at_steps("eyes.open")[:, 0]
    opened = opened[~np.isnan(opened)]
    yield "eyes.perclos", float((opened <= _SHUT).mean()) if _enough(opened, EYES_LEAST_S) else _NAN


def _speed(series: Series) -> float:
    """The way that the head turned, over the time in which it could be followed."""
    pose = series.at_steps("pose.yaw", "pose.pitch", "pose.roll")
    turned = np.sqrt((np.diff(pose, axis=0) ** 2).sum(axis=1))[_next(series)]
    turned = turned[~np.isnan(turned)]
    return float(turned.mean()) / STEP_S if _enough(turned) and _fresh(series) else _NAN


def _emotions(series: Series) -> Iterator[tuple[str, float]]:
    shares = series.at_steps(*(f"emotions.{name}" for name in EMOTIONS))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = shares / shares.sum(axis=1, keepdims=True)
        bits = -np.where(shares > 0, shares * np.log2(shares), shares).sum(axis=1)
    known = ~np.isnan(bits)
    yield "emotions.entropy", float(bits[known].mean()) if _enough(bits[known]) else _NAN
    pairs = _next(series) & known[1:] & known[:-1]
    likeliest = np.argmax(np.nan_to_num(shares), axis=1)
    changed = (np.diff(likeliest) != 0)[pairs]
    told = _enough(changed) and _fresh(series)
    yield "emotions.transitions", float(changed.mean()) * _MINUTE_S / STEP_S if told else _NAN


def _movement(series: Series) -> Iterator[tuple[str, float]]:
    entropies = multiscale(_stretches(series), SCALES) if _fresh(series) else [_NAN] * len(SCALES)
    for scale, entropy in zip(SCALES, entropies, strict=True):
        yield f"movement.entropy.{scale}", entropy


def _stretches(series: Series) -> list[Values]:
    """The facial movement where it was measured, a stretch without a gap after the other: the root mean square of the
    changes of the action units from step to step, closing eyes apart, of those that were measured, at least half."""
    changes = np.diff(series.at_steps(*(f"aus.{key}" for key in _MOVING)), axis=0) ** 2
    known = ~np.isnan(changes)
    count = known.sum(axis=1)
    moved = np.sqrt(np.where(known, changes, 0.0).sum(axis=1) / np.maximum(count, 1))
    told = _next(series) & (2 * count >= len(_MOVING))
    begins = np.flatnonzero(told & ~np.append(False, told[:-1])[: len(told)])
    ends = np.flatnonzero(told & ~np.append(told[1:], False)[: len(told)]) + 1
    return [moved[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]


def _next(series: Series) -> Mask:
    """(M − 1,) whether a step follows the one before it without a gap."""
    found: Mask = np.diff(series.steps) == 1
    return found


def _fresh(series: Series) -> bool:
    return series.freshness >= LEAST_FRESH


def _enough(values: NDArray[np.generic], least_s: float = LEAST_S) -> bool:
    return len(values) * STEP_S >= least_s - STEP_S / 2


def _mean(values: list[int] | list[float]) -> float:
    return float(np.mean(values)) if values else _NAN
