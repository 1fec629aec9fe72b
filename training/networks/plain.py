"""Our network: one trunk of plain 3 × 3 convolutions, a head for each set of labels.

    48×48×1 ─ conv a ─ pool ─ [conv, conv + skip] b ─ pool ─ [.] c ─ pool ─ [.] d ─ mean ─┬─ ferplus: 8 logits
                       24×24                          12×12         6×6                   └─ fer2013: 7 logits

Plain convolutions with batch normalization and ReLU lose little in int8, and train and run faster on a CPU than
depthwise ones of the same size. There is no normalization layer in front: the first batch normalization does it.
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

SIDE = 48


class Plain(Table, frozen=True, tag_field="kind", tag="plain"):
    """widths: channels of the stages; blocks: convolutions with a skip in each stage but the first (empty: one in
    each); dropout: fraction dropped before the heads."""

    widths: tuple[int, ...] = (24, 48, 96, 192)
    blocks: tuple[int, ...] = ()
    dropout: Share = 0.3

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1 or len(self.widths) > 5:
            raise ConfigError("network.widths: give one to five numbers of channels, each at least 1.")
        if self.blocks and len(self.blocks) != len(self.widths) - 1:
            raise ConfigError(f"network.blocks: give {len(self.widths) - 1} numbers, for each stage but the first.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 48 × 48 × 1 float32 in [0, 1] to the logits of each head."""
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image")
        x = layers.GlobalAveragePooling2D()(trunk(image, self.widths, self.blocks))
        x = layers.Dropout(self.dropout)(x)
        return keras.Model(image, [layers.Dense(classes, name=head)(x) for head, classes in heads.items()])


def trunk(x: Any, widths: tuple[int, ...], blocks: tuple[int, ...], visible: Any = None) -> Any:
    """The stages above, from an image or features; each but the first halves the side. With `visible`, B × side × side
    × 1 of 0 and 1, every convolution is blank where it is 0."""
    x = _shown(convolve(x, widths[0]), visible)
    for width, count in zip(widths[1:], blocks or (1,) * len(widths), strict=False):
        x = layers.MaxPooling2D()(x)
        visible = None if visible is None else layers.MaxPooling2D()(visible)
        x = _shown(convolve(x, width), visible)
        for _ in range(count):
            x = layers.Add()([x, _shown(convolve(x, width), visible)])
    return x


def _shown(x: Any, visible: Any) -> Any:
    return x if visible is None else layers.Multiply()([x, visible])


def convolve(x: Any, width: int, kernel: int = 3) -> Any:
    """Convolution, batch normalization, ReLU."""
    x = layers.Conv2D(width, kernel, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
