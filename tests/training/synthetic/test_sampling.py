"""The recipe, and the faces that are drawn by it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import ConfigError
from device.contract.labels import ACTION_UNIT_KEYS
from training.synthetic.recipe import load_recipe
from training.synthetic.sampling import LOWER_LIP, UPPER_LIP, Synthesizer

RECIPE = load_recipe()
AT = {key: number for number, key in enumerate(ACTION_UNIT_KEYS)}


def sampled(kit, count=40, seed=0, **changes):
    recipe = replace(RECIPE, sampling=replace(RECIPE.sampling, **changes))
    synthesizer = Synthesizer(kit, recipe, np.random.default_rng(seed))
    return [synthesizer() for _ in range(count)]


def test_the_shipped_recipe_covers_every_action_unit():
    assert set(RECIPE.shapes) == set(RECIPE.blendshapes) == set(RECIPE.evidence) == set(ACTION_UNIT_KEYS)
    assert all((aucs[4] > 0.5) == (key in RECIPE.rules) for key, aucs in RECIPE.evidence.items())
    assert all(len(aucs) == 5 and min(aucs) >= 0.5 and max(aucs) < 1 for aucs in RECIPE.evidence.values())


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("identity_sd =", "identity_dev =", "perhaps you meant sampling.identity_sd"),
        ("identity_sd = 0.6", "", "not a whole recipe"),
        ("AU43 = { eyeBlink = 1.0 }", "AU99 = { eyeBlink = 1.0 }", "names AU99"),
        ("AU43 = [0.75, 0.75, 0.75, 0.75, 0.75]", "", "lacks AU43"),
    ],
)
def test_a_wrong_recipe_is_refused(tmp_path, before, after, complaint):
    text = (Path(__file__).parents[3] / "training" / "synthetic" / "au-geometry.toml").read_text()
    assert before in text
    (tmp_path / "mine.toml").write_text(text.replace(before, after))
    with pytest.raises(ConfigError, match=complaint):
        load_recipe(tmp_path / "mine.toml")


def test_the_same_seed_draws_the_same_faces(kit):
    one, same, other = (sampled(kit, 3, seed)[-1].points for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_weights_are_shares_and_exclusive_ones_do_not_meet(kit):
    faces = sampled(kit, 80, cooccurring=0.0, neutral=0.0, independent=[0.5])
    for face in faces:
        assert min(face.left.min(), face.right.min()) >= 0 and max(face.left.max(), face.right.max()) <= 1
        for one, other in RECIPE.exclusive:
            if "AU25" not in (one, other):  # which is measured, whatever was drawn
                assert not (face.left[AT[one]] and face.left[AT[other]])


def test_without_noise_pose_and_nuisance_a_neutral_face_is_the_person(kit):
    still = {"noise_cm": 0.0, "smooth_noise_cm": 0.0, "pose_sd_deg": [0.0] * 3, "distance_cm": [1e6, 1e6],
             "depth_scale": [1.0, 1.0], "cooccurring": 0.0, "neutral": 1.0}  # fmt: skip
    recipe = replace(RECIPE, sampling=replace(RECIPE.sampling, **still), nuisance=dict.fromkeys(RECIPE.nuisance, 0.0))
    face = Synthesizer(kit, recipe, np.random.default_rng(0))()
    assert face.points == pytest.approx(face.neutral, abs=1e-3)
    assert not face.left.any()


def test_lips_part_is_measured_between_the_lips(kit):
    shapes = {name: np.zeros_like(shape) for name, shape in kit.shapes.items()}
    shapes["jawOpen"][LOWER_LIP, 1] = 4.0
    face_kit = replace(kit, shapes=shapes)
    faces = sampled(face_kit, 60, cooccurring=0.0, neutral=0.0, independent=[0.5])
    opened = [face.left[AT["AU26"]] > 0.5 for face in faces]
    assert {bool(face.left[AT["AU25"]] > 0.5) for face, open_ in zip(faces, opened, strict=True) if open_} == {True}
    assert all(not face.left[AT["AU25"]] for face in faces if not face.left[AT["AU26"]] + face.right[AT["AU26"]])
    assert UPPER_LIP != LOWER_LIP


def test_one_sided_faces_are_weak_on_one_side(kit):
    faces = sampled(kit, 30, one_sided=1.0, asymmetry_sd=0.0, neutral=0.0)
    sums = [(face.left[: AT["AU25"]].sum(), face.right[: AT["AU25"]].sum()) for face in faces]
    assert all(min(pair) <= 0.31 * max(pair) for pair in sums)
    assert {left > right for left, right in sums} == {True, False}
