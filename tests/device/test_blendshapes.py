"""Blendshapes: a face that is made to do one thing at a time is seen to do that thing."""

import numpy as np
import pytest

from device.contract.labels import BLENDSHAPES
from device.stages.blendshapes import SUBSET, BlendshapeEstimator
from training.sample_clip.clip import Scene
from training.sample_clip.script import moment, script

SMILE = ("mouthSmileLeft", "mouthSmileRight")
BLINK = ("eyeBlinkLeft", "eyeBlinkRight")
JAW = ("jawOpen",)
BROWS = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
MOVEMENTS = {"smile": SMILE, "brows": BROWS, "blink": BLINK, "jaw_drop": JAW}


@pytest.fixture(scope="module")
def blend(models):
    return BlendshapeEstimator(models.blendshapes)


@pytest.fixture(scope="module")
def acted(see, blend, portrait):
    """Blendshapes in the middle of each scripted movement of the sample clip, by its name."""
    scene = Scene(np.ascontiguousarray(portrait[..., ::-1]), see(portrait).points)
    middles = {s.name: (s.start_s + s.end_s) / 2 for s in script() if s.name in ("neutral", *MOVEMENTS)}
    return {name: blend(see(scene.picture(moment(time))[..., ::-1])) for name, time in middles.items()}


def test_there_is_a_coefficient_for_each_name(see, blend, portrait):
    coefficients = blend(see(portrait))
    assert tuple(coefficients) == BLENDSHAPES
    assert all(0 <= value <= 1 for value in coefficients.values())


def test_the_portrait_smiles_with_open_eyes_and_a_closed_jaw(see, blend, portrait):
    coefficients = blend(see(portrait))
    assert min(coefficients[name] for name in SMILE) > 0.7
    assert max(coefficients[name] for name in BLINK + JAW) < 0.3


@pytest.mark.parametrize("name", MOVEMENTS)
def test_a_movement_is_seen_when_it_is_made_and_not_at_rest(acted, name):
    for shape in MOVEMENTS[name]:
        assert acted[name][shape] > 0.4
        assert acted["neutral"][shape] < 0.2


@pytest.mark.parametrize("name", MOVEMENTS)
def test_a_movement_is_not_seen_in_the_others(acted, name):
    for shape in MOVEMENTS[name]:
        assert all(acted[other][shape] < acted[name][shape] - 0.2 for other in MOVEMENTS if other != name)


def test_the_network_reads_146_different_points():
    assert len(set(SUBSET.tolist())) == 146
    assert SUBSET.min() >= 0 and SUBSET.max() <= 477
