"""Linear probes: how much of the action units can be read off an embedding by a straight cut.

For each unit a logistic regression learns from the faces of learnt blocks whether the unit is present, and is measured
on blocks that were held out. The cut is where F1 is best on learnt blocks that the regression had not seen (folds of
blocks). Features are standardised by the learnt faces. F1 is that of 'present'; the area under the ROC curve needs no
cut. Intervals: 95 %, percentile bootstrap over stretches of held out time, each whole, so that neighbours in time are
not taken for independent.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from device.contract.labels import ACTION_UNIT_KEYS
from training.personal.blocks import Parts

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: From this intensity on a unit is present (FACS A).
PRESENT = 1.0
#: A unit must be present in more than this share of the faces, as published, and in so many of both parts.
RARE, FEWEST_LEARNT, FEWEST_HELD_OUT = 0.02, 10, 5
#: Of time, seconds, drawn as a whole for intervals.
STRETCH_S = 5.0
DRAWS = 500
#: A unit that is present in fewer of them has no interval: drawn again and again, they are always the same.
FEWEST_STRETCHES = 4
_FOLDS = 3
_STRENGTH = 1.0  # inverse, of the penalty: scikit-learn's own


@dataclass(frozen=True, eq=False)
class Sample:
    """What a person's probes learn from and are measured on.

    Attributes:
        units: (N, 22) intensities, NaN where not known.
        parts: which faces are learnt from, which are held out.
        blocks: (N,) number of each face's block.
        counts: (1 + D, S) how often each stretch of held out time counts in each draw: once in the first.
        stretches: (N,) number of the stretch of a face that is held out, −1 of all others.
    """

    units: NDArray[np.float32]
    parts: Parts
    blocks: Ints
    counts: Floats
    stretches: Ints

    def present(self, unit: str) -> tuple[Mask, Mask]:
        """(N,) whether a unit is known, and is present."""
        column = self.units[:, ACTION_UNIT_KEYS.index(unit)]
        return ~np.isnan(column), np.nan_to_num(column) >= PRESENT

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Unit → why it cannot be measured, in words."""
        return {unit: why for unit in ACTION_UNIT_KEYS if (why := self._why_not(unit))}

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """The units that can be."""
        return tuple(unit for unit in ACTION_UNIT_KEYS if unit not in self.left_out)

    def _why_not(self, unit: str) -> str:
        known, present = self.present(unit)
        if not known.any():
            return "not coded"
        if (share := present[known].mean()) <= RARE:
            return f"present in {share:.1%} of the faces" if share else "never present"
        few = ((self.parts.learnt, FEWEST_LEARNT, "learnt"), (self.parts.held_out, FEWEST_HELD_OUT, "held out"))
        for part, fewest, name in few:
            for state, word in ((present, "present"), (~present, "absent")):
                if (count := int((part & known & state).sum())) < fewest:
                    return f"{word} in {count} of the faces that are {name}"
        return ""


@dataclass(frozen=True, eq=False)
class Probe:
    """Of one unit: (1 + D,) F1 and area under the ROC curve, as it is and in each draw; and what is counted.

    faces, present: held out faces, and those in which it is present; stretches: of time in which it is; guess: F1 of
    who always says 'present'.
    """

    unit: str
    faces: int
    present: int
    stretches: int
    guess: float
    f1: Floats
    area: Floats


def sample(
    units: NDArray[np.float32], parts: Parts, blocks: Ints, recordings: Ints, times: Floats, seed: int
) -> Sample:
    """A sample, with its draws of stretches of `STRETCH_S` seconds."""
    pieces = np.stack((recordings, np.floor(times / STRETCH_S).astype(np.intp)), 1)
    _, numbers = np.unique(pieces[parts.held_out], axis=0, return_inverse=True)
    stretches = np.full(len(times), -1, np.intp)
    stretches[parts.held_out] = numbers.reshape(-1)
    number = int(stretches.max(initial=-1)) + 1
    counts = np.ones((1 + DRAWS, number))
    if number:
        counts[1:] = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), DRAWS)
    return Sample(units, parts, blocks, counts, stretches)


def probes(features: NDArray[np.floating], of: Sample) -> tuple[Probe, ...]:
    """Probe features (N, D) for each unit that can be measured."""
    learnt = features[of.parts.learnt].astype(np.float64)
    centre, scale = learnt.mean(axis=0), learnt.std(axis=0)
    standardised = (features - centre) / np.where(scale > 1e-9, scale, 1.0)
    return tuple(_probe(standardised, unit, of) for unit in of.measured)


def _probe(features: Floats, unit: str, of: Sample) -> Probe:
    known, present = of.present(unit)
    learnt, held_out = of.parts.learnt & known, of.parts.held_out & known
    scores, cut = _learnt(features[learnt], present[learnt], of.blocks[learnt], features[held_out])
    truth, counts = present[held_out], of.counts[:, of.stretches[held_out]]
    share = truth.mean()
    return Probe(
        unit,
        len(truth),
        int(truth.sum()),
        len(np.unique(of.stretches[held_out][truth])),
        float(2 * share / (1 + share)),
        f1(scores >= cut, truth, counts),
        area(scores, truth, counts),
    )


def _learnt(seen: Floats, present: Mask, blocks: Ints, asked: Floats) -> tuple[Floats, float]:
    """(M,) log odds of the asked, and the cut."""
    crossed = np.full(len(seen), np.nan)
    for known, unknown in GroupKFold(_FOLDS).split(seen, groups=blocks) if len(set(blocks)) >= _FOLDS else ():
        if 0 < present[known].sum() < len(known):
            crossed[unknown] = _fitted(seen[known], present[known]).decision_function(seen[unknown])
    network = _fitted(seen, present)
    if (told := ~np.isnan(crossed)).any() and present[told].any():
        return network.decision_function(asked), _best_cut(crossed[told], present[told])
    return network.decision_function(asked), 0.0


def _fitted(seen: Floats, present: Mask) -> LogisticRegression:
    network = LogisticRegression(C=_STRENGTH, solver="newton-cholesky", tol=1e-3, max_iter=50)
    with warnings.catch_warnings(), config_context(assume_finite=True, skip_parameter_validation=True):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(seen, present)


def _best_cut(scores: Floats, present: Mask) -> float:
    """The score from which on 'present' has the best F1."""
    order = np.argsort(-scores, kind="stable")
    hits, said = np.cumsum(present[order]), np.arange(1, len(scores) + 1)
    return float(scores[order][np.argmax(2 * hits / (said + present.sum()))])


def f1(said: Mask, truth: Mask, counts: Floats) -> Floats:
    """(D,) F1 of 'present' (N,), each face counting as often as is said (D, N); NaN where it is present in none."""
    hits = counts @ (said & truth)
    asked = counts @ truth.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(asked > 0, 2 * hits / (counts @ said + asked), np.nan)


def area(scores: Floats, truth: Mask, counts: Floats) -> Floats:
    """(D,) area under the ROC curve of scores (N,), ties counting half, likewise; NaN where all are or none is."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    ones = np.add.reduceat(counts[:, order] * truth[order], starts, axis=1)
    zeros = np.add.reduceat(counts[:, order] * ~truth[order], starts, axis=1)
    below = np.cumsum(zeros, axis=1) - zeros / 2
    pairs = ones.sum(axis=1) * zeros.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(pairs > 0, (ones * below).sum(axis=1) / pairs, np.nan)


def mean_of(rows: Sequence[Floats]) -> Floats:
    """(D,) the mean over units (D,) each; NaN without any. A unit that is absent from a draw counts with what it is in
    all of the time: were it left out, draws without rare units, which are read badly, would look better."""
    if not rows:
        return np.full(1, np.nan)
    values = np.stack(rows)
    return np.asarray(np.where(np.isnan(values), values[:, :1], values).mean(axis=0))
