"""The layers of a .tflite file as real numbers, whatever they are stored in."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")
import keras

from converter.flatbuffer import layers
from converter.keras_source import open_keras
from device.contract.errors import ConversionError


@pytest.fixture(scope="module")
def network():
    """A convolution without bias and a padded one, and two outputs, of which one is not biased."""
    rng = np.random.default_rng(0)
    image = keras.Input((8, 8, 1), batch_size=1, name="image")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="first", bias_initializer="random_normal")(image)
    x = keras.layers.Flatten()(keras.layers.Conv2D(3, 3, use_bias=False, name="second")(x))
    outputs = [keras.layers.Dense(5, name="biased")(x), keras.layers.Dense(2, use_bias=False, name="plain")(x)]
    model = keras.Model(image, outputs)
    biased = model.get_layer("biased")
    biased.set_weights([biased.get_weights()[0], rng.normal(0, 1, 5)])
    return model


@pytest.fixture(scope="module")
def tflite(network, tmp_path_factory):
    """Called with a scheme: the bytes of the file."""
    path = tmp_path_factory.mktemp("layers") / "network.keras"
    network.save(path)
    rows = np.random.default_rng(1).random((64, 8, 8, 1), dtype=np.float32)
    return lambda scheme: open_keras(path, ()).to_tflite(scheme, None if scheme == "float32" else rows)


@pytest.mark.parametrize("scheme", ["float32", "int8"])
def test_kernels_and_biases_are_those_of_the_network(network, tflite, scheme):
    found = layers(tflite(scheme), "here")
    wanted = [network.get_layer(name).get_weights() for name in ("first", "second", "biased", "plain")]

    assert [layer.kernel.shape for layer in found] == [weights[0].shape for weights in wanted]
    assert [layer.output for layer in found] == [-1, -1, 0, 1]
    for layer, (kernel, *bias) in zip(found, wanted, strict=True):
        assert layer.kernel.dtype == layer.bias.dtype == np.float32
        assert np.abs(layer.kernel - kernel).max() <= np.abs(kernel).max() / 127
        assert np.allclose(layer.bias, bias[0] if bias else 0, atol=0.002)


def test_what_is_no_model_is_named():
    with pytest.raises(ConversionError, match=r"here is no \.tflite model"):
        layers(b"something else", "here")
