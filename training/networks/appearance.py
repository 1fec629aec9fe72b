"""The network of action units: the trunk of `plain`, and heads that know where in the face something is.

    48×48×1 ─ trunk (24, 48, 96, 192) ─ 6×6×192 ─ conv 1×1 ─ 6×6×32 ─ flat ─┬─ presence: a logit for each action unit
    96×96×1 ─ conv 5×5 /2 ─ 48×48                                           └─ intensity: 0–5 for each action unit

A raised brow and a raised lip look alike to a mean over the whole face. Aligned faces have their parts at fixed
places, so the place is kept to the end, in few channels to spare weights.
"""

from typing import ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table
from training.networks.plain import SIDE, convolve, trunk


class Appearance(Table, frozen=True, tag_field="kind", tag="appearance"):
    """side: of the crop, 48 pixels, which the box has at hand anyway, or 96, which it must crop anew; widths, blocks:
    see `plain`; places: channels that are kept of every place; dropout: fraction dropped before the heads."""

    side: int = 48
    widths: tuple[int, ...] = (24, 48, 96, 192)
    blocks: tuple[int, ...] = ()
    places: int = 32
    dropout: Share = 0.3

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if self.side not in (SIDE, 2 * SIDE):
            raise ConfigError(f"network.side is {self.side}: give {SIDE} or {2 * SIDE}.")
        if not 1 <= len(self.widths) <= 5 or min(*self.widths, self.places) < 1:
            raise ConfigError("network.widths and network.places: give one to five widths, none below 1.")
        if self.blocks and len(self.blocks) != len(self.widths) - 1:
            raise ConfigError(f"network.blocks: give {len(self.widths) - 1} numbers, for each stage but the first.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × side × side × 1 float32 in [0, 1] to what each head says; `heads` is name → number of outputs."""
        image = keras.Input(batch_shape=(batch, self.side, self.side, 1), name="image")
        x = image
        if self.side > SIDE:
            x = layers.ReLU()(layers.Conv2D(max(self.widths[0] // 3, 1), 5, strides=2, padding="same")(x))
        x = trunk(x, self.widths, self.blocks)
        x = layers.Flatten()(convolve(x, self.places, kernel=1))
        x = layers.Dropout(self.dropout)(x)
        return keras.Model(image, [layers.Dense(outputs, name=head)(x) for head, outputs in heads.items()])
