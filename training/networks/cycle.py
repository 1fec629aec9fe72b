"""The published network of facial movement, FaceCycle, as its authors built it: 64 × 64 in colour, 256 values.

    64×64×3 ─ encoder (4.24 M parameters) ─ 256 ─ tanh: the embedding ─ flow 16×16×2, tanh
    first layers of VGG19, as they were learnt from photographs: 32×32×128 and 16×16×256, moved by the flow, noise
    filled in ─ eight residual blocks ─ 64×64×3

Noise is drawn in training alone: the same face gives the same picture ever after.

Source: Chang et al. 2021, *Learning Facial Representations from the Cycle-consistency of Face*, and the code that its
authors published (github.com/JiaRenChang/FaceCycle).
"""

from typing import Any, ClassVar

import keras
import tensorflow as tf
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Table
from training.networks.exchange import EMBEDDING, ENCODER, FEATURES, FILLING, FLOW, PAINTER, Parts, parts_of
from training.networks.vgg19 import MEAN, SPREAD, maps_of
from training.networks.warping import resized

SIDE = 64
_FEATURES = ("relu2_1", "relu3_1")
#: As PyTorch begins where nothing is said.
_EVEN = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


class Cycle(Table, frozen=True, tag_field="kind", tag="cycle"):
    """There is nothing to choose."""

    white: ClassVar[float] = 255.0
    side: ClassVar[int] = SIDE
    coloured: ClassVar[bool] = True
    blank: ClassVar[bool] = True

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 64 × 64 × 3 float32, as `shown` gives them, to `embedding`, B × 256, `flow` and `neutral`."""
        if heads[EMBEDDING] != 256:
            raise ConfigError("embedding: the published network has 256 values, no other number.")
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 3), name="image")
        features = maps_of(SIDE, _FEATURES, FEATURES, batch)
        parts = Parts(_encoder(batch), _flow(batch), features, _filling(batch), _painter(batch), self.blank)
        return parts.whole(image)

    def parts(self, network: keras.Model) -> Parts:
        """Those of a network that this built."""
        return parts_of(network, self.blank)

    def shown(self, images: tf.Tensor) -> tf.Tensor:
        """B × 64 × 64 × 3, RGB, uint8, as the network takes them: by mean and spread of ImageNet."""
        return (tf.cast(images, tf.float32) / 255 - MEAN) / SPREAD

    def seen(self, images: tf.Tensor) -> tf.Tensor:
        """What the network gives, as colours from 0 to 1 for people, B × 64 × 64 × 3."""
        return tf.clip_by_value(images * SPREAD + MEAN, 0, 1)


def _encoder(batch: int | None) -> keras.Model:
    image = keras.Input(batch_shape=(batch, SIDE, SIDE, 3), name="image")
    x = _leaky(_convolve(_leaky(_convolve(image, 64, 7, 2)), 64))
    x = _leaky(_convolve(_attended(_leaky(_convolve(x, 64))), 64))
    x = _leaky(_convolve(_attended(_leaky(_convolve(x, 128, stride=2))), 128))
    x = _residual(_residual(x))
    for width, stride in ((128, 2), (128, 1), (256, 2), (256, 1), (256, 1), (128, 1)):
        x = _leaky(_convolve(x, width, stride=stride))
    small = keras.initializers.RandomNormal(stddev=0.01)
    x = _leaky(layers.Dense(512, kernel_initializer=small)(layers.Flatten()(x)))
    x = layers.Dense(256, kernel_initializer=small)(x)
    return keras.Model(image, layers.Activation("tanh", name=EMBEDDING)(x), name=ENCODER)


def _flow(batch: int | None) -> keras.Model:
    embedding = keras.Input(batch_shape=(batch, 256), name=EMBEDDING)
    x = _leaky(Shuffle(4)(_convolve(layers.Reshape((1, 1, 256))(embedding), 4096, 1)))
    x = _leaky(_convolve(_attended(x), 256))
    x = _leaky(_convolve(Stretch(8)(x), 128))
    x = _residual(_residual(_leaky(_convolve(_attended(x), 128))))
    x = _leaky(_convolve(Stretch(16)(x), 64, begun=_normal(0.05)))
    flow = layers.Conv2D(2, 1, use_bias=False, activation="tanh", kernel_initializer=_normal(0.05))(x)
    return keras.Model(embedding, flow, name=FLOW)


def _filling(batch: int | None) -> keras.Model:
    """Noise about the mean of each map, made into what is not known of a face that was moved."""
    maps = [keras.Input(batch_shape=(batch, side, side, width)) for side, width in ((32, 128), (16, 256))]
    made = []
    for one in maps:
        x = Noise()(one)
        for _ in range(2):
            x = layers.ReLU()(_convolve(x, one.shape[-1], begun=_EVEN))
        made.append(x)
    return keras.Model(maps, made, name=FILLING)


def _painter(batch: int | None) -> keras.Model:
    large = keras.Input(batch_shape=(batch, 32, 32, 128), name="large")
    small = keras.Input(batch_shape=(batch, 16, 16, 256), name="small")
    flow = keras.Input(batch_shape=(batch, 16, 16, 2), name=FLOW)
    x = layers.ReLU()(_convolve(small, 256, begun=_EVEN))
    for _ in range(8):
        x = _residual(x, _EVEN)
    x = layers.Concatenate()([large, _enlarged(x)])
    return keras.Model([large, small, flow], _convolve(_enlarged(x), 3, begun=_EVEN), name=PAINTER)


def _enlarged(x: Any) -> Any:
    x = layers.ReLU()(layers.Conv2DTranspose(128, 4, 2, padding="same", kernel_initializer=_EVEN)(x))
    return layers.ReLU()(_convolve(x, 128, begun=_EVEN))


def _convolve(x: Any, width: int, kernel: int = 3, stride: int = 1, begun: Any = None) -> Any:
    """Padded alike on both sides, as in PyTorch; weights begin as the authors' encoder does, or as `begun` says."""
    if stride > 1:
        x = layers.ZeroPadding2D(kernel // 2)(x)
    begun = begun or _normal((2 / (kernel**2 * width)) ** 0.5)
    return layers.Conv2D(width, kernel, stride, "valid" if stride > 1 else "same", kernel_initializer=begun)(x)


def _normal(spread: float) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=spread)


def _leaky(x: Any) -> Any:
    return layers.LeakyReLU(negative_slope=0.1)(x)


def _residual(x: Any, begun: Any = None) -> Any:
    width = x.shape[-1]
    return _leaky(layers.Add()([x, _convolve(_leaky(_convolve(x, width, begun=begun)), width, begun=begun)]))


def _attended(x: Any) -> Any:
    """What channels see in the same places is shared between them."""
    width = x.shape[-1]
    given, asked, found = (_convolve(x, width, 1) for _ in range(3))
    return _leaky(layers.Add()([x, Shared()([given, asked, found])]))


@keras.saving.register_keras_serializable("affectbox")
class Shared(layers.Layer):  # type: ignore[misc]
    """The attention between channels: (C × C) similarities over all places, applied to what each place gives."""

    def call(self, three: list[Any]) -> Any:
        """`three`: given, asked, found, B × h × w × C each."""
        given, asked, found = (tf.reshape(one, (tf.shape(one)[0], -1, one.shape[-1])) for one in three)
        alike = tf.einsum("bnc,bnd->bcd", found, tf.nn.softmax(asked, axis=1))
        return tf.reshape(tf.einsum("bcd,bnd->bnc", alike, tf.nn.softmax(given, axis=-1)), tf.shape(three[0]))

    def compute_output_shape(self, shapes: list[Any]) -> Any:
        """That of each."""
        return shapes[0]


@keras.saving.register_keras_serializable("affectbox")
class Shuffle(layers.Layer):  # type: ignore[misc]
    """Channels become places: `side`² times fewer, in an image so many times as large."""

    def __init__(self, side: int, **named: Any) -> None:
        super().__init__(**named)
        self._side = side

    def call(self, x: Any) -> Any:
        """B × h × w × C to B × h·side × w·side × C / side²."""
        return tf.nn.depth_to_space(x, self._side)

    def get_config(self) -> dict[str, Any]:
        """As `keras.layers.Layer`."""
        return {**super().get_config(), "side": self._side}


@keras.saving.register_keras_serializable("affectbox")
class Stretch(layers.Layer):  # type: ignore[misc]
    """Linearly resized to `side`, corners on corners."""

    def __init__(self, side: int, **named: Any) -> None:
        super().__init__(**named)
        self._side = side

    def call(self, x: Any) -> Any:
        """B × s × s × C to B × side × side × C."""
        return resized(x, self._side)

    def get_config(self) -> dict[str, Any]:
        """As `keras.layers.Layer`."""
        return {**super().get_config(), "side": self._side}


@keras.saving.register_keras_serializable("affectbox")
class Noise(layers.GaussianNoise):  # type: ignore[misc]
    """The mean of each map, everywhere, and in training noise of spread 1 upon it."""

    def __init__(self, stddev: float = 1.0, **named: Any) -> None:
        super().__init__(stddev, **named)

    def call(self, maps: Any, training: bool = False) -> Any:
        """B × h × w × C to the same."""
        mean = tf.reduce_mean(maps, axis=(1, 2), keepdims=True)
        return super().call(tf.broadcast_to(mean, tf.shape(maps)), training=training)
