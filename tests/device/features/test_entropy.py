"""Sample entropy: of what is known, and against the definition counted pair by pair."""

import math
from itertools import combinations

import numpy as np
import pytest

from device.features.entropy import LEAST_TEMPLATES, multiscale, sample_entropy


def counted(values, tolerance):
    """By Richman & Moorman's definition."""
    templates = [values[at : at + 3] for at in range(len(values) - 2)]
    two = three = 0
    for one, other in combinations(templates, 2):
        if max(abs(one[:2] - other[:2])) <= tolerance:
            two += 1
            three += abs(one[2] - other[2]) <= tolerance
    return math.log(two / three)


@pytest.mark.parametrize("tolerance", [0.2, 0.5, 1.0])
def test_it_is_what_counting_pair_by_pair_finds(tolerance):
    values = np.random.default_rng(0).normal(size=300)
    assert sample_entropy([values], tolerance) == pytest.approx(counted(values, tolerance))


def test_what_repeats_itself_is_predictable_and_noise_is_not():
    wave, noise = np.sin(np.arange(1200) * 2 * np.pi / 25), np.random.default_rng(1).normal(size=1200)
    assert multiscale([wave], (1,))[0] < 0.3
    assert multiscale([noise], (1,))[0] > 2.0


def test_white_noise_loses_its_entropy_with_scale_and_pink_noise_keeps_it():
    """Costa, Goldberger & Peng 2002, figure 1."""
    rng = np.random.default_rng(2)
    white = rng.normal(size=6000)
    spectrum = np.fft.rfft(rng.normal(size=6000))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    pink = np.fft.irfft(spectrum)
    of_white, of_pink = multiscale([white], (1, 5)), multiscale([pink], (1, 5))
    assert of_white[1] < of_white[0] - 0.5
    assert of_pink[1] == pytest.approx(of_pink[0], abs=0.25)


def test_it_does_not_depend_on_the_length_nor_on_the_unit():
    values = np.random.default_rng(3).normal(size=9000).cumsum() % 7
    whole, part = multiscale([values], (1, 3)), multiscale([values[:3000]], (1, 3))
    assert whole == pytest.approx(part, rel=0.1)
    assert multiscale([values * 1000], (1, 3)) == pytest.approx(whole)


def test_templates_reach_over_no_gap():
    values = np.random.default_rng(4).normal(size=400)
    pieces = [values[:200], values[200:]]
    assert sample_entropy([values[at : at + 2] for at in range(0, 400, 2)], 0.5) != sample_entropy(pieces, 0.5)
    assert math.isnan(sample_entropy([values[at : at + 2] for at in range(0, 400, 2)], 0.5))


@pytest.mark.parametrize(
    "stretches",
    [[], [np.zeros(0)], [np.zeros(1000)], [np.random.default_rng(5).normal(size=LEAST_TEMPLATES + 1)]],
    ids=["nothing", "empty", "still", "too short"],
)
def test_where_it_cannot_be_told_it_is_no_number(stretches):
    assert np.isnan(multiscale(stretches, (1, 2, 3))).all()
