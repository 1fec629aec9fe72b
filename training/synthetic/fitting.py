"""From synthetic and real faces to the estimator: ridge regression, weights of the sources, calibration."""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, BLENDSHAPES
from device.stages.features import GEOMETRIC, NAMES, FaceFeatures
from training.synthetic.estimator import CLIP, Estimator, Mode
from training.synthetic.measures import VIEWS, Measures, blendshape_measures, region_measures
from training.synthetic.real import Measured
from training.synthetic.recipe import Recipe
from training.synthetic.sampling import SyntheticFace

NEUTRAL_EMOTION = "neutral"
#: Columns of a recipe's evidence: blendshapes, ridge, rules.
_COLUMNS = {"raw": (0, 2, 4), "sub": (1, 3, 4)}
_CHANCE, _CERTAIN = 0.5, 0.99
_LOWEST_SD, _LONGEST_TAIL = 4.0, 2.0


@dataclass(frozen=True, eq=False)
class Synthetic:
    """Synthetic faces as features.

    Attributes:
        features, neutral: (N, F), blendshapes zero: nobody knows those of a synthetic face.
        weights: (V, N, U), 0–1, for both sides, left and right.
    """

    features: FloatArray
    neutral: FloatArray
    weights: FloatArray


@dataclass(frozen=True, eq=False)
class _Ridge:
    gain: FloatArray
    shift: FloatArray
    weights: FloatArray
    bias: FloatArray


def to_features(faces: list[SyntheticFace], features: FaceFeatures) -> Synthetic:
    """Measure synthetic faces as the box does."""

    def measured(points: list[FloatArray]) -> FloatArray:
        return np.pad(np.stack([features.geometry(p) for p in points]), ((0, 0), (0, len(BLENDSHAPES))))

    left, right = np.stack([face.left for face in faces]), np.stack([face.right for face in faces])
    weights = np.stack([(left + right) / 2, left, right])
    return Synthetic(measured([f.points for f in faces]), measured([f.neutral for f in faces]), weights)


def fit(synthetic: Synthetic, real: Measured, recipe: Recipe, seed: int) -> Estimator:
    """Fit both modes."""
    rest = real.of(NEUTRAL_EMOTION)
    mean_neutral = rest.mean(0)
    neutral = np.asarray(rest - mean_neutral, np.float32)
    everyone = np.asarray(real.features - mean_neutral, np.float32)
    differences = {
        "raw": synthetic.features - synthetic.neutral.mean(0),
        "sub": synthetic.features - synthetic.neutral,
    }
    modes = {}
    for name, difference in differences.items():
        mode = _mode(name, difference, synthetic.weights, neutral, everyone, recipe, seed)
        share = 1.0 if name == "raw" else recipe.calibration.within_person
        full = _full(mode, difference, synthetic.weights[0], everyone, recipe)
        modes[name] = replace(
            mode,
            slack=np.percentile(np.abs(mode.asymmetry(everyone)), recipe.calibration.symmetric, axis=0).astype(
                np.float32
            ),
            knots=_knots(mode.scores(neutral * np.float32(share))[:, 0], full, recipe),
        )
    yielding = np.zeros((len(ACTION_UNIT_KEYS),) * 2, np.float32)
    for weaker, stronger in recipe.yields.items():
        yielding[ACTION_UNIT_KEYS.index(stronger), ACTION_UNIT_KEYS.index(weaker)] = 1
    return Estimator(modes["raw"], modes["sub"], mean_neutral, yielding)


def _mode(
    name: str,
    difference: FloatArray,
    weights: FloatArray,
    neutral: FloatArray,
    everyone: FloatArray,
    recipe: Recipe,
    seed: int,
) -> Mode:
    """The mode without its knots."""
    base = region_measures()
    measures = base + base.formulae(recipe.measures)
    ridge = _ridge(difference @ measures.matrix[0].T, weights[0], neutral @ measures.matrix[0].T, recipe, seed)
    regression = Mode(
        measures.matrix,
        ridge.gain,
        ridge.shift,
        ridge.weights,
        np.zeros((len(VIEWS), len(ACTION_UNIT_KEYS), len(NAMES)), np.float32),
        ridge.bias,
        slack=np.zeros(0, np.float32),
        knots=np.zeros(0, np.float32),
    )
    blend = _rows(blendshape_measures().formulae(recipe.blendshapes))
    rules = _rows(measures.formulae(recipe.rules))
    sources = {
        "blend": everyone @ blend[0].T,
        "ridge": regression.scores(everyone)[:, 0],
        "rules": everyone @ rules[0].T,
    }
    strength = np.array([[_d_prime(recipe.evidence[key][c]) for c in _COLUMNS[name]] for key in ACTION_UNIT_KEYS])
    spreads = np.stack([scores.std(0) for scores in sources.values()], 1)
    share = np.where(spreads > 0, strength / np.where(spreads > 0, spreads, 1), 0)
    share = np.asarray(share / strength.sum(1, keepdims=True), np.float32)
    return replace(
        regression,
        ridge=ridge.weights * share[:, 1],
        bias=ridge.bias * share[:, 1],
        direct=blend * share[:, 0, None] + rules * share[:, 2, None],
    )


def _ridge(measured: FloatArray, weights: FloatArray, neutral: FloatArray, recipe: Recipe, seed: int) -> _Ridge:
    """Regression of weights (N, U) on measures (N, M), each with the deviation of some real neutral face added: what
    differs between people at rest, between cameras and by mistakes of the landmarks then counts for little."""
    strangers = np.random.default_rng(seed).integers(len(neutral), size=len(measured))
    noisy = measured + neutral[strangers] * recipe.regression.spread
    middle, sd = noisy.mean(0), noisy.std(0)
    z = np.clip((noisy - middle) / sd, -CLIP, CLIP)
    usual = weights.mean(0)
    penalized = z.T @ z + recipe.regression.alpha * np.eye(z.shape[1])
    solved = np.linalg.solve(penalized, z.T @ (weights - usual))
    return _Ridge(*(np.asarray(array, np.float32) for array in (1 / sd, -middle / sd, solved, usual)))


def _rows(measures: Measures) -> FloatArray:
    """(V, U, F): the measures named after action units in the order of the contract, nothing for the others."""
    rows = np.zeros((len(VIEWS), len(ACTION_UNIT_KEYS), len(NAMES)), np.float32)
    for position, key in enumerate(measures.names):
        rows[:, ACTION_UNIT_KEYS.index(key)] = measures.matrix[:, position]
    return rows


def _d_prime(auc: float) -> float:
    """Distance of two unit normals that an area under the ROC curve amounts to; never below zero."""
    return 2**0.5 * NormalDist().inv_cdf(min(max(auc, _CHANCE), _CERTAIN))


def _full(mode: Mode, difference: FloatArray, weights: FloatArray, everyone: FloatArray, recipe: Recipe) -> FloatArray:
    """(U,): the score of full activation. Of a synthetic face it is what a line through weights (N, U) and scores
    reaches at weight 1; blendshapes add the highest that real faces reach. It is no more than any real face has."""
    scores = mode.scores(difference)[:, 0]
    usual = weights.mean(0)
    slope = ((weights - usual) * scores).sum(0) / np.maximum(((weights - usual) ** 2).sum(0), 1e-6)
    activated = scores.mean(0) + slope * (1 - usual)
    blendshapes = np.where(np.arange(len(NAMES)) < GEOMETRIC, 0, everyone).astype(np.float32)
    reached = np.percentile(blendshapes @ mode.direct[0].T, recipe.calibration.full, axis=0)
    highest = np.percentile(mode.scores(everyone)[:, 0], recipe.calibration.highest, axis=0)
    return np.asarray(np.minimum(activated + reached, highest), np.float32)


def _knots(rest: FloatArray, full: FloatArray, recipe: Recipe) -> FloatArray:
    """(U, 4) from the scores of neutral faces (N, U) and those of full activation (U,).

    Intensity 1 is where few neutral faces come; a long upper tail (a mouth that is open at rest) does not push it
    further than twice the lower one. The score of 5 is at least as far from 1 as 1 is from rest.
    """
    low, middle, high = np.percentile(rest, [100 - recipe.calibration.present, 50, recipe.calibration.present], axis=0)
    present = np.minimum(high, middle + _LONGEST_TAIL * (middle - low))
    lowest = middle - _LOWEST_SD * np.maximum(rest.std(0), 1e-6)
    return np.asarray(np.stack([lowest, middle, present, np.maximum(full, 2 * present - middle)], -1), np.float32)
