"""A larger network to learn from: a wide residual network, too slow for the box, whose soft answers teach ours.

    48×48×1 ─ conv 64 ─ [pre-activation blocks] 64 at 48×48 ─ 128 at 24×24 ─ 256 at 12×12 ─ 512 at 6×6 ─ mean ─ heads

Source: He et al. 2016, *Identity Mappings in Deep Residual Networks*; Zagoruyko & Komodakis 2016, *Wide Residual
Networks*.
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

SIDE = 48


class Residual(Table, frozen=True, tag_field="kind", tag="residual"):
    """widths: channels of the stages, each at half the resolution of the one before; blocks: of two convolutions,
    in each stage; dropout: fraction dropped before the heads."""

    widths: tuple[int, ...] = (64, 128, 256, 512)
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    dropout: Share = 0.4

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if not self.widths or len(self.widths) != len(self.blocks) or min(self.widths + self.blocks) < 1:
            raise ConfigError("network.widths and network.blocks: give as many of the one as of the other, none 0.")
        if any(width % 16 for width in self.widths):  # oneDNN of TensorFlow 2.21 frees what it must not with 4 and 8
            raise ConfigError("network.widths: give multiples of 16; TensorFlow crashes with some others.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 48 × 48 × 1 float32 in [0, 1] to the logits of each head."""
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image")
        x = _convolve(image, self.widths[0])
        for stage, (width, blocks) in enumerate(zip(self.widths, self.blocks, strict=True)):
            for block in range(blocks):
                x = _block(x, width, stride=2 if stage and not block else 1)
        x = layers.GlobalAveragePooling2D()(_activate(x))
        x = layers.Dropout(self.dropout)(x)
        return keras.Model(image, [layers.Dense(classes, name=head)(x) for head, classes in heads.items()])


def _block(x: Any, width: int, stride: int) -> Any:
    """Two convolutions, each after normalization and ReLU, added to the input (projected where its shape differs)."""
    active = _activate(x)
    skip = x if stride == 1 and x.shape[-1] == width else _convolve(active, width, stride, kernel=1)
    return layers.Add()([skip, _convolve(_activate(_convolve(active, width, stride)), width)])


def _activate(x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def _convolve(x: Any, width: int, stride: int = 1, kernel: int = 3) -> Any:
    return layers.Conv2D(width, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
