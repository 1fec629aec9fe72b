"""Elastic-net logistic regression, with all that it learns learnt from the people that it is given.

Groups weigh the same, however many people they have, so probabilities are as if the groups were equally frequent.
Sources: Zou & Hastie 2005 (elastic net); scikit-learn's `saga` (Defazio et al. 2014), warm-started along λ.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from training.diagnosis.folds import Ints, assigned, parts
from training.diagnosis.preparation import Floats, Preparation, prepare
from training.diagnosis.recipe import Recipe

#: Passes over the people, at most, and the change of the weights at which they end.
PASSES, TOLERANCE = 200, 1e-3


@dataclass(frozen=True, eq=False)
class Learnt:
    """A network, and what it and its like said of people whom they had not learnt from.

    Attributes:
        preparation: what it sees of a matrix.
        weights, bias: (K, C), (C,): logits = prepared @ weights + bias.
        strength: λ.
        crossed: (P, C) logits of the people learnt from, each by a network of the inner folds that had not seen them.
        distances: (P,) their distances (`Preparation.distance`), likewise.
    """

    preparation: Preparation
    weights: Floats
    bias: Floats
    strength: float
    crossed: Floats
    distances: Floats

    def logits(self, matrix: Floats) -> Floats:
        """(P, C)."""
        return np.asarray(self.preparation(matrix) @ self.weights + self.bias)


def learn(matrix: Floats, labels: Ints, sites: Ints, groups: int, recipe: Recipe, seed: int) -> Learnt:
    """Learn from all people of a matrix (P, columns), of whom (P,) groups and sites are known.

    Where no column can be used, nothing is told apart: all logits are 0.
    """
    crossed = np.zeros((len(recipe.strengths), len(labels), groups))
    distances = np.zeros(len(labels))
    for known, unknown in parts(assigned(labels, sites, recipe.inner, seed)):
        preparation = _prepared(matrix[known], labels[known], groups, recipe)
        path = _path(preparation(matrix[known]), labels[known], groups, recipe, recipe.strengths)
        seen = preparation(matrix[unknown])
        crossed[:, unknown] = [seen @ weights + bias for weights, bias in path]
        distances[unknown] = preparation.distance(matrix[unknown])
    chosen = int(np.argmin([log_loss(logits, labels) for logits in crossed]))
    preparation = _prepared(matrix, labels, groups, recipe)
    strengths = recipe.strengths[: chosen + 1]  # down from the strongest, as in the inner folds
    weights, bias = _path(preparation(matrix), labels, groups, recipe, strengths)[-1]
    return Learnt(preparation, weights, bias, strengths[-1], crossed[chosen], distances)


def at_once(matrix: Floats, labels: Ints, known: Ints, unknown: Ints, groups: int, recipe: Recipe) -> Floats:
    """(unknown, C) logits of some rows, learnt from others at the middle one of the strengths, without inner folds.

    For permutations. On simulated cohorts it tells groups apart as surely as the choice among all strengths does, at a
    fifteenth of the work; and it never gives everybody the same, as a network does of which no weight is left.
    """
    preparation = _prepared(matrix[known], labels[known], groups, recipe)
    weights, bias = _path(preparation(matrix[known]), labels[known], groups, recipe, (recipe.middle,))[0]
    return np.asarray(preparation(matrix[unknown]) @ weights + bias)


def _prepared(matrix: Floats, labels: Ints, groups: int, recipe: Recipe) -> Preparation:
    return prepare(matrix, labels, groups, recipe.columns, recipe.clip, recipe.measured)


def _path(
    seen: Floats, labels: Ints, groups: int, recipe: Recipe, strengths: tuple[float, ...]
) -> list[tuple[Floats, Floats]]:
    """Weights (K, C) and bias (C,) for each strength, each learnt from where the one before ended."""
    if not seen.shape[1]:
        return [(np.zeros((0, groups)), np.zeros(groups)) for _ in strengths]
    network = LogisticRegression(
        solver="saga",
        l1_ratio=recipe.l1_ratio,
        class_weight="balanced",
        max_iter=PASSES,
        tol=TOLERANCE,
        warm_start=True,
        random_state=0,
    )
    found = []
    with warnings.catch_warnings(), config_context(assume_finite=True, skip_parameter_validation=True):
        warnings.simplefilter("ignore", ConvergenceWarning)
        for strength in strengths:
            network.set_params(C=1 / (len(seen) * strength)).fit(seen, labels)
            found.append(_outputs(network))
    return found


def _outputs(network: LogisticRegression) -> tuple[Floats, Floats]:
    """One output for each group; of two groups scikit-learn has one for both.

    Where no weight is left, all groups are equally likely: else a hair's breadth would give everybody the same answer.
    """
    weights, bias = network.coef_.T, network.intercept_
    if not weights.any():  # what is left of the bias is where the solver stopped
        bias = np.zeros_like(bias)
    if weights.shape[1] == 1:
        return np.hstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
    return weights.copy(), bias.copy()


def log_loss(logits: Floats, labels: Ints) -> float:
    """Mean over groups of their people's mean −log p of the right group."""
    right = logits[np.arange(len(labels)), labels] - np.logaddexp.reduce(logits, axis=1)
    return float(-np.mean([right[labels == group].mean() for group in np.unique(labels)]))
