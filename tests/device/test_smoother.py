"""Smoothing: the time between frames decides, not their number, and nothing old crosses a gap."""

import math

import numpy as np
import pytest
from device.stages.action_units import ActionUnitEstimator
from device.stages.blendshapes import BlendshapeEstimator
from device.stages.features import FaceFeatures

from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.smoother import Smoother

TAU_S = 0.3


def after(*steps, tau_s=TAU_S):
    """The filtered value after steps of (value, track, time)."""
    smooth = Smoother(tau_s)
    for value, track, time_s in steps:
        last = smooth({"AU12": value}, track, time_s)["AU12"]
    return last


def test_the_first_value_passes_unchanged():
    assert after((3.0, 1, 100.0)) == 3.0


def test_a_step_is_followed_with_the_time_constant():
    assert after((0.0, 1, 5.0), (1.0, 1, 5.0 + TAU_S)) == pytest.approx(1 - math.exp(-1))


def test_two_steps_are_one_step_of_twice_the_time():
    two = after((0.0, 1, 0.0), (4.0, 1, 0.04), (4.0, 1, 0.08))
    one = after((0.0, 1, 0.0), (4.0, 1, 0.08))
    assert 0 < one < 4
    assert two == pytest.approx(one)


def test_a_constant_stays_constant():
    assert after(*((2.0, 1, 0.04 * i) for i in range(10))) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "step", [(4.0, 1, 1.1), (4.0, 2, 0.1), (4.0, 1, 0.0), (4.0, 1, -5.0)], ids=["gap", "track", "same time", "back"]
)
def test_nothing_is_carried_over(step):
    assert after((0.0, 1, 0.0), step) == 4.0


def test_after_a_gap_filtering_goes_on_from_the_new_value():
    assert after((0.0, 1, 0.0), (4.0, 1, 2.0), (0.0, 1, 2.0 + TAU_S)) == pytest.approx(4 * math.exp(-1))


def test_without_a_time_constant_values_pass_unchanged():
    assert after((0.0, 1, 0.0), (4.0, 1, 0.04), tau_s=0.0) == 4.0


def test_each_name_has_its_own_value():
    smooth = Smoother(TAU_S)
    smooth({"AU1": 0.0, "AU2": 5.0}, 1, 0.0)
    assert smooth({"AU1": 5.0, "AU2": 5.0}, 1, TAU_S) == pytest.approx({"AU1": 5 * (1 - math.exp(-1)), "AU2": 5.0})


def test_nothing_is_carried_over_a_gated_stretch(models, portrait):
    pipeline = Pipeline(models, Settings())
    pipeline(Frame(portrait, 0, 0.0))
    assert pipeline(Frame(portrait // 10, 1, 0.1)).reasons, "too dark"
    seen = pipeline(Frame(np.ascontiguousarray(portrait[:, ::-1]), 2, 0.2))

    face = seen.track.face
    features = FaceFeatures(models.landmarks.bundle)(face, BlendshapeEstimator(models.blendshapes)(face))
    unfiltered = ActionUnitEstimator(models.action_units)(features).both
    assert seen.actions.both == pytest.approx(unfiltered, abs=1e-5)
