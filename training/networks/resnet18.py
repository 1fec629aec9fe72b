"""ResNet-18, the backbone of the study from which diagnosis support grew; for a workstation, never for the box.

    side×side×1 ─ the same grey in three channels, as ImageNet's were scaled ─ 7×7×64 /2 ─ pool /2
    ─ [two blocks] 64 ─ 128 /2 ─ 256 /2 ─ 512 /2 ─ mean ─ fc ─────── groups: logits
                                                      └─ attention ─┘ multiplied, where the recipe wants it

Layers bear the names that torchvision gives them, and pad as PyTorch pads, so that weights of that backbone give the
same answers here (`training.networks.pth`).
Source: He et al. 2016, *Deep Residual Learning for Image Recognition*; attention: Wang et al. 2020, *Suppressing
Uncertainties for Large-Scale Facial Expression Recognition*.
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

SMALLEST = 32
WIDTHS = (64, 128, 256, 512)
#: Of ImageNet's channels (RGB, 0–1), when torchvision's weights were trained.
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LOGITS, ATTENTION = "fc", "attention"


class Resnet18(Table, frozen=True, tag_field="kind", tag="resnet18"):
    """side: of the crop, pixels; attention: a number between 0 and 1 of each picture, by which its logits are
    multiplied, and a second output; dropout: fraction dropped before the heads."""

    side: int = 224
    attention: bool = False
    dropout: Share = 0.0

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if self.side < SMALLEST:
            raise ConfigError(f"network.side is {self.side}: ResNet-18 needs at least {SMALLEST}.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × side × side × 1 float32 in [0, 1] to the logits of the one head, B × outputs, and with attention
        also to that, B × 1."""
        ((head, outputs),) = heads.items()
        image = keras.Input(batch_shape=(batch, self.side, self.side, 1), name="image")
        scales = [1 / deviation for deviation in DEVIATIONS]
        offsets = [-mean / deviation for mean, deviation in zip(MEANS, DEVIATIONS, strict=True)]
        x = _trunk(layers.Rescaling(scales, offset=offsets)(layers.Concatenate()([image] * 3)))
        x = layers.Dropout(self.dropout)(layers.GlobalAveragePooling2D()(x))
        logits = layers.Dense(outputs, name=LOGITS)(x)
        if not self.attention:
            return keras.Model(image, [layers.Identity(name=head)(logits)])
        attention = layers.Dense(1, activation="sigmoid", name=ATTENTION)(x)
        return keras.Model(image, [layers.Multiply(name=head)([logits, attention]), attention])


def _trunk(x: Any) -> Any:
    x = layers.ReLU()(_normalized(x, WIDTHS[0], 7, 2, "conv1", "bn1"))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))  # zeros are the least that a ReLU leaves
    for stage, width in enumerate(WIDTHS, start=1):
        for block in range(2):
            x = _block(x, width, 2 if stage > 1 and not block else 1, f"layer{stage}.{block}.")
    return x


def _block(x: Any, width: int, stride: int, name: str) -> Any:
    """Two convolutions, added to the input (projected where its shape differs)."""
    y = layers.ReLU()(_normalized(x, width, 3, stride, name + "conv1", name + "bn1"))
    y = _normalized(y, width, 3, 1, name + "conv2", name + "bn2")
    if x.shape[-1] != width:
        x = _normalized(x, width, 1, stride, name + "downsample.0", name + "downsample.1")
    return layers.ReLU()(layers.Add()([x, y]))


def _normalized(x: Any, width: int, kernel: int, stride: int, convolution: str, normalization: str) -> Any:
    """A convolution, padded alike on all sides, and batch normalization."""
    padded = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
    x = layers.Conv2D(width, kernel, stride, use_bias=False, kernel_initializer="he_normal", name=convolution)(padded)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=normalization)(x)
