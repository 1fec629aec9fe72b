"""The face network of the box: one trunk, and all that is read of a face in one run.

    48×48×1 ─ trunk (24, 48, 96, 192) ─ 6×6×192 ─┬─ mean ─┬─ ferplus: 8 logits
                                                 │        └─ fer2013: 7 logits
                                                 └─ conv 3×3 ─ 6×6×32 ─ flat ─┬─ units: 22, one scale each
                                                                              ├─ left, right: those with two sides
                                                                              └─ hidden: upper, lower face, logits

Expressions are learnt from a mean over the face, action units where the place is kept: a raised brow and a raised lip
look alike to a mean. What a value on the scale of a unit means, its `Cuts` say (`training.face.ordinal`).
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table
from training.networks.plain import SIDE, convolve, trunk

#: Heads that need to know where something is.
PLACED = ("units", "left", "right", "hidden")
UNITS, SCALE = "units", "units_scale"
_LEVELS = 5


class Face(Table, frozen=True, tag_field="kind", tag="face"):
    """widths, blocks: see `plain`; places: channels that are kept of every place; dropout: fraction dropped before the
    heads of expressions; places_dropout: before the others."""

    widths: tuple[int, ...] = (24, 48, 96, 192)
    blocks: tuple[int, ...] = ()
    places: int = 32
    dropout: Share = 0.2
    places_dropout: Share = 0.3
    frozen: bool = False

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if not 1 <= len(self.widths) <= 5 or min(*self.widths, self.places) < 1:
            raise ConfigError("network.widths and network.places: give one to five widths, none below 1.")
        if self.blocks and len(self.blocks) != len(self.widths) - 1:
            raise ConfigError(f"network.blocks: give {len(self.widths) - 1} numbers, for each stage but the first.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 48 × 48 × 1 float32 in [0, 1] to what each head says; `heads` is name → number of outputs."""
        image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image")
        map_ = trunk(image, self.widths, self.blocks)
        for layer in keras.Model(image, map_).layers if self.frozen else ():
            layer.trainable = False
        whole = layers.Dropout(self.dropout)(layers.GlobalAveragePooling2D()(map_))
        places = layers.Flatten()(convolve(map_, self.places))
        places = layers.Dropout(self.places_dropout)(places)
        return keras.Model(image, [_head(places if head in PLACED else whole, head, n) for head, n in heads.items()])


def _head(x: Any, head: str, outputs: int) -> Any:
    if head != UNITS:
        return layers.Dense(outputs, name=head)(x)
    return Cuts(outputs, name=UNITS)(layers.Dense(outputs, name=SCALE)(x))


@keras.saving.register_keras_serializable("affectbox")
class Cuts(layers.Layer):  # type: ignore[misc]
    """Passes the scales of action units through, and holds where on each the intensities 1 to 5 begin: at 0, and above
    it by gaps that are learnt with the network (proportional odds; McCullagh 1980)."""

    def __init__(self, units: int, **named: Any) -> None:
        super().__init__(**named)
        self._units = units

    def build(self, shape: tuple[int | None, ...]) -> None:
        """One row of gaps for each unit."""
        self.gaps = self.add_weight(
            shape=(self._units, _LEVELS - 1), initializer=keras.initializers.Constant(1.0), name="gaps_bias"
        )

    def call(self, scales: Any) -> Any:
        """The same."""
        return scales

    def levels(self) -> Any:
        """Units × 5: from where on each intensity is as likely as not, rising."""
        gaps = keras.ops.cumsum(keras.ops.softplus(keras.ops.cast(self.gaps, "float32")), axis=1)
        return keras.ops.concatenate([keras.ops.zeros((self._units, 1)), gaps], axis=1)
