"""From synthetic and real faces to the estimator: ridge regression, weights of the sources, calibration."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, BLENDSHAPES
from device.stages.features import NAMES, FaceFeatures
from training.synthetic.calibration import BoolArray, knots, slack
from training.synthetic.estimator import CLIP, Estimator, Mode, Scorer
from training.synthetic.measures import VIEWS, Measures, blendshape_measures, region_measures
from training.synthetic.real import Measured
from training.synthetic.recipe import Recipe
from training.synthetic.sampling import SyntheticFace

NEUTRAL_EMOTION = "neutral"
_CHANCE, _CERTAIN = 0.5, 0.99


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
class Differences:
    """What a mode is fitted on: features minus a neutral face.

    Attributes:
        synthetic: (N, F), of synthetic faces.
        weights: (N, U), of their action units.
        rest: (K, F), of real neutral faces, to the mean of them all.
        everyone: (R, F), of all real faces, to the same.
        absent: (R, U), whether a real face shows an expression that usually does without the action unit.
        spread: how far one face at rest differs from its neutral face, as a share of `rest`.
        evidence: (U, 3), areas under the ROC curve of blendshapes, ridge and rules.
    """

    synthetic: FloatArray
    weights: FloatArray
    rest: FloatArray
    everyone: FloatArray
    absent: BoolArray
    spread: float
    evidence: FloatArray


def to_features(faces: list[SyntheticFace], features: FaceFeatures) -> Synthetic:
    """Measure synthetic faces as the box does."""

    def measured(points: list[FloatArray]) -> FloatArray:
        return np.pad(np.stack([features.geometry(p) for p in points]), ((0, 0), (0, len(BLENDSHAPES))))

    left, right = np.stack([face.left for face in faces]), np.stack([face.right for face in faces])
    weights = np.stack([(left + right) / 2, left, right])
    return Synthetic(measured([f.points for f in faces]), measured([f.neutral for f in faces]), weights)


def fit(synthetic: Synthetic, real: Measured, recipe: Recipe, seed: int) -> Estimator:
    """Fit both modes."""
    mean_neutral = real.of(NEUTRAL_EMOTION).mean(0)
    rest, everyone = real.of(NEUTRAL_EMOTION) - mean_neutral, real.features - mean_neutral
    absent = np.array(
        [[key in recipe.absent.get(emotion, ()) for key in ACTION_UNIT_KEYS] for emotion in real.emotions]
    )
    evidence = np.array([recipe.evidence[key] for key in ACTION_UNIT_KEYS], np.float32)
    raw, sub = (
        Differences(
            synthetic.features - neutral,
            synthetic.weights[0],
            rest,
            everyone,
            absent,
            spread,
            evidence[:, columns],
        )
        for neutral, spread, columns in (
            (synthetic.neutral.mean(0), 1.0, [0, 2, 4]),
            (synthetic.neutral, recipe.calibration.within_person, [1, 3, 4]),
        )
    )
    return Estimator(_mode(raw, recipe, seed), _mode(sub, recipe, seed), mean_neutral, _yielding(recipe))


def _mode(data: Differences, recipe: Recipe, seed: int) -> Mode:
    scorer = _scorer(data, recipe, seed)
    rest, everyone = scorer(data.rest * np.float32(data.spread))[:, 0], scorer(data.everyone)
    blendshapes = data.everyone @ _blendshapes_only(scorer.direct[0]).T
    activated = _at_full_weight(data.weights, scorer(data.synthetic)[:, 0])
    return Mode(
        scorer,
        slack(everyone, recipe.calibration),
        knots(rest, activated, blendshapes, everyone[:, 0], data.absent, recipe.calibration),
    )


def _scorer(data: Differences, recipe: Recipe, seed: int) -> Scorer:
    """The sources, each in units of its spread over real faces, weighted by d′ of its evidence."""
    base = region_measures()
    measures = base + base.formulae(recipe.measures)
    regression = _regression(data, measures, recipe, seed)
    blend = _rows(blendshape_measures().formulae(recipe.blendshapes))
    rules = _rows(measures.formulae(recipe.rules))
    scores = (data.everyone @ blend[0].T, regression(data.everyone)[:, 0], data.everyone @ rules[0].T)
    spreads = np.stack([found.std(0) for found in scores], 1)
    strength = np.vectorize(_d_prime)(data.evidence)
    share = np.divide(strength, spreads, out=np.zeros_like(strength), where=spreads > 0)
    by_blend, by_ridge, by_rules = (share / strength.sum(1, keepdims=True)).astype(np.float32).T
    return Scorer(
        measures.matrix,
        regression.gain,
        regression.shift,
        regression.ridge * by_ridge,
        blend * by_blend[:, None] + rules * by_rules[:, None],
        regression.bias * by_ridge,
    )


def _regression(data: Differences, measures: Measures, recipe: Recipe, seed: int) -> Scorer:
    """Ridge regression of weights on measures, each with the deviation of some real neutral face added: what differs
    between people at rest, between cameras and by mistakes of the landmarks then counts for little."""
    matrix = measures.matrix[0].T
    strangers = np.random.default_rng(seed).integers(len(data.rest), size=len(data.synthetic))
    noisy = data.synthetic @ matrix + (data.rest @ matrix)[strangers] * recipe.regression.spread
    middle, sd = noisy.mean(0), noisy.std(0)
    z = np.clip((noisy - middle) / sd, -CLIP, CLIP)
    usual = data.weights.mean(0)
    penalized = z.T @ z + recipe.regression.alpha * np.eye(z.shape[1])
    solved = np.linalg.solve(penalized, z.T @ (data.weights - usual))
    nothing = np.zeros((len(VIEWS), len(ACTION_UNIT_KEYS), len(NAMES)))
    arrays = (measures.matrix, 1 / sd, -middle / sd, solved, nothing, usual)
    return Scorer(*(np.asarray(array, np.float32) for array in arrays))


def _rows(measures: Measures) -> FloatArray:
    """(V, U, F): the measures named after action units in the order of the contract, nothing for the others."""
    rows = np.zeros((len(VIEWS), len(ACTION_UNIT_KEYS), len(NAMES)), np.float32)
    for position, key in enumerate(measures.names):
        rows[:, ACTION_UNIT_KEYS.index(key)] = measures.matrix[:, position]
    return rows


def _d_prime(auc: float) -> float:
    """Distance of two unit normals that an area under the ROC curve amounts to; never below zero."""
    return 2**0.5 * NormalDist().inv_cdf(min(max(auc, _CHANCE), _CERTAIN))


def _at_full_weight(weights: FloatArray, scores: FloatArray) -> FloatArray:
    """(U,): what a line through weights (N, U) and scores (N, U) of synthetic faces reaches at weight 1."""
    usual = weights.mean(0)
    slope = ((weights - usual) * scores).sum(0) / np.maximum(((weights - usual) ** 2).sum(0), 1e-6)
    return np.asarray(scores.mean(0) + slope * (1 - usual), np.float32)


def _blendshapes_only(rows: FloatArray) -> FloatArray:
    return np.where([name in BLENDSHAPES for name in NAMES], rows, np.float32(0))


def _yielding(recipe: Recipe) -> FloatArray:
    yielding = np.zeros((len(ACTION_UNIT_KEYS),) * 2, np.float32)
    for weaker, stronger in recipe.yields.items():
        yielding[ACTION_UNIT_KEYS.index(stronger), ACTION_UNIT_KEYS.index(weaker)] = 1
    return yielding
