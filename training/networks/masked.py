"""A masked autoencoder: it sees four tenths of a face, and fills in what is hidden. What it learns by that, from faces
that nobody coded, is where a network of action units or expressions begins (`start` of a recipe).

    48×48×1, and which of 6×6 patches are visible
    ─ trunk (24, 48, 96, 192), blank where nothing is visible ─ 6×6×192 ─ hidden places: one learnt vector
    ─ conv 3×3, 3×3 ─ 6×6×64: the pixels of each patch of 8×8, standardized in it

Source: He et al. 2022, *Masked Autoencoders Are Scalable Vision Learners*; for convolutions, in which nothing may flow
into what is hidden: Woo et al. 2023, *ConvNeXt V2*. The trunk is that of `plain`, `face` and `appearance`.
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Table
from training.networks.plain import SIDE, convolve, trunk

#: Side of a patch, pixels, and how many of them are in a row: the trunk has as many places.
PATCH = 8
PLACES = SIDE // PATCH
LATENT, PIXELS = "latent", "pixels"


class Masked(Table, frozen=True, tag_field="kind", tag="masked"):
    """widths, blocks: of the trunk, see `plain`; four widths, so that a place is a patch; decoder: channels of what
    fills in."""

    widths: tuple[int, ...] = (24, 48, 96, 192)
    blocks: tuple[int, ...] = ()
    decoder: int = 128

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if len(self.widths) != 4 or min(*self.widths, self.decoder) < 1:
            raise ConfigError("network.widths and network.decoder: give four widths, none below 1.")
        if self.blocks and len(self.blocks) != len(self.widths) - 1:
            raise ConfigError(f"network.blocks: give {len(self.widths) - 1} numbers, for each stage but the first.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × 48 × 48 × 2 float32, the image in [0, 1] and where it is visible (0 or 1 throughout a patch), to
        B × 6 × 6 × pixels of the one head."""
        ((head, pixels),) = heads.items()
        both = keras.Input(batch_shape=(batch, SIDE, SIDE, 2), name="image")
        image, visible = both[..., :1], both[..., 1:]
        x = layers.Identity(name=LATENT)(trunk(layers.Multiply()([image, visible]), self.widths, self.blocks, visible))
        x = Fill(name="fill")([x, layers.MaxPooling2D(PATCH)(visible)])
        x = convolve(convolve(x, self.decoder), self.decoder)
        return keras.Model(both, layers.Conv2D(pixels, 1, name=head)(x))


def encoder(network: keras.Model) -> keras.Model:
    """The part of a masked autoencoder that is kept; any other network itself."""
    if LATENT not in (layer.name for layer in network.layers):
        return network
    return keras.Model(network.inputs, network.get_layer(LATENT).output)


@keras.saving.register_keras_serializable("affectbox")
class Fill(layers.Layer):  # type: ignore[misc]
    """Puts one learnt vector where nothing is visible."""

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        """`shapes` of B × h × w × channels features, and of B × h × w × 1 visibility."""
        self.token = self.add_weight(shape=(shapes[0][-1],), initializer="zeros", name="token_bias")

    def call(self, both: list[Any]) -> Any:
        """Features where they are visible, else the vector."""
        features, visible = both
        return features * visible + keras.ops.cast(self.token, features.dtype) * (1 - visible)
