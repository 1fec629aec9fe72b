"""Smoothing: the time between frames decides, not their number, and nothing old crosses a gap."""

import math

import numpy as np
import pytest

from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.aligner import align
from device.stages.frame import Frame
from device.stages.reader import FaceReader
from device.stages.smoother import Smoother

TAU_S = 0.3


def after(*steps, tau_s=TAU_S):
    """The filtered value after steps of (value, track, time)."""
    smooth = Smoother(tau_s)
    for value, track, time_s in steps:
        last = smooth(np.array([value], np.float32), track, time_s)
    return float(last[0])


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


def test_each_place_has_its_own_value():
    smooth = Smoother(TAU_S)
    smooth(np.array([0.0, 5.0], np.float32), 1, 0.0)
    assert smooth(np.array([5.0, 5.0], np.float32), 1, TAU_S) == pytest.approx([5 * (1 - math.exp(-1)), 5.0])


def test_what_is_hidden_is_no_number_and_comes_back_unchanged_by_what_was():
    values = np.array([[0.0, 2.0], [np.nan, 2.0], [4.0, 2.0], [0.0, 2.0]], np.float32)
    smooth = Smoother(TAU_S)
    found = [smooth(value, 1, at * TAU_S) for at, value in enumerate(values)]
    assert np.isnan([value[0] for value in found]).tolist() == [False, True, False, False]
    assert found[2][0] == 4.0
    assert found[3][0] == pytest.approx(4 * math.exp(-1)), "and is filtered from there on"
    assert [value[1] for value in found] == pytest.approx([2.0] * 4)


def test_what_was_given_is_not_changed():
    smooth, first = Smoother(TAU_S), np.array([1.0], np.float32)
    smooth(first, 1, 0.0)
    smooth(np.array([3.0], np.float32), 1, 0.1)
    assert first[0] == 1.0


def test_nothing_is_carried_over_a_gated_stretch(models, portrait):
    pipeline = Pipeline(models, Settings())
    pipeline(Frame(portrait, 0, 0.0))
    assert pipeline(Frame(portrait // 10, 1, 0.1)).reasons, "too dark"
    frame = Frame(np.ascontiguousarray(portrait[:, ::-1]), 2, 0.2)
    seen = pipeline(frame)

    unfiltered = FaceReader(models.face)(align(frame, seen.track.face))
    assert seen.actions.both == pytest.approx(unfiltered.actions.both, abs=1e-5)
    assert seen.emotions == pytest.approx(unfiltered.emotions, abs=1e-5)
