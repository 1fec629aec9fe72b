import numpy as np
import pytest

pytest.importorskip("cv2")
from training.augment import Augmentation, augment

STILL = Augmentation(rotation=0, scale=0, shift=0, contrast=0, brightness=0, cutout=0)


@pytest.fixture
def faces():
    return np.random.default_rng(0).integers(0, 256, (40, 48, 48), dtype=np.uint8)


def test_images_change_within_the_range_and_the_originals_stay(faces):
    before = faces.copy()

    changed = augment(faces, np.random.default_rng(3), Augmentation())

    assert changed.shape == (40, 48, 48, 1) and changed.dtype == np.float32
    assert changed.min() >= 0 and changed.max() <= 1
    assert np.array_equal(faces, before)
    assert np.abs(changed[..., 0] - faces / 255).mean() > 0.05


def test_same_seed_same_changes(faces):
    first, again = (augment(faces, np.random.default_rng(3), Augmentation()) for _ in range(2))

    assert np.array_equal(first, again)


def test_without_limits_only_mirrors_remain(faces):
    changed = augment(faces, np.random.default_rng(3), STILL)[..., 0]

    plain = np.isclose(changed, faces / 255, atol=1e-6).all(axis=(1, 2))
    mirrored = np.isclose(changed[:, :, ::-1], faces / 255, atol=1e-6).all(axis=(1, 2))
    assert (plain ^ mirrored).all() and plain.any() and mirrored.any()


def test_cutout_blanks_a_square_in_about_half_of_the_images(faces):
    changed = augment(faces, np.random.default_rng(3), Augmentation(0, 0, 0, 0, 0, cutout=20))[..., 0]

    values = [np.unique(face, return_counts=True)[1].max() for face in changed]
    assert 10 < sum(count > 90 for count in values) < 30
