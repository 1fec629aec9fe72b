"""EDNN, the seed project's network, for comparison.

    48×48×1 ─ 5×5×32 /2 ─ pool ─ 3×3×64 ─ block ─ 3×3×128 ─ pool ─ 3×3×128 ─ block ─ 3×3×256 ─ pool ─ 3×3×512
              22×22       11×11   9×9      9×9     9×9       4×4    2×2       2×2     2×2       1×1    1×1
    ─ dense 1024 ─ dense 512 ─ heads

    block: x ─ 1×1×64 ─┬─ 3×3×64 ─ concatenated ─ 3×3×128 ─ 1×1×256 ─ concatenated with x
                       └──────────────┘

Its convolutions have no activation, and its input are raw pixels, 0 to 255. Its description leaves open which
convolutions pad: the first three before a pool do not (`valid`), as drawn above, which gives the 4.10 M parameters and
56.9 M multiply–accumulates that the deployed network has.
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.toml import Share, Table

SIDE = 48


class Ednn(Table, frozen=True, tag_field="kind", tag="ednn"):
    """dropout: fraction dropped after each of the two dense layers."""

    dropout: Share = 0.2

    white: ClassVar[float] = 255.0

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 48 × 48 × 1 float32 in [0, 255] to the logits of each head."""
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image")
        x = layers.MaxPooling2D()(layers.Conv2D(32, 5, strides=2)(image))
        x = _block(layers.Conv2D(64, 3)(x))
        x = layers.MaxPooling2D()(layers.Conv2D(128, 3, padding="same")(x))
        x = _block(layers.Conv2D(128, 3)(x))
        x = layers.MaxPooling2D()(layers.Conv2D(256, 3, padding="same")(x))
        x = layers.Flatten()(layers.Conv2D(512, 3, padding="same")(x))
        for width in (1024, 512):
            x = layers.Dropout(self.dropout)(layers.Dense(width, activation="relu")(x))
        return keras.Model(image, [layers.Dense(classes, name=head)(x) for head, classes in heads.items()])


def _block(x: Any) -> Any:
    """The residual block; its input comes back beside its 256 channels."""
    narrow = layers.Conv2D(64, 1, padding="same")(x)
    y = layers.Concatenate()([narrow, layers.Conv2D(64, 3, padding="same")(narrow)])
    y = layers.Conv2D(256, 1, padding="same")(layers.Conv2D(128, 3, padding="same")(y))
    return layers.Concatenate()([x, y])
