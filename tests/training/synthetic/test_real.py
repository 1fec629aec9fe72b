"""Real faces by which the estimator is calibrated."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract.errors import DataError
from device.stages.features import NAMES
from training.data.faces import TRAINING
from training.synthetic.real import choose, measure
from training.synthetic.recipe import load_recipe

RECIPE = load_recipe()


@pytest.fixture
def portraits(portrait, make_faces):
    """Small grey crops of one face; `emotions` are names."""
    import cv2  # noqa: PLC0415

    small = cv2.resize(cv2.cvtColor(portrait[50:200, 150:300], cv2.COLOR_BGR2GRAY), (48, 48))

    def make(emotions, split=TRAINING):
        return make_faces(np.stack([small] * len(emotions)), emotions, [split] * len(emotions))

    return make


def test_real_faces_are_measured_by_the_networks_of_the_box(portraits):
    wanted = replace(RECIPE.faces, votes={"happiness": 0.9})
    found = measure(portraits(["happiness"] * 10), wanted, seed=0)
    assert found.features.shape == (10, len(NAMES))
    assert found.counts() == {"happiness": 10}
    assert found.features[0, NAMES.index("mouthSmileLeft")] > 0.5, "she smiles"


def test_too_few_clear_faces_are_refused(portraits):
    with pytest.raises(DataError, match="Only 0 faces are clearly 'happiness'"):
        choose(portraits(["neutral"] * 12), RECIPE.faces, seed=0)


def test_faces_without_votes_are_refused(portraits):
    faces = replace(portraits(["neutral"]), answers={})
    with pytest.raises(DataError, match="no FER\\+ votes"):
        choose(faces, RECIPE.faces, seed=0)
