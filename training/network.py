"""The expression network: one trunk of plain 3 × 3 convolutions, two heads.

    48×48×1 ─ conv a ─ pool ─ [conv, conv + skip] b ─ pool ─ [.] c ─ pool ─ [.] d ─ mean ─┬─ ferplus: 8 logits
                       24×24                          12×12         6×6                   └─ fer2013: 7 logits

Plain convolutions with batch normalization and ReLU lose little in int8, and train and run faster on a CPU than
depthwise ones of the same size. There is no normalization layer in front: the first batch normalization does it.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from training.datasets import SIDE

#: Heads and their labels, in the order in which the network returns their logits.
HEADS = {"ferplus": EMOTIONS, "fer2013": FER2013_EMOTIONS}


@dataclass(frozen=True)
class NetworkConfig:
    """widths: channels of the four stages (a, b, c, d above); dropout: fraction dropped before the heads."""

    widths: tuple[int, int, int, int] = (24, 48, 96, 192)
    dropout: float = 0.3


def build_network(config: NetworkConfig, batch: int | None = None) -> keras.Model:
    """Build the network.

    Args:
        batch: a fixed batch size, as the TFLite converter wants it; None for any.

    Returns:
        A model from B × 48 × 48 × 1 float32 in [0, 1] to `[B × 8, B × 7]` logits, in the order of `HEADS`.
    """
    image = keras.Input(batch_shape=(batch, SIDE, SIDE, 1), name="image")
    x = _convolve(image, config.widths[0])
    for width in config.widths[1:]:
        x = layers.MaxPooling2D()(x)
        x = _convolve(x, width)
        x = layers.Add()([x, _convolve(x, width)])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(config.dropout)(x)
    return keras.Model(image, [layers.Dense(len(labels), name=head)(x) for head, labels in HEADS.items()], name="fer")


def count_macs(network: keras.Model) -> int:
    """Multiply–accumulate operations of one image in the convolutions and dense layers."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            total += int(layer.kernel.shape.num_elements()) * layer.output.shape[1] * layer.output.shape[2]
        elif isinstance(layer, layers.Dense):
            total += int(layer.kernel.shape.num_elements())
    return total


def _convolve(x: Any, width: int) -> Any:
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
