"""Measures: formulae over regions and blendshapes, for both sides and for each."""

import numpy as np
import pytest

from device.contract.errors import ConfigError
from device.contract.labels import BLENDSHAPES
from device.stages.features import GEOMETRIC, MIDLINE, NAMES, PAIRED
from training.synthetic.measures import Measures, blendshape_measures, region_measures, terms
from training.synthetic.receipt import area


def test_formulae_are_sums_of_weighted_names():
    assert terms("0.5 * lip_corner.x - chin.y") == [(0.5, "lip_corner.x"), (-1.0, "chin.y")]
    assert terms("-lid_opening") == [(-1.0, "lid_opening")]


@pytest.mark.parametrize("text", ["chin.y lip.x", "2 ** chin.y", "chin.y * 2"])
def test_other_formulae_are_refused(text):
    with pytest.raises(ConfigError, match="not a sum"):
        terms(text)


def test_an_unknown_name_in_a_formula_is_refused():
    with pytest.raises(ConfigError, match=r"names chim\.y"):
        region_measures().formulae({"AU26": "chim.y"})


def test_heights_are_means_of_sides_and_widths_point_outwards():
    vector = np.zeros(len(NAMES), np.float32)
    for name, value in (("lip_corner.left.y", 1), ("lip_corner.right.y", 3), ("lip_corner.left.x", 5),
                        ("lip_corner.right.x", -2)):  # fmt: skip
        vector[NAMES.index(name)] = value
    measures = region_measures()
    both, left, right = (dict(zip(measures.names, view @ vector, strict=True)) for view in measures.matrix)
    assert [view["lip_corner.y"] for view in (both, left, right)] == [2, 1, 3]
    assert [view["lip_corner.x"] for view in (both, left, right)] == [3.5, 5, 2]
    assert len(measures.names) == 2 * len(PAIRED) + len(MIDLINE)


def test_a_sided_blendshape_is_known_without_its_side():
    measures: Measures = blendshape_measures()
    vector = np.zeros(len(NAMES), np.float32)
    vector[GEOMETRIC + BLENDSHAPES.index("mouthSmileLeft")] = 0.8
    vector[GEOMETRIC + BLENDSHAPES.index("jawLeft")] = 0.4
    both, left, right = (dict(zip(measures.names, view @ vector, strict=True)) for view in measures.matrix)
    assert [view["mouthSmile"] for view in (both, left, right)] == pytest.approx([0.4, 0.8, 0])
    assert [view["jawLeft"] for view in (both, left, right)] == pytest.approx([0.4] * 3), "a direction is no side"


def test_area_under_the_curve_counts_ties_half():
    assert area(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx(3.5 / 4)
    assert np.isnan(area(np.array([]), np.array([1.0])))
