"""What is learnt, and from whom: masks, weights, folds, recipes, networks of action units."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
import tensorflow as tf

from device.contract.errors import ConfigError, DataError
from training.action_units.data import Annotated
from training.action_units.folds import folds
from training.action_units.learning import (
    AuBatches,
    AuLearner,
    intensity_loss,
    positive_weights,
    presence_loss,
)
from training.action_units.recipe import AuRecipe
from training.annotation.coding import LISTS
from training.machines import find_machines
from training.networks import count_macs
from training.networks.appearance import Appearance
from training.networks.resnet50 import Resnet50
from training.recipe import Augmentation, load_recipe_of, parse_recipe_of, recipe_table

NAN = float("nan")
RECIPES = Path(__file__).parents[2] / "training" / "recipes"
STILL = Augmentation(rotation=0, scale=0, shift=0, contrast=0, brightness=0, cutout=0)
TINY = AuRecipe(batch=4, network=Appearance(widths=(4, 4), places=2, dropout=0.0), augmentation=STILL)


def annotated(presence, intensity=None, participants=None, seed=0):
    """Random crops with this coding; AU1, AU2, … in columns."""
    values = {"presence": np.array(presence, np.float32)}
    if intensity is not None:
        values["intensity"] = np.array(intensity, np.float32)
    labels = {head: ("AU1", "AU2", "AU4", "AU5")[: table.shape[1]] for head, table in values.items()}
    count = len(presence)
    images = np.random.default_rng(seed).integers(0, 256, (count, 48, 48), np.uint8)
    people = participants or [f"p{number}" for number in range(count)]
    return Annotated(images, np.array(people), labels, values)


def test_what_was_not_coded_has_no_gradient():
    known = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    said, positive = tf.Variable([[0.5, 9.0], [-9.0, -1.0]]), tf.constant([2.0, 3.0])
    for loss in (
        lambda target: presence_loss(said, target, known, positive),
        lambda target: intensity_loss(said, target, known),
    ):
        with tf.GradientTape() as tape:
            value = loss(tf.constant([[1.0, 1.0], [0.0, 0.0]]))
        gradient = tape.gradient(value, said).numpy()

        assert (gradient[known.numpy() == 0] == 0).all() and (gradient[known.numpy() == 1] != 0).all()
        assert loss(tf.constant([[1.0, 0.0], [1.0, 0.0]])).numpy() == value.numpy()  # whatever stands there instead


def test_losses_by_hand():
    said, target, known = tf.constant([[0.0, 2.0]]), tf.constant([[1.0, 0.0]]), tf.constant([[1.0, 1.0]])

    weighted = presence_loss(said, target, known, tf.constant([3.0, 3.0])).numpy()
    assert weighted == pytest.approx((3 * np.log(2) + np.log(1 + np.exp(2))) / 2)
    assert intensity_loss(said, target, known).numpy() == pytest.approx((1 + 4) / 2)
    assert intensity_loss(said, target, 0 * known).numpy() == 0


def test_an_action_unit_that_nobody_coded_leaves_its_output_as_it_was():
    presence = [[1, NAN], [0, NAN], [1, NAN], [0, NAN]]
    data = annotated(presence, intensity=[[2, NAN], [0, NAN], [4, NAN], [0, NAN]])
    learner = AuLearner(TINY, data, find_machines("none", 4))
    decay_free = {head: learner.network.get_layer(head).bias.numpy() for head in data.labels}

    (batch,) = list(AuBatches(data, TINY).epoch(0))
    for number in range(3):
        loss = learner.step(batch, 0.05, number)

    assert np.isfinite(loss.numpy())
    for head, before in decay_free.items():
        change = learner.network.get_layer(head).bias.numpy() - before
        assert change[0] != 0 and change[1] == 0


def test_batches_hold_nought_and_a_mask_where_nothing_is_known():
    data = annotated([[1, NAN], [0, 1], [NAN, 0]], intensity=[[5], [NAN], [0]])
    (batch,) = list(AuBatches(data, AuRecipe(batch=3, augmentation=STILL)).epoch(2))

    assert sorted(batch) == ["image", "intensity", "intensity.known", "presence", "presence.known"]
    shown = batch["image"].numpy()[..., 0]
    order = [
        int(np.abs(data.images / 255 - np.array([s, s[:, ::-1]])[:, None]).mean((2, 3)).min(0).argmin()) for s in shown
    ]
    assert sorted(order) == [0, 1, 2]
    for head, table in data.values.items():
        assert np.array_equal(batch[head].numpy(), np.nan_to_num(table)[order])
        assert np.array_equal(batch[f"{head}.known"].numpy(), ~np.isnan(table)[order])


def test_rare_action_units_count_more_up_to_a_limit():
    # absent and present: 3 and 1, 1 and 4, nobody coded, 5 and 0
    rows = [[1, 1, NAN, 0], [0, 1, NAN, 0], [0, 1, NAN, 0], [0, 1, NAN, 0], [NAN, 0, NAN, 0]]

    assert positive_weights(np.array(rows, np.float32), 10.0) == pytest.approx([3, 0.25, 0.1, 5])
    assert positive_weights(np.array(rows, np.float32), 2.0) == pytest.approx([2, 0.5, 0.5, 2])


def many(seed=0, people=14):
    rng = np.random.default_rng(seed)
    participants = [f"p{number}" for number in range(people) for _ in range(int(rng.integers(3, 30)))]
    rare = {f"p{number}" for number in range(3)}
    presence = [[person in rare, rng.random() < 0.4] for person in participants]
    return annotated(presence, participants=participants)


@pytest.mark.parametrize(("count", "people"), [(3, 14), (2, 2), (5, 11)])
def test_no_participant_is_on_two_sides_and_folds_are_equal(count, people):
    data = many(people=people)
    places = folds(data, count, seed=1)

    homes = {person: set(places[data.participants == person].tolist()) for person in data.participants.tolist()}
    assert all(len(home) == 1 for home in homes.values())
    sizes = np.bincount([home.pop() for home in homes.values()], minlength=count + 1)[1:]
    assert sizes.sum() == people and sizes.max() - sizes.min() <= 1


def test_folds_follow_from_the_seed_and_not_from_the_order():
    data = many()
    turned = data.at(np.arange(len(data))[::-1])

    assert np.array_equal(folds(data, 3, 1), folds(turned, 3, 1)[::-1])


def test_a_rare_action_unit_is_in_every_fold():
    data = many()
    places = folds(data, 3, seed=0)

    assert all(data.values["presence"][places == fold, 0].any() for fold in (1, 2, 3))


def test_too_few_participants_are_said():
    with pytest.raises(DataError, match="2 participants cannot be divided into 3 folds"):
        folds(many(people=2), 3, 0)


@pytest.mark.parametrize("name", ["au", "au-teacher"])
def test_the_recipes_of_the_house_load_and_survive_being_written_down(name):
    found = load_recipe_of(AuRecipe, RECIPES / f"{name}.toml")

    assert parse_recipe_of(AuRecipe, recipe_table(found), "again") == found
    assert found.folds == 3


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (["folds=1"], "must be a whole number of at least 2"),
        (["loss.positive_weight=0.5"], "must be a number of at least 1"),
        (["teacher.run=runs/x"], "give both"),
        (["network.side=50"], "give 48 or 96"),
        (["network.places=0"], "none below 1"),
        (["fold=3"], "perhaps you meant 'folds'"),
        (["optimizer.kind=adam"], "must be one of adamw, sgd"),
    ],
)
def test_recipes_that_cannot_be_are_refused(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load_recipe_of(AuRecipe, RECIPES / "au.toml", settings)


@pytest.mark.parametrize("side", [48, 96])
def test_the_compact_network_stays_within_its_budget(side):
    network = Appearance(side).build({"presence": 24, "intensity": 24})

    assert network.input_shape == (None, side, side, 1)
    assert count_macs(network) <= 60e6
    assert network.count_params() <= 950_000  # a megabyte in int8, with what a file holds besides


def test_the_baseline_is_resnet_50():
    network = Resnet50(side=32).build({"presence": 22}, batch=2)

    assert network.count_params() == 23_587_712 + 2049 * 22  # that of Keras without its top, and the head
    assert network(np.full((2, 32, 32, 1), 255, np.float32)).shape == (2, 22)
    with pytest.raises(ConfigError, match="at least 32"):
        Resnet50(side=16)
    with pytest.raises(ConfigError, match="not one of none, imagenet"):
        Resnet50(weights="vggface")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("15", LISTS["15"]),
        ("'15'", LISTS["15"]),
        ("['AU12', 'AU1']", ("AU1", "AU12")),
        ("AU12,AU1", ("AU1", "AU12")),
        ("''", ()),
    ],
)
def test_labels_are_a_list_by_name_or_keys(text, labels):
    recipe = load_recipe_of(AuRecipe, RECIPES / "au.toml", [f"labels={text}"])

    assert recipe.wanted() == labels
    assert parse_recipe_of(AuRecipe, recipe_table(recipe), "again") == recipe
