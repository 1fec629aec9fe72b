"""A simulated cohort as a table of features, without recordings: the people of `training.cohort.simulate`, hundreds of
cohorts in seconds, for what has to be tried on many.

A feature follows z = loading × activity + √(1 − loading²) × something of the person's own, by a log-normal
distribution of the feature's usual mean and spread. `_OF_UNIT` and `_OF_OTHERS` hold these as they were found in
recordings that were simulated from the same people, in phases of two minutes, ten records a second
(`tests/training/cohort/test_alike.py` compares both).
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from device.contract.features import NAMES, SESSION
from training.cohort.plan import Plan
from training.cohort.table import FeatureTable
from training.cohort.truth import KEYS, Floats, Truth, draw

#: Feature of a unit → loading, mean, spread.
_OF_UNIT = {
    "mean": (0.86, 0.26, 0.17),
    "sd": (0.92, 0.62, 0.29),
    "p95": (0.90, 1.83, 1.03),
    "episodes": (0.86, 2.5, 1.1),
    "duration": (0.2, 2.6, 0.44),
    "onset": (0.7, 2.4, 0.88),
    "asymmetry": (0.4, 0.018, 0.037),
}
#: Feature → what it follows, loading, mean, spread.
_OF_OTHERS = {
    "eyes.blinks": ("AU43", 0.95, 17.0, 5.0),
    "eyes.perclos": ("closing", 0.5, 0.065, 0.025),
    "head.speed": ("head", 0.95, 2.0, 0.67),
    "emotions.entropy": ("entropy", 0.95, 1.75, 0.33),
    "emotions.transitions": ("transitions", 0.4, 25.0, 7.8),
    "movement.entropy.1": ("movement", 0.65, 1.68, 0.26),
    "movement.entropy.2": ("movement", 0.45, 1.85, 0.19),
    "movement.entropy.3": ("movement", 0.1, 1.92, 0.17),
    "movement.entropy.4": ("movement", 0.0, 1.94, 0.22),
    "movement.entropy.5": ("movement", 0.1, 1.84, 0.21),
}


def simulate_table(plan: Plan, seed: int) -> FeatureTable:
    """The features of a plan's cohort; the same for the same seed."""
    truth = draw(plan, seed)
    chance = np.random.default_rng([seed, *b"features"])
    values = _values(truth.mean_activity, _own(truth, chance))
    frames = np.array([*truth.plan.lengths.values()]) * 60 * plan.hz * plan.sessions
    shape = truth.held.shape
    coverage = np.clip(1 - truth.away[:, None] + chance.normal(0.0, 0.02, shape), 0.02, 1.0)
    values[chance.random(values.shape) < _unmeasured(coverage)[:, :, np.newaxis]] = np.nan
    return _with_faults(truth, values, coverage, np.broadcast_to(frames, shape).copy())


def simulate_windows(plan: Plan, seed: int, windows: int = 30) -> Floats:
    """(P, windows, S × F) features of short windows of the same people, of one session: what a person is, and the
    spread within. For showing what a split by windows, or frames, instead of people comes to."""
    truth = draw(plan, seed)
    chance = np.random.default_rng([seed, *b"features"])
    own, found = _own(truth, chance), []
    for number in range(windows):
        activity = truth.activity(number)
        found.append(_values(activity, own).reshape(len(truth.people), -1))
    return np.stack(found, 1)


def _loadings() -> Iterator[tuple[str, float, float, float]]:
    """Of each feature what it depends on, its loading, mean and spread."""
    for name in NAMES:
        if name in _OF_OTHERS:
            yield _OF_OTHERS[name]
        else:
            _, unit, what = name.split(".")
            yield unit, *_OF_UNIT[what]


def _values(activity: Floats, own: Floats) -> Floats:
    """(P, S, F) from activity (P, S, K) and what is the person's own in each feature (P, 1, F)."""
    keys, *numbers = zip(*_loadings(), strict=True)
    loading, mean, spread = (np.array(each) for each in numbers)
    z = loading * activity[:, :, [KEYS.index(key) for key in keys]] + np.sqrt(1 - loading**2) * own
    shape = np.sqrt(np.log1p((spread / mean) ** 2))
    found: Floats = mean * np.exp(shape * z - shape**2 / 2)
    return found


def _own(truth: Truth, chance: np.random.Generator) -> Floats:
    return chance.normal(size=(len(truth.people), 1, len(NAMES)))


def _unmeasured(coverage: Floats) -> Floats:
    """Probability that a feature could not be measured: hardly ever, but where little was seen."""
    found: Floats = np.clip(0.3 - coverage, 0.0, 0.3) / 0.3 + 0.002
    return found


def _with_faults(truth: Truth, values: Floats, coverage: Floats, frames: Floats) -> FeatureTable:
    """The table, without what was not held, and with what the plan lets go wrong."""
    faults, names = truth.plan.faults, truth.plan.named
    values[~truth.held], coverage[~truth.held], frames[~truth.held] = np.nan, np.nan, 0.0
    if faults.blind:
        values[:], coverage[truth.held] = np.nan, 0.0
    if faults.hog and len(frames):
        frames[0] *= faults.hog / (1 - faults.hog) * max(len(frames) - 1, 1)
    seconds, sessions = frames / truth.plan.hz, truth.plan.sessions
    table = FeatureTable(truth.people, names, values, coverage, seconds, frames, simulated=True, sessions=sessions)
    return _unphased(table) if faults.unphased else table


def _unphased(table: FeatureTable) -> FeatureTable:
    """The same where nobody marked phases: the whole sessions alone."""
    known = np.isfinite(table.values)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, table.values, 0.0).sum(1, keepdims=True) / known.sum(1, keepdims=True)
    frames, seconds = (of.sum(1, keepdims=True) for of in (table.frames, table.seconds))
    covered = np.nansum(table.coverage * table.seconds, 1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return replace(
            table, phases=(SESSION,), values=mean, coverage=covered / seconds, seconds=seconds, frames=frames
        )
