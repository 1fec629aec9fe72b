"""Action units by the shipped bundle: a face at rest has none, movements raise their own, sides are told apart."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from device.stages.action_units import TASK, ActionUnitEstimator
from device.stages.blendshapes import BlendshapeEstimator
from device.stages.features import NAMES, FaceFeatures


@pytest.fixture(scope="module")
def estimate(models):
    return ActionUnitEstimator(models.action_units)


@pytest.fixture(scope="module")
def rest(models, face):
    """Features of a face, which are taken for its rest."""
    return FaceFeatures(models.landmarks.bundle)(face, BlendshapeEstimator(models.blendshapes)(face))


def changed(features, **changes):
    """Features with centimetres or coefficients added; `__` stands for the dot."""
    vector = features.copy()
    for name, change in changes.items():
        vector[NAMES.index(name.replace("__", "."))] += change
    return vector


#: Differences to rest, both sides alike.
MOVEMENTS = {
    "AU12": {
        f"lip_corner__{side}__{axis}": change
        for side, outward in (("left", 1), ("right", -1))
        for axis, change in (("x", 0.5 * outward), ("y", -0.5))
    }
    | {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8},
    "AU2": {f"outer_brow__{side}__y": -0.6 for side in ("left", "right")}
    | {f"middle_brow__{side}__y": -0.6 for side in ("left", "right")}
    | {"browOuterUpLeft": 0.8, "browOuterUpRight": 0.8},
    "AU26": {"chin__y": 2.0, "lower_lip_edge__y": 1.5, "lower_lip_inside__y": 1.5, "jawOpen": 0.7},
    "AU43": {f"upper_lid__{side}__y": 0.6 for side in ("left", "right")} | {"eyeBlinkLeft": 0.8, "eyeBlinkRight": 0.8},
}


def test_the_bundle_is_the_task(models):
    assert models.action_units.manifest.task == TASK


def test_every_action_unit_is_given_in_the_order_of_the_contract(estimate, rest):
    actions = estimate(rest)
    assert tuple(actions.both) == ACTION_UNIT_KEYS
    assert tuple(actions.left) == tuple(actions.right) == SIDED_KEYS


def test_a_person_at_rest_shows_nothing(estimate, rest):
    actions = estimate(rest, rest)
    assert max(actions.both.values()) < 0.5
    assert max([*actions.left.values(), *actions.right.values()]) < 0.5


def test_without_their_neutral_a_smiling_person_smiles(estimate, rest):
    assert estimate(rest).both["AU12"] > 2


@pytest.mark.parametrize("unit", MOVEMENTS)
def test_a_movement_raises_its_own_unit_on_both_sides_alike(estimate, rest, unit):
    actions = estimate(changed(rest, **MOVEMENTS[unit]), rest)
    assert actions.both[unit] > 1.5
    if unit in SIDED_KEYS:
        assert actions.left[unit] == pytest.approx(actions.both[unit], abs=0.3)
        assert actions.right[unit] == pytest.approx(actions.both[unit], abs=0.3)


@pytest.mark.parametrize(("side", "other"), [("Left", "right"), ("Right", "left")])
def test_a_smile_of_one_side_is_told_from_that_of_both(estimate, rest, side, other):
    near = side.lower()
    one_sided = {name: value for name, value in MOVEMENTS["AU12"].items() if near in name or side in name}
    actions = estimate(changed(rest, **one_sided), rest)
    sides = {"left": actions.left["AU12"], "right": actions.right["AU12"]}
    assert sides[near] > sides[other] + 1
    assert sides[other] < actions.both["AU12"] < sides[near]


def test_more_movement_never_means_less_intensity(estimate, rest):
    shares = np.linspace(0, 3, 13)
    steps = [changed(rest, **{name: share * change for name, change in MOVEMENTS["AU12"].items()}) for share in shares]
    intensities = [estimate(step, rest).both["AU12"] for step in steps]
    assert min(np.diff(intensities)) > -1e-4
    assert max(intensities) <= 5


def test_closed_eyes_are_not_scored_as_tightened_lids(estimate, rest):
    actions = estimate(changed(rest, **MOVEMENTS["AU43"]), rest)
    assert actions.both["AU43"] > 2
    assert actions.both["AU7"] < 1


def test_intensities_stay_between_0_and_5_whatever_comes(estimate):
    rng = np.random.default_rng(0)
    for scale in (1, 100):
        actions = estimate(rng.normal(0, scale, len(NAMES)).astype(np.float32))
        values = [*actions.both.values(), *actions.left.values(), *actions.right.values()]
        assert min(values) >= 0 and max(values) <= 5


def test_nothing_is_kept_from_the_frame_before(estimate, rest):
    alone = estimate(rest)
    estimate(changed(rest, **MOVEMENTS["AU26"]), rest)
    assert estimate(rest) == alone


def test_a_bundle_with_other_labels_is_refused(models):
    class Other:
        manifest = replace(
            models.action_units.manifest,
            outputs=(replace(models.action_units.manifest.outputs[0], labels=("AU1",)),),
        )

    with pytest.raises(ModelError, match="does not take"):
        ActionUnitEstimator(Other())


def test_another_tasks_bundle_is_refused(models):
    with pytest.raises(ModelError, match="no output 'intensity'"):
        ActionUnitEstimator(models.expression)
