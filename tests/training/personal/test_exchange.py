"""Pixels that are moved, likenesses, and what a network makes of two frames that exchange their neutral faces."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

pytest.importorskip("tensorflow")
import keras
import tensorflow as tf

from device.contract.errors import ConfigError, ModelError
from training.networks import count_macs
from training.networks.cycle import Cycle
from training.networks.personal import Personal
from training.networks.vgg19 import maps_of, read_weights, set_weights
from training.networks.warping import resized, warped
from training.personal.losses import asymmetry, correlations, loss, other, places_of, rebuilt, unlikeness
from training.personal.recipe import Losses

SIDE = 48


def image(seed: int, side: int = SIDE, channels: int = 1, count: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).random((count, side, side, channels)).astype(np.float32)


@pytest.mark.parametrize(("blank", "mode"), [(False, "nearest"), (True, "grid-constant")])
def test_a_flow_says_where_each_pixel_is_taken_from(blank, mode):
    x, flow = image(0, 9, 2), np.random.default_rng(1).uniform(-0.8, 0.8, (2, 9, 9, 2)).astype(np.float32)
    rows, columns = np.mgrid[:9, :9]

    got = warped(tf.constant(x), tf.constant(flow), blank).numpy()

    for face in range(2):
        places = [rows + flow[face, ..., 1] * 4, columns + flow[face, ..., 0] * 4]
        for channel in range(2):
            wanted = map_coordinates(x[face, ..., channel], places, order=1, mode=mode)
            assert got[face, ..., channel] == pytest.approx(wanted, abs=1e-4)


def test_a_flow_is_enlarged_corner_on_corner():
    small = np.array([[0.0, 1.0], [2.0, 3.0]], np.float32)[None, ..., None]

    got = resized(tf.constant(small), 3).numpy()[0, ..., 0]

    assert got.tolist() == [[0, 0.5, 1], [1, 1.5, 2], [2, 2.5, 3]]


def test_likeness_is_that_of_the_publication():
    x, y = image(0), image(1)
    beyond = ((0, 0), (5, 5), (5, 5), (0, 0))

    got = float(unlikeness(tf.constant(x), tf.constant(y)))

    assert got == pytest.approx(
        1 - float(tf.reduce_mean(tf.image.ssim(tf.pad(x, beyond), tf.pad(y, beyond), 1.0))), abs=1e-4
    )
    assert float(unlikeness(tf.constant(x), tf.constant(x))) == pytest.approx(0, abs=1e-6)


def test_a_face_whose_halves_are_alike_is_symmetric():
    half = image(0)[:, :, : SIDE // 2]
    assert float(asymmetry(tf.constant(np.concatenate([half, half[:, :, ::-1]], axis=2)))) == 0
    assert float(asymmetry(tf.constant(np.concatenate([half, half], axis=2)))) > 0.1


def test_correlations_are_means_over_places():
    maps = image(0, 5, 3)
    flat = maps.reshape(2, 25, 3)
    assert correlations(tf.constant(maps)).numpy() == pytest.approx(flat.transpose(0, 2, 1) @ flat / 25, abs=1e-5)


def test_the_halves_of_a_batch_are_the_sides_of_its_pairs():
    assert other(tf.range(6)).numpy().tolist() == [3, 4, 5, 0, 1, 2]


def network() -> tuple[keras.Model, Personal]:
    keras.utils.set_random_seed(0)
    kind = Personal()
    return kind.build({"embedding": 32}), kind


def test_without_movement_a_face_is_built_again_from_the_other_as_the_other():
    made, kind = network()
    parts, x = kind.parts(made), tf.constant(image(0))

    still = rebuilt(parts, x, tf.zeros((2, *parts.flow.output.shape[1:])))

    assert still.exchanged.numpy() == pytest.approx(x.numpy()[::-1], abs=1e-5)
    for one in (still.neutral, still.warped, still.plain):
        assert one.numpy() == pytest.approx(x.numpy(), abs=1e-5)


def test_every_weight_weighs_what_it_says():
    made, kind = network()
    parts, x = kind.parts(made), tf.constant(image(0))
    still = rebuilt(parts, x, tf.zeros((2, *parts.flow.output.shape[1:])))
    apart = float(np.abs(x[0] - x[1]).mean())
    lopsided, unlike = float(asymmetry(x)), float(unlikeness(x, other(x)))

    def only(neutral: float = 0.0, features=None, **weights: float) -> float:
        return float(
            loss(
                x,
                still,
                Losses(**{**dict.fromkeys(Losses.__struct_fields__, 0.0), "around": 1.0, **weights}),
                tf.constant(neutral),
                features,
            )
        )

    assert only() == 0
    for name in ("exchanged", "swapped", "direct", "same"):
        assert only(**{name: 2.0}) == pytest.approx(2 * apart, rel=1e-4), name
    assert only(plain=3.0) == pytest.approx(0, abs=1e-4), "with no flow the generator gives what it was given"
    assert only(ssim=1.0) == pytest.approx(unlike, rel=1e-4)
    assert only(ssim=1.0, ssim_direct=1.5) == pytest.approx(2.5 * unlike, rel=1e-4)
    assert only(neutral=2.0) == pytest.approx(2 * lopsided, rel=1e-4)
    assert only(neutral=2.0, neutral_warped=0.5) == pytest.approx(3 * lopsided, rel=1e-4)
    assert only(gram=1.0, features=lambda pictures: [pictures]) > 0


def test_what_is_around_the_face_counts_less():
    x, places = image(0), places_of(SIDE, 0.1)[..., 0]

    changed = x.copy()
    changed[:, :4, :4] = 0

    assert places.mean() == pytest.approx(1, abs=1e-5)
    assert places[24, 24] == pytest.approx(10 * places[0, 0], rel=1e-4)
    assert (places_of(SIDE, 1.0) == 1).all()
    assert float(unlikeness(x, changed, places[..., None])) < float(unlikeness(x, changed)) / 2


def test_ours_fits_the_box():
    made, kind = network()
    encoder = kind.parts(made).encoder

    said = encoder(image(3, count=5)).numpy()

    assert encoder.count_params() == 106_992 and count_macs(encoder) < 2_000_000
    assert said.shape == (5, 32) and np.abs(said).max() < 1
    assert kind.seen(kind.shown(np.array([[[0, 255]]], np.uint8))).numpy().tolist() == [[[0, 1]]]


def test_a_recipe_names_four_widths():
    with pytest.raises(ConfigError, match="four numbers"):
        Personal(widths=(8, 8))


@pytest.mark.learning
def test_the_published_network_is_as_its_authors_built_it():
    kind = Cycle()
    made = kind.build({"embedding": 256})
    parts = kind.parts(made)
    photographs = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    x = kind.shown(photographs)

    found = rebuilt(parts, x, parts.flow(parts.encoder(x)))

    assert parts.encoder.count_params() == 4_240_000
    assert found.flow.shape == (2, 16, 16, 2) and found.exchanged.shape == x.shape
    assert kind.seen(x).numpy() == pytest.approx(photographs / 255, abs=1e-5)
    assert not parts.features.trainable_variables
    assert parts.generated(x, found.flow).numpy() == pytest.approx(found.neutral.numpy(), abs=1e-4)
    assert np.abs(parts.generated(x, found.flow, training=True).numpy() - found.neutral.numpy()).max() > 1e-3, "noise"
    with pytest.raises(ConfigError, match="256 values"):
        kind.build({"embedding": 32})


def test_weights_of_vgg19_are_read_by_their_numbers(tmp_path):
    network, rng = maps_of(16, ("relu1_1", "relu2_1"), "maps"), np.random.default_rng(0)
    shapes = {"0": (64, 3), "2": (64, 64), "5": (128, 64)}
    arrays = {f"features.{n}.weight": rng.random((*shape, 3, 3)).astype(np.float32) for n, shape in shapes.items()}
    arrays |= {f"features.{n}.bias": rng.random(shape[0]).astype(np.float32) for n, shape in shapes.items()}
    np.savez(tmp_path / "vgg.npz", **arrays)

    set_weights(network, read_weights(tmp_path / "vgg.npz"), "vgg.npz")

    first = network.get_layer("features.0")
    assert first.get_weights()[0][1, 2, 0, 5] == arrays["features.0.weight"][5, 0, 1, 2]
    assert [one.shape for one in network(image(0, 16, 3))] == [(2, 16, 16, 64), (2, 8, 8, 128)]
    with pytest.raises(ModelError, match="does not fit"):
        set_weights(maps_of(16, ("relu3_1",), "maps"), arrays, "vgg.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match="cannot be read"):
        read_weights(tmp_path / "broken.npz")
