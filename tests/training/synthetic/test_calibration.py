"""Where intensity 1 lies on the scale of scores."""

import numpy as np
import pytest

from training.synthetic.calibration import knots
from training.synthetic.recipe import load_recipe


@pytest.fixture
def scores():
    """Scores (N, 2) of calm faces, and of smiling ones that raise both action units."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 1, (400, 2)), rng.normal(3, 1, (400, 2))


def present(scores, absent):
    calm, smiling = scores
    zero = np.zeros(2)
    found = knots(calm, zero + 9, np.zeros((400, 2)), smiling, absent, load_recipe().calibration)
    return found[:, 2]


def test_few_calm_faces_come_to_intensity_1(scores):
    assert (scores[0] > present(scores, np.zeros((400, 2), bool))).mean() == pytest.approx(0.03, abs=0.005)


def test_few_faces_that_usually_do_without_an_action_unit_come_there_either(scores):
    absent = np.zeros((400, 2), bool)
    absent[:, 1] = True

    rates = (scores[1] > present(scores, absent)).mean(0)

    assert rates[0] > 0.8
    assert rates[1] == pytest.approx(0.03, abs=0.005)
