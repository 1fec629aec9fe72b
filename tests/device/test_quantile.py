"""What is usual: a quantile over time, whatever the frame rate, that forgets slowly."""

import numpy as np
import pytest

from device.stages.quantile import RunningQuantile


def after(values, seconds=0.04, share=0.5, tau_s=1e6):
    quantile = RunningQuantile(share, 0.0, 1.0, 100, tau_s)
    for value in values:
        quantile.add(value, seconds)
    return quantile


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_it_is_the_quantile_to_half_a_bin(share):
    values = np.random.default_rng(1).uniform(0.2, 0.9, 2000)
    assert after(values, share=share)() == pytest.approx(np.quantile(values, share), abs=0.01)


def test_time_decides_and_not_the_number_of_frames():
    quantile = after([0.2] * 100, seconds=0.01)
    for _ in range(10):
        quantile.add(0.8, 0.5)
    assert quantile() == pytest.approx(0.8, abs=0.01)
    assert quantile.seconds == pytest.approx(6.0)


def test_what_is_long_ago_fades():
    quantile = after([0.2] * 100, seconds=1.0, tau_s=10.0)
    for _ in range(10):
        quantile.add(0.8, 1.0)
    assert quantile() == pytest.approx(0.8, abs=0.01)


def test_values_outside_count_at_the_ends():
    assert after([-5.0])() == pytest.approx(0.005)
    assert after([5.0])() == pytest.approx(0.995)
