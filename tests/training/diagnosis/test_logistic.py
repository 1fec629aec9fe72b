"""What the reference network says where there is nothing to learn."""

import numpy as np
import pytest

from training.diagnosis.conformal import sets
from training.diagnosis.logistic import learn
from training.diagnosis.model import calibrated, probabilities
from training.diagnosis.recipe import Recipe


@pytest.mark.parametrize("people", [(20, 20), (40, 20), (15, 15, 15)])
def test_without_a_weight_every_group_is_possible(people):
    truth = np.repeat(np.arange(len(people)), people)
    matrix = np.random.default_rng(3).normal(size=(len(truth), 4))
    strong = Recipe(strengths=(5.0,))  # under which no weight is left

    learnt = learn(matrix, truth, np.zeros(len(truth), int), len(people), strong, 0)

    assert not learnt.weights.any()
    found = calibrated(learnt, truth, strong.alpha)
    said = probabilities(learnt.logits(matrix), found.temperature)
    assert said == pytest.approx(1 / len(people))
    assert sets(said, found.quantiles).all(), "else everybody would get the same answer"
