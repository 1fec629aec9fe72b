"""Our network of one person's movement: an encoder for the box, and the little that teaches it.

    48×48×1 ─ conv 3×3, each half the side: 16, 32, 64, 96 ─ 3×3×96 ─ flat ─ 32 ─ tanh: the embedding
    32 ─ 6×6×24 ─ 12×12 ─ tanh ─┬─ flow, 2: moves the image ─┬─ G: the moved image, and what is painted upon it
                                └─ appearance, 4 ────────────┘    by three convolutions at 24×24

What moves is a flow, as in the original; what comes and goes without having been there (teeth, a furrow) the painter
adds, told so by the appearance maps. The encoder has 0.11 M parameters and 1.9 M multiply–accumulates; it is
convolutions, batch normalization, ReLU and one dense layer, which lose little in int8.
"""

from typing import Annotated, Any, ClassVar

import keras
import tensorflow as tf
from keras import layers
from msgspec import Meta

from device.contract.errors import ConfigError
from device.contract.toml import Table
from training.networks.exchange import EMBEDDING, ENCODER, FLOW, PAINTER, Parts, parts_of
from training.networks.plain import SIDE

_HALF = SIDE // 2
_COARSE = 12


class Personal(Table, frozen=True, tag_field="kind", tag="personal"):
    """widths: channels of the encoder's convolutions; decoder: of what makes the flow; appearance: maps beside the
    flow; painter: channels of what paints; reach: the farthest that a place moves, half a face being
    1."""

    widths: tuple[int, ...] = (16, 32, 64, 96)
    decoder: Annotated[int, Meta(ge=1)] = 24
    appearance: Annotated[int, Meta(ge=0)] = 4
    painter: Annotated[int, Meta(ge=1)] = 16
    reach: Annotated[float, Meta(gt=0, le=1)] = 0.3

    white: ClassVar[float] = 1.0
    side: ClassVar[int] = SIDE
    coloured: ClassVar[bool] = False
    blank: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if len(self.widths) != 4 or min(self.widths) < 1:
            raise ConfigError("network.widths: give four numbers of channels, each at least 1.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 48 × 48 × 1 float32 in [0, 1] to `embedding`, B × heads["embedding"], `flow` and `neutral`."""
        size = heads[EMBEDDING]
        encoder, flow = self._encoder(size, batch), self._flow(size, batch)
        parts = Parts(encoder, flow, None, None, self._painter(batch), self.blank)
        return parts.whole(keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image"))

    def parts(self, network: keras.Model) -> Parts:
        """Those of a network that this built."""
        return parts_of(network, self.blank)

    def shown(self, images: tf.Tensor) -> tf.Tensor:
        """B × 48 × 48 grey values, uint8, as the network takes them."""
        return tf.cast(images, tf.float32)[..., None] * (self.white / 255)

    def seen(self, images: tf.Tensor) -> tf.Tensor:
        """What the network gives, as grey values from 0 to 1 for people, B × 48 × 48."""
        return tf.clip_by_value(images[..., 0], 0, 1)

    def _encoder(self, size: int, batch: int | None) -> keras.Model:
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image")
        x = image
        for width in self.widths:
            x = _convolve(x, width, 2)
        x = layers.Dense(size, name="dense")(layers.Flatten()(x))
        return keras.Model(image, layers.Activation("tanh", name=EMBEDDING)(x), name=ENCODER)

    def _flow(self, size: int, batch: int | None) -> keras.Model:
        embedding = keras.Input(batch_shape=(batch, size), name=EMBEDDING)
        small, maps = keras.initializers.RandomNormal(stddev=0.02), 2 + self.appearance
        x = layers.Dense(_COARSE**2 * maps, kernel_initializer=small, name="basis")(embedding)
        return keras.Model(embedding, layers.Reshape((_COARSE, _COARSE, maps))(x), name=FLOW)

    def _painter(self, batch: int | None) -> keras.Model:
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="moved_image")
        flow = keras.Input(batch_shape=(batch, _COARSE, _COARSE, 2 + self.appearance), name=FLOW)
        x = layers.Permute((1, 3, 2, 4))(layers.Reshape((_HALF, 2, _HALF, 2))(image))
        x = layers.Reshape((_HALF, _HALF, 4))(x)
        x = layers.Concatenate()([x, layers.UpSampling2D(interpolation="bilinear")(flow)])
        for _ in range(2):
            x = layers.Conv2D(self.painter, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
        x = layers.Conv2D(4, 3, padding="same", kernel_initializer="zeros")(x)
        x = layers.Permute((1, 3, 2, 4))(layers.Reshape((_HALF, _HALF, 2, 2))(x))
        painted = layers.Add()([image, layers.Reshape((SIDE, SIDE, 1))(x)])
        return keras.Model([image, flow], painted, name=PAINTER)


def _convolve(x: Any, width: int, stride: int) -> Any:
    x = layers.Conv2D(width, 3, stride, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
