"""A simulated cohort as a table of features, without recordings: the people of `training.cohort.simulate`, hundreds of
cohorts in seconds, for what has to be tried on many.

A feature is its usual value plus its spread × (loading × activity + √(1 − loading²) × something of the person's own).
`_OF_UNIT` and `_OF_OTHERS` hold these as they were found in recordings that were simulated from the same people
(`tests/training/cohort/` compares both).
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from device.contract.features import NAMES, SESSION
from training.cohort.plan import Plan
from training.cohort.table import FeatureTable
from training.cohort.truth import KEYS, Floats, Truth, draw

#: Feature of a unit → loading, usual value, spread.
_OF_UNIT = {
    "mean": (0.95, 0.45, 0.15),
    "sd": (0.9, 0.8, 0.2),
    "p95": (0.85, 2.3, 0.5),
    "episodes": (0.8, 3.5, 0.9),
    "duration": (0.3, 2.6, 0.5),
    "onset": (0.6, 4.0, 0.9),
    "asymmetry": (0.5, 0.05, 0.02),
}
_OF_OTHERS = {
    "eyes.blinks": ("blinks", 0.9, 16.0, 4.0),
    "eyes.perclos": ("closing", 0.8, 0.08, 0.02),
    "head.speed": ("head", 0.9, 9.0, 2.0),
    "emotions.entropy": ("entropy", 0.8, 1.2, 0.2),
    "emotions.transitions": ("transitions", 0.8, 12.0, 3.0),
    **{f"movement.entropy.{scale}": ("movement", 0.8, 1.0 + 0.1 * scale, 0.15) for scale in range(1, 6)},
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
    """Of each feature what it depends on, its loading, usual value and spread."""
    for name in NAMES:
        if name in _OF_OTHERS:
            yield _OF_OTHERS[name]
        else:
            _, unit, what = name.split(".")
            yield unit, *_OF_UNIT[what]


def _values(activity: Floats, own: Floats) -> Floats:
    """(P, S, F) from activity (P, S, K) and what is the person's own in each feature (P, 1, F)."""
    keys, loading, usual, spread = zip(*_loadings(), strict=True)
    depends, weight = activity[:, :, [KEYS.index(key) for key in keys]], np.array(loading)
    z = weight * depends + np.sqrt(1 - weight**2) * own
    found: Floats = np.maximum(np.array(usual) + np.array(spread) * z, 0.0)
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
    table = FeatureTable(truth.people, names, values, coverage, frames / truth.plan.hz, frames, simulated=True)
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
