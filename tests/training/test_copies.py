"""Near copies are found, and never part what learns from what measures."""

import cv2
import numpy as np
import pytest

from training.data.copies import exact_copies, near_copies
from training.data.faces import Codings, Faces
from training.face.data import folds, learnable, unseen
from training.face.recipe import Units


def pictures(count, seed=0):
    """Smooth pictures that have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (count, 6, 6), np.uint8)
    return np.stack([cv2.resize(one, (48, 48), interpolation=cv2.INTER_CUBIC) for one in small])


def groups(numbers):
    """Sets of positions that have a number in common."""
    return {tuple(np.flatnonzero(numbers == number).tolist()) for number in set(numbers.tolist())}


def shifted(image, x):
    return cv2.warpAffine(image, np.float32([[1, 0, x], [0, 1, 0]]), (48, 48), borderMode=cv2.BORDER_REPLICATE)


def test_pictures_that_are_equal_are_exact_copies():
    images = pictures(4)
    images[3] = images[1]

    assert groups(exact_copies(images)) == {(0,), (1, 3), (2,)}


@pytest.mark.parametrize(
    "change",
    [
        lambda image: shifted(image, 1),
        lambda image: np.clip(image * 0.6 + 70, 0, 255).astype(np.uint8),
        lambda image: cv2.GaussianBlur(image, (5, 5), 0),
        lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 0),
    ],
    ids=["shifted", "brighter and paler", "blurred", "compressed"],
)
def test_a_picture_changed_a_little_is_a_near_copy(change):
    images = pictures(6)
    images[5] = change(images[2])

    assert groups(near_copies(images)) == {(0,), (1,), (2, 5), (3,), (4,)}
    assert len(groups(exact_copies(images))) == 6


def test_a_chain_of_copies_is_one_group():
    first = pictures(1)[0]
    images = np.stack([first, pictures(1, 7)[0], shifted(first, 3), shifted(first, 1.5), shifted(first, 4.5)])

    ends = near_copies(images[[0, 4]])
    assert ends[0] != ends[1], "the ends by themselves are no copies"
    assert groups(near_copies(images)) == {(0, 2, 3, 4), (1,)}


def test_other_and_empty_pictures_are_no_copies():
    images = np.concatenate([pictures(40), np.zeros((2, 48, 48), np.uint8)])

    assert len(groups(near_copies(images))) == 42


def test_copies_far_apart_are_found(monkeypatch):
    monkeypatch.setattr("training.data.copies._CHUNK", 4)
    images = pictures(11)
    images[10], images[7] = shifted(images[0], 1), shifted(images[6], 1)

    assert {(0, 10), (6, 7)} <= groups(near_copies(images))


@pytest.fixture
def faces():
    """Forty faces, of which all but the first four are coded; each even one is a copy of the next; the last eight are
    of `PublicTest`, and face 0 is a copy of one of those."""
    copies = np.arange(40) // 2
    copies[0] = copies[39]
    splits = np.where(np.arange(40) < 32, "Training", "PublicTest")
    units = np.ones((36, 22), np.float32)
    codings = Codings(np.arange(4, 40), np.full(36, "a"), units, np.zeros((36, 2), np.float32), np.zeros(36, bool))
    images = np.zeros((40, 48, 48), np.uint8)
    return Faces(images, splits, {}, np.full(40, ""), copies=copies, codings=codings)


def test_folds_keep_copies_together_and_are_of_one_size(faces):
    number = folds(faces, Units(folds=3))

    assert (number[:4] == 0).all() and set(number[4:].tolist()) == {1, 2, 3}
    assert (number[4::2] == number[5::2]).all()
    assert np.bincount(number)[1:].tolist() == [12, 12, 12]
    assert np.array_equal(number, folds(faces, Units(folds=3, unseen=(1, 2))))


def test_near_copies_of_public_test_are_not_learnt_from(faces):
    learnt = learnable(faces)

    assert len(learnt) == 31 and set(learnt.splits.tolist()) == {"Training"}
    assert not set(learnt.copies.tolist()) & set(faces.copies[faces.splits == "PublicTest"].tolist())


def test_the_faces_that_calibrate_are_those_of_the_first_unseen_fold(faces):
    settings = Units(folds=3, unseen=(2, 3))
    kept = unseen(faces, settings)

    assert np.array_equal(kept.copies, faces.copies[folds(faces, settings) == 2])
