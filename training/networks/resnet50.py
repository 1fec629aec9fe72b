"""ResNet-50, the baseline of the papers on action units, for a GPU; too large for the box.

    side×side×1 ─ the same grey in three channels, minus ImageNet's means ─ ResNet-50 ─ mean ─ heads

Source: He et al. 2016, *Deep Residual Learning for Image Recognition*, as `keras.applications` has it; as a baseline
of action units: Ji et al. 2025, *Hugging Rain Man*.
"""

from typing import ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

SMALLEST = 32
#: What was subtracted from the channels of ImageNet's images (BGR, 0–255) when those weights were trained.
MEANS = (103.939, 116.779, 123.68)


class Resnet50(Table, frozen=True, tag_field="kind", tag="resnet50"):
    """side: of the crop, pixels; weights: `none`, or `imagenet`, which Keras downloads the first time; dropout:
    fraction dropped before the heads."""

    side: int = 112
    weights: str = "none"
    dropout: Share = 0.4

    white: ClassVar[float] = 255.0

    def __post_init__(self) -> None:
        if self.side < SMALLEST:
            raise ConfigError(f"network.side is {self.side}: ResNet-50 needs at least {SMALLEST}.")
        if self.weights not in ("none", "imagenet"):
            raise ConfigError(f"network.weights is '{self.weights}', not one of none, imagenet.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × side × side × 1 float32 in [0, 255] to what each head says; `heads` is name → number of outputs.

        Raises:
            ConfigError: ImageNet's weights are wanted and cannot be downloaded.
        """
        image = keras.Input(batch_shape=(batch, self.side, self.side, 1), name="image")
        x = layers.Rescaling(1.0, offset=[-mean for mean in MEANS])(layers.Concatenate()([image] * 3))
        x = layers.Dropout(self.dropout)(self._trunk()(x))
        return keras.Model(image, [layers.Dense(outputs, name=head)(x) for head, outputs in heads.items()])

    def _trunk(self) -> keras.Model:
        weights = None if self.weights == "none" else self.weights
        shape = (self.side, self.side, 3)
        try:
            return keras.applications.ResNet50(include_top=False, weights=weights, input_shape=shape, pooling="avg")
        except Exception as error:  # Keras wraps whatever the download raises
            raise ConfigError(f"ImageNet's weights cannot be had ({error}): set network.weights to none.") from error
