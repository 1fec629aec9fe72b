"""What a face network is shown and what it learns: sides, covers, what is not known, levels."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")
import tensorflow as tf

from device.contract.labels import ACTION_UNIT_KEYS, PARTS, SIDED_KEYS
from device.stages.reader import SIDED
from training.augment import augment, mirrored
from training.data.faces import PART_OF
from training.face.data import HEADS, targets
from training.face.learning import FaceBatches, FaceLearner
from training.face.ordinal import ordinal_loss
from training.face.recipe import FaceRecipe, FaceTeacher, Units
from training.machines import find_machines
from training.networks.face import UNITS, Cuts, Face
from training.recipe import Augmentation

STILL = Augmentation(rotation=0, scale=0, shift=0, contrast=0, brightness=0, cutout=0)
SIZE = 12
UPPER, LOWER = (part == PART_OF for part in range(2))


def recipe(augmentation=STILL, teacher=None, **units):
    settings = {"folds": 3, "unseen": (1,), "chimeras": 0.0, "covered": 0.0, "rare": 1.0} | units
    return FaceRecipe(
        batch=SIZE,
        box_share=0.0,
        network=Face(widths=(4, 8), places=4),
        augmentation=augmentation,
        units=Units(**settings),
        teacher=teacher or FaceTeacher(),
    )


def first_batch(faces, settings, taught=None):
    """The first batch as arrays, and which faces are in it."""
    training = faces.split("Training")
    batches = FaceBatches(training, targets(training, settings, taught or {}), settings)
    chosen = np.random.default_rng((settings.seed, 0)).permutation(len(training))[:SIZE]
    return {name: value.numpy() for name, value in next(iter(batches.epoch(0))).items()}, training.at(chosen)


def unmirrored(batch, faces):
    """Pictures of the batch as they were before they were mirrored, and which were."""
    images, shown = batch["image"][..., 0] * 255, faces.images.astype(np.float32)
    plain, turned = (np.abs(images - other).mean((1, 2)) for other in (shown, shown[:, :, ::-1]))
    flipped = turned < plain
    return np.where(flipped[:, None, None], images[:, :, ::-1], images), flipped


def known_of(faces, settings):
    """N × 22: what is to be learnt of coded faces."""
    everything = targets(faces, settings, {})
    return everything.levels, everything.weight


def test_a_face_is_mirrored_where_augmentation_says_so():
    faces = np.random.default_rng(0).random((40, 48, 48, 1), dtype=np.float32)
    for seed in ((3, 4), (8, 1)):
        shown = augment(tf.constant(faces), tf.constant(seed), STILL).numpy()
        flipped = np.abs(shown - faces[:, :, ::-1]).max((1, 2, 3)) < 1e-3

        assert 5 < flipped.sum() < 35
        assert mirrored(40, tf.constant(seed)).numpy().tolist() == flipped.tolist()


def test_both_sides_of_a_plain_face_show_what_was_coded_of_it(coded_faces):
    batch, faces = first_batch(coded_faces, recipe())
    images, flipped = unmirrored(batch, faces)

    assert np.allclose(images, faces.images, atol=0.6) and 0 < flipped.sum() < SIZE
    assert np.array_equal(batch["left"], batch["levels"][:, SIDED]) and np.array_equal(batch["left"], batch["right"])
    assert np.array_equal(batch["left_weight"], batch["weight"][:, SIDED])


def test_a_chimera_shows_the_others_units_on_the_left_and_mirrored_on_the_right(coded_faces):
    settings = recipe(chimeras=1.0)
    batch, faces = first_batch(coded_faces, settings)
    plain, _ = first_batch(coded_faces, recipe())
    other = faces.at(np.roll(np.arange(SIZE), 1))
    images = batch["image"][..., 0] * 255
    flipped = np.array([
        np.abs(image[:, 4:20] - own[:, 4:20]).mean() > np.abs(image[:, :-24:-1][:, 4:20] - own[:, 4:20]).mean()
        for image, own in zip(images, faces.images.astype(np.float32), strict=True)
    ])  # fmt: skip
    images = np.where(flipped[:, None, None], images[:, :, ::-1], images)
    joined = (plain["weight"] > 0).any(1) & (np.roll(plain["weight"], 1, 0) > 0).any(1)

    assert joined.sum() > 2 and (flipped & joined).any() and (~flipped & joined).any()
    assert np.allclose(images[joined][:, :, :20], faces.images[joined][:, :, :20], atol=2), (
        "the person's right is its own"
    )
    assert np.allclose(images[joined][:, :, 28:], other.images[joined][:, :, 28:], atol=2), "the left is the other's"
    own, others = plain["levels"][:, SIDED], np.roll(plain["levels"], 1, 0)[:, SIDED]
    as_photographed = {False: ("left", "right"), True: ("right", "left")}
    for face in np.flatnonzero(joined):
        others_side, own_side = as_photographed[bool(flipped[face])]
        assert np.array_equal(batch[others_side][face], others[face])
        assert np.array_equal(batch[own_side][face], own[face])
    assert (batch["ferplus"][joined] == 0).all() and (batch["hidden_weight"][joined] == 0).all()
    unsided = np.setdiff1d(np.arange(len(ACTION_UNIT_KEYS)), SIDED)
    assert (batch["weight"][joined][:, unsided] == 0).all(), "what has no sides is of two people"
    assert np.array_equal(batch["levels"][joined], np.maximum(plain["levels"], np.roll(plain["levels"], 1, 0))[joined])


def test_a_covered_face_is_hidden_and_says_nothing_of_the_units_below(coded_faces):
    plain, _ = first_batch(coded_faces, recipe())
    batch, faces = first_batch(coded_faces, recipe(covered=1.0))
    changed = np.abs(batch["image"] - plain["image"])[..., 0].mean(2) > 0.02

    for face in range(SIZE):
        upper = changed[face, 10:22].mean() > changed[face, 36:46].mean()
        gone = UPPER if upper else LOWER
        assert batch["hidden"][face, 0 if upper else 1] == 1 and batch["hidden_weight"][face, 0 if upper else 1] == 1
        assert (batch["weight"][face, gone] == 0).all() and (batch["left_weight"][face, gone[SIDED]] == 0).all()
        assert (batch["right_weight"][face, gone[SIDED]] == 0).all()
        assert np.array_equal(batch["weight"][face, ~gone], plain["weight"][face, ~gone])
    assert (batch["ferplus"] == 0).all() and (batch["fer2013"] == 0).all()
    assert PARTS == ("upper", "lower") and len(faces) == SIZE


def test_units_of_a_part_that_coders_call_hidden_and_codes_of_unseen_folds_are_not_learnt(coded_faces):
    faces, settings = coded_faces.split("Training"), recipe(unseen=(1,))
    found = targets(faces, settings, {})
    hidden = faces.codings.means(len(faces))[1]
    seen = (found.hidden_weight > 0).all(1)

    assert 0 < (~seen).sum() < len(faces) / 2 and (found.weight[~seen] == 0).all()
    assert (found.weight[seen & (hidden[:, 0] == 1)][:, UPPER] == 0).all()
    assert (found.weight[seen & (hidden[:, 0] == 0)][:, UPPER] > 0).all()
    assert np.array_equal(found.hidden[seen], hidden[seen])


def test_rare_units_count_more_where_they_are_present(coded_faces):
    faces = coded_faces.split("Training")
    levels, weight = known_of(faces, recipe(rare=3.0))
    present, absent = (levels[..., 0] == 1) & (weight > 0), (levels[..., 0] == 0) & (weight > 0)

    assert (weight[absent] == 1).all() and (weight[present] <= 3).all() and (weight[present] >= 1).all()
    assert (known_of(faces, recipe(rare=1.0))[1][present] == 1).all()


def test_what_teachers_say_is_mixed_in_and_alone_where_nothing_was_coded(coded_faces):
    faces, count = coded_faces.split("Training"), len(coded_faces.split("Training"))
    said = {
        "units": np.full((count, 22, 5), 0.5, np.float32),
        "hidden": np.full((count, 2), 0.5, np.float32),
        "ferplus": np.full((count, 8), 1 / 8, np.float32),
    }
    found = targets(faces, recipe(teacher=FaceTeacher(share=0.5), taught=0.25), said)
    coded = targets(faces, recipe(), {})
    known = coded.weight > 0

    assert np.allclose(found.levels[known], 0.5 * coded.levels[known] + 0.25)
    unseen = (coded.hidden_weight == 0).all(1)
    assert (found.levels[unseen] == 0.5).all() and (found.weight[unseen] == 0.25).all()
    assert np.allclose(found.hidden[unseen], 0.5) and (found.hidden_weight[unseen] == 0.25).all()
    assert np.allclose(found.expressions["ferplus"].sum(1), 1, atol=1e-5)
    assert np.array_equal(found.expressions["fer2013"], coded.expressions["fer2013"]), "of which no teacher speaks"


def test_what_is_not_coded_has_no_gradient():
    scales, levels = tf.Variable(tf.ones((3, 2))), tf.constant([[0.0, 1.0, 2.0, 3.0, 4.0]] * 2)
    target, weight = tf.zeros((3, 2, 5)), tf.constant([[1.0, 0.0], [0.0, 0.0], [2.0, 1.0]])
    with tf.GradientTape() as tape:
        loss = ordinal_loss(scales, target, weight, levels)
    gradient = tape.gradient(loss, scales).numpy()

    assert ((gradient != 0) == (weight.numpy() > 0)).all()
    assert gradient[2, 0] == pytest.approx(2 * gradient[0, 0])
    assert float(ordinal_loss(scales, target, 0 * weight, levels)) == 0


def test_the_loss_is_least_where_the_intensity_is():
    levels = tf.constant([[0.0, 2.0, 4.0, 6.0, 8.0]])
    target, weight = tf.constant([[[1.0, 1.0, 1.0, 0.0, 0.0]]]), tf.ones((1, 1))
    places = np.arange(-4, 13, 0.5)

    losses = [float(ordinal_loss(tf.constant([[place]], tf.float32), target, weight, levels)) for place in places]

    assert 4 < places[int(np.argmin(losses))] < 6


def test_levels_begin_at_zero_and_rise_whatever_is_learnt():
    cuts = Cuts(3)
    scales = cuts(tf.constant([[1.0, -2.0, 3.0]]))
    cuts.set_weights([np.array([[-9, 4, 0, 1]] * 3, np.float32)])
    levels = cuts.levels().numpy()

    assert scales.numpy().tolist() == [[1.0, -2.0, 3.0]]
    assert levels.shape == (3, 5) and (levels[:, 0] == 0).all() and (np.diff(levels, axis=1) > 0).all()


@pytest.mark.parametrize("head", ["hidden", "left", "ferplus"])
def test_a_head_of_which_nothing_is_known_learns_nothing(coded_faces, head):
    settings = recipe()
    batch, _ = first_batch(coded_faces, settings)
    empty = f"{head}_weight" if head in ("hidden", "left") else head
    batch = {name: tf.constant(value * 0 if name == empty else value) for name, value in batch.items()}
    heads = {name: len(labels) for name, labels in {**coded_faces.heads, **HEADS}.items()}
    learner = FaceLearner(settings, heads, find_machines("none", SIZE))

    with tf.GradientTape() as tape:
        loss = learner._loss(batch)
    kernels = {name: learner.network.get_layer(name).kernel for name in (head, "right", "fer2013", f"{UNITS}_scale")}
    gradients = dict(zip(kernels, tape.gradient(loss, list(kernels.values())), strict=True))

    assert np.abs(gradients.pop(head)).max() == 0
    assert all(np.abs(gradient).max() > 0 for gradient in gradients.values())
    assert len(SIDED_KEYS) == heads["left"]
