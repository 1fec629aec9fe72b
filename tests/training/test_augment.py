import numpy as np
import pytest

pytest.importorskip("tensorflow")
import tensorflow as tf

from training.augment import augment, mix
from training.recipe import Augmentation, Mixing

STILL = Augmentation(rotation=0, scale=0, shift=0, contrast=0, brightness=0, cutout=0)
SEED = (3, 4)


@pytest.fixture
def faces():
    return np.random.default_rng(0).random((40, 48, 48, 1), dtype=np.float32)


def changed(faces, limits, seed=SEED):
    return augment(tf.constant(faces), tf.constant(seed), limits).numpy()


def test_images_change_within_the_range(faces):
    found = changed(faces, Augmentation())

    assert found.shape == faces.shape and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1
    assert np.abs(found - faces).mean(axis=(1, 2, 3)).min() > 0.05


def test_same_seed_same_changes(faces):
    first, again, other = (changed(faces, Augmentation(), seed) for seed in (SEED, SEED, (3, 5)))

    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_without_limits_only_mirrors_remain(faces):
    found = changed(faces, STILL)

    plain = np.isclose(found, faces, atol=1e-5).all(axis=(1, 2, 3))
    mirrored = np.isclose(found[:, :, ::-1], faces, atol=1e-5).all(axis=(1, 2, 3))
    assert (plain ^ mirrored).all() and 8 < plain.sum() < 32


@pytest.mark.parametrize(
    ("limits", "low", "high"),
    [
        (Augmentation(0, 0, 6, 0, 0, 0), 2.0, 6.1),
        (Augmentation(0, 0.2, 0, 0, 0, 0), 1.0, 3.5),
        (Augmentation(20, 0, 0, 0, 0, 0), 2.0, 5.2),
    ],
)
def test_a_mark_right_of_the_middle_moves_as_far_as_is_allowed(limits, low, high):
    face = np.zeros((60, 48, 48, 1), np.float32)
    face[:, 22:26, 36:40] = 1  # 14 pixels from the middle

    found = changed(face, limits)

    rows, columns = np.mgrid[:48, :48] - 23.5
    mass = found[..., 0].sum(axis=(1, 2))
    x, y = ((found[..., 0] * axis).sum(axis=(1, 2)) / mass for axis in (columns, rows))
    moved = np.maximum(np.abs(np.abs(x) - 14), np.abs(y))
    assert low < moved.max() < high


def test_cutout_blanks_a_square_in_about_half_of_the_images_mirrored_or_not(faces):
    found = changed(faces, Augmentation(0, 0, 0, 0, 0, cutout=20))

    blanked = np.array([np.unique(face, return_counts=True)[1].max() > 90 for face in found])
    mirrored = ~np.array([np.isclose(a, b, atol=1e-5).mean() > 0.5 for a, b in zip(found, faces, strict=True)])
    assert 10 < blanked.sum() < 30
    assert (blanked & mirrored).any() and (blanked & ~mirrored).any()


@pytest.mark.parametrize("mixing", [Mixing(mixup=1.0), Mixing(cutmix=1.0), Mixing(mixup=0.5, cutmix=1.0)])
def test_answers_are_mixed_in_the_share_of_the_pictures(mixing):
    black_and_white = np.stack([np.zeros((48, 48, 1)), np.ones((48, 48, 1))]).astype(np.float32)
    for seed in range(8):
        batch = {"image": tf.constant(black_and_white), "head": tf.eye(2)}
        found = mix(batch, tf.constant([seed, 1]), mixing)

        white = found["image"].numpy().mean(axis=(1, 2, 3))
        assert found["head"].numpy()[:, 1] == pytest.approx(white, abs=1e-4)
        assert found["head"].numpy().sum(axis=1) == pytest.approx([1, 1], abs=1e-4)


def test_mixing_can_be_left_out_and_kept_to_a_share_of_the_batches(faces):
    batch = {"image": tf.constant(faces)}
    same = [
        np.array_equal(mix(batch, tf.constant([n, 2]), Mixing(cutmix=1.0, share=0.5))["image"], faces)
        for n in range(20)
    ]

    assert mix(batch, tf.constant(SEED), Mixing()) is batch
    assert 3 < sum(same) < 17
