"""EmoFAN, a baseline of the papers on action units, for a GPU; too large for the box: a network that places landmarks
(FAN, the face alignment network), and one that reads what they attend to.

    side×side×1 ─ the same grey in three channels ─ 7×7×64 /2 ─ block 128 ─ pool ─ block 128 ─ block 256 ──┬─ x
    x ─ hourglass ─ block ─ 1×1 ─┬─ 68 heatmaps ─ added to x ─ hourglass ─ block ─ 1×1 ─┬─ 68 heatmaps ─ their sum
                                 features                                              features
    x, features × the last sum ─ 1×1×256 ─ [block, pool] 4 ─ mean ─ dense 128 ─ heads

    hourglass: down by pooling and up again, four times, a block on every way; what goes down is added to what comes up
    block: 3×3×c/2 ─ 3×3×c/4 ─ 3×3×c/4, each after normalization and ReLU; side by side, and added to the input

Layers bear the names of the published weights, and pad as PyTorch pads, so that these give the same answers here
(`training.networks.pth`). They are under CC BY-NC-ND 4.0: neither they nor what is learnt from them may be passed on,
so that nothing here downloads them; who may use them names the file as `start`.

Source: Toisoul et al. 2021, *Estimation of continuous valence and arousal levels from faces in naturalistic
conditions*; the hourglasses: Bulat & Tzimiropoulos 2017, *How far are we from solving the 2D & 3D face alignment
problem?*; as a baseline of action units: Ji et al. 2025, *Hugging Rain Man*.
"""

from typing import Any, ClassVar

import keras
from keras import layers

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

#: A side is a multiple of this, so that it can be halved so often.
STEP = 64
POINTS, DEPTH, HOURGLASSES, BLOCKS = 68, 4, 2, 4
WIDTH = 256


class Emofan(Table, frozen=True, tag_field="kind", tag="emofan"):
    """side: of the crop, pixels, 256 in the paper; width: channels of the hourglasses, 256 in the paper; frozen: leave
    the landmarks' part as it is, as the paper does with weights that were learnt; dropout: fraction dropped before the
    heads."""

    side: int = 256
    width: int = WIDTH
    frozen: bool = False
    dropout: Share = 0.0

    white: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if self.side < STEP or self.side % STEP:
            raise ConfigError(f"network.side is {self.side}: EmoFAN needs a multiple of {STEP}.")
        if self.width < 8 or self.width % 8:
            raise ConfigError(f"network.width is {self.width}: give a multiple of 8.")

    def build(self, heads: dict[str, int], batch: int | None = None) -> keras.Model:
        """From B × side × side × 1 float32 in [0, 1] to what each head says; `heads` is name → number of outputs."""
        image = keras.Input(batch_shape=(batch, self.side, self.side, 1), name="image")
        attended = _alignment(layers.Concatenate()([image] * 3), self.width)
        if self.frozen:
            for layer in keras.Model(image, attended).layers:
                layer.trainable = False
        x = _convolve(attended, self.width, 1, "conv1x1_input_emo_2")
        for number in range(BLOCKS):
            x = layers.MaxPooling2D(2)(_block(x, self.width, f"emo_net_2.{2 * number}."))
        x = layers.Dense(self.width // 2, name="emo_fc_2.0")(layers.GlobalAveragePooling2D()(x))
        x = layers.Dropout(self.dropout)(layers.ReLU()(_normalized(x, "emo_fc_2.1")))
        return keras.Model(image, [layers.Dense(outputs, name=head)(x) for head, outputs in heads.items()])


def _alignment(x: Any, width: int) -> Any:
    """The first features, and those of each hourglass where the last one's heatmaps are."""
    x = layers.ReLU()(_normalized(_convolve(x, width // 4, 7, "conv1", stride=2), "bn1"))
    x = layers.MaxPooling2D(2)(_block(x, width // 2, "conv2."))
    begun = _block(_block(x, width // 2, "conv3."), width, "conv4.")
    features, x = [], begun
    for number in range(HOURGLASSES):
        y = _block(_hourglass(x, width, DEPTH, f"m{number}."), width, f"top_m_{number}.")
        y = layers.ReLU()(_normalized(_convolve(y, width, 1, f"conv_last{number}"), f"bn_end{number}"))
        heatmaps = _convolve(y, POINTS, 1, f"l{number}")
        if number < HOURGLASSES - 1:
            y = _convolve(y, width, 1, f"bl{number}")
            x = layers.Add()([x, y, _convolve(heatmaps, width, 1, f"al{number}")])
        features.append(y)
    attention = keras.ops.sum(heatmaps, axis=-1, keepdims=True)
    return layers.Concatenate()([begun, layers.Multiply()([layers.Concatenate()(features), attention])])


def _hourglass(x: Any, width: int, depth: int, name: str) -> Any:
    beside = _block(x, width, f"{name}b1_{depth}.")
    y = _block(layers.MaxPooling2D(2)(x), width, f"{name}b2_{depth}.")
    y = _hourglass(y, width, depth - 1, name) if depth > 1 else _block(y, width, f"{name}b2_plus_{depth}.")
    y = _block(y, width, f"{name}b3_{depth}.")
    return layers.Add()([beside, layers.UpSampling2D(2)(y)])


def _block(x: Any, width: int, name: str) -> Any:
    """Three convolutions, each on what the one before says, side by side and added to the input."""
    parts, y = [], x
    for number, part in enumerate((width // 2, width // 4, width // 4), start=1):
        y = _convolve(_active(y, f"{name}bn{number}"), part, 3, f"{name}conv{number}", bias=False)
        parts.append(y)
    if x.shape[-1] != width:
        x = _convolve(_active(x, f"{name}downsample.0"), width, 1, f"{name}downsample.2", bias=False)
    return layers.Add()([layers.Concatenate()(parts), x])


def _active(x: Any, name: str) -> Any:
    return layers.ReLU()(_normalized(x, name))


def _normalized(x: Any, name: str) -> Any:
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)


def _convolve(x: Any, width: int, kernel: int, name: str, stride: int = 1, bias: bool = True) -> Any:
    """A convolution, padded alike on all sides."""
    padded = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
    return layers.Conv2D(width, kernel, stride, use_bias=bias, kernel_initializer="he_normal", name=name)(padded)
