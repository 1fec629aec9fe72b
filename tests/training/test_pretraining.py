"""A masked autoencoder: what is hidden, what it learns from, and where other networks begin with it."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")
import keras
import tensorflow as tf

from device.contract.errors import ConfigError, DataError
from training.action_units.data import Annotated, save_annotated
from training.data.faces import TRAINING, save_faces
from training.networks.masked import PIXELS, Masked
from training.pretraining.data import load_unlabelled
from training.pretraining.learning import HEADS, hidden_error, patches, shown, visible

TINY = Masked(widths=(4, 4, 4, 8), decoder=4)


def test_the_share_is_hidden_and_the_seed_says_which():
    seen = visible(50, tf.constant([1, 2]), 0.6).numpy()

    assert seen.shape == (50, 6, 6, 1) and set(seen.ravel()) == {0.0, 1.0}
    assert ((1 - seen).sum((1, 2, 3)) == 22).all(), "0.6 of 36"
    assert (seen == visible(50, tf.constant([1, 2]), 0.6).numpy()).all()
    assert (seen != visible(50, tf.constant([1, 3]), 0.6).numpy()).any()
    assert (seen[0] != seen[1]).any() and seen.sum(0).min() > 10, "any patch may be hidden"


def test_nothing_of_what_is_hidden_reaches_the_answer():
    keras.utils.set_random_seed(0)
    network = TINY.build({PIXELS: 64})
    image = np.random.default_rng(0).random((2, 48, 48, 1)).astype(np.float32)
    seen = visible(2, tf.constant([0, 1]), 0.5)
    hidden = tf.repeat(tf.repeat(seen, 8, axis=1), 8, axis=2).numpy() == 0
    other = np.where(hidden, np.random.default_rng(1).random(image.shape), image).astype(np.float32)

    said, again = (network(shown(tf.constant(one), seen)).numpy() for one in (image, other))
    moved = network(shown(tf.constant(np.where(hidden, image, other + 0.1)), seen)).numpy()

    assert said.shape == (2, 6, 6, 64)
    assert (said == again).all() and (said != moved).any()


def test_only_what_was_hidden_counts():
    image = tf.constant(np.random.default_rng(0).random((3, 48, 48, 1)).astype(np.float32))
    seen, right = visible(3, tf.constant([0, 0]), 0.5), patches(image)

    assert abs(float(tf.math.reduce_std(right)) - 1) < 0.05
    assert float(hidden_error(right + 7 * seen, image, seen)) == 0
    assert float(hidden_error(right + 2 * (1 - seen), image, seen)) == pytest.approx(4)


def test_faces_that_were_coded_and_their_copies_are_left_out(coded_faces, tmp_path):
    coded = set(coded_faces.codings.face.tolist())
    assert coded == set(range(len(coded_faces)))
    some = replace(coded_faces, codings=coded_faces.codings.at(np.arange(40)))  # codes of the first 40 alone
    copies = np.arange(len(some))
    copies[50] = 3  # a copy of a coded face
    copies[60] = 100  # and of one that measures
    save_faces(tmp_path / "data.npz", replace(some, copies=copies))

    data = load_unlabelled(tmp_path / "data.npz")

    kept = [place for place in range(96) if place >= 40 and place not in (50, 60)]
    assert (some.splits[:96] == TRAINING).all()
    assert (data.images == np.concatenate([some.images[kept], some.box[kept]])).all()

    with pytest.raises(DataError, match="faces that nobody coded: give 32 or more"):
        save_faces(tmp_path / "all.npz", coded_faces)
        load_unlabelled(tmp_path / "all.npz")


def test_annotated_faces_are_taken_as_they_are(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 48, 48), np.uint8)
    data = Annotated(images, np.array(["a"] * 40), {"presence": ("AU1",)}, {"presence": np.zeros((40, 1), np.float32)})
    save_annotated(tmp_path / "data.npz", data)

    assert (load_unlabelled(tmp_path / "data.npz").images == images).all()
    save_annotated(tmp_path / "large.npz", replace(data, images=np.zeros((40, 96, 96), np.uint8)))
    with pytest.raises(DataError, match="crops of 96 pixels: prepare them with --size 48"):
        load_unlabelled(tmp_path / "large.npz")


def test_impossible_networks_are_refused():
    with pytest.raises(ConfigError, match="four widths"):
        Masked(widths=(8, 8))
    with pytest.raises(ConfigError, match="give 3 numbers"):
        Masked(blocks=(1,))
    assert len(HEADS[PIXELS]) == 64
