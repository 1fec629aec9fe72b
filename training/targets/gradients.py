"""What a network that reads faces looks at: gradients of one of its answers at the key points of the face.

A (height × width × C) is what the last convolution on the way to the answer y gives, before normalization and
activation. At the key point k, which lies at (u, v) of the crop:

    gradient                g_k = (1/C) Σ_c |∂y/∂A_c (u, v)|
    gradient-x-activation   g_k = (1/C) Σ_c |∂y/∂A_c · A_c| (u, v)
    integrated              g_k = (1/C) Σ_c |∫ ∂y/∂A_c · dA_c| (u, v), along the straight way from a baseline picture

between the places of A bilinear. `signed`: without the bars, as the study had it: channels may then cancel. Integrated
is the conductance of A: without bars and division, its sum over places and channels is y(picture) − y(baseline).

**Where a network averages over the face before its answer, its plain gradient says only where channels are active**,
the same number wherever they are: take one of the others. Where even that is the same everywhere, the plain gradient
is refused. A map of 6 × 6 places tells parts of the face, not points: what lies within a sixth of the crop is told
apart by interpolation alone. Gradients say what an answer depends on in this network, not what differs between people:
test them over people, as `targets` does.

The box's crops are laid on the corners of the mouth too, so a smile shifts the whole crop a little, and a network may
learn that: of painted smiles the plain gradient ranked the points that AU12 moves with an AUC of 0.80 in such crops,
of 0.92 in crops laid as at rest (three small networks; sixteen that learnt nothing: 0.48 in the mean, 0.31 to 0.67).

Sources: Sundararajan et al. 2017, *Axiomatic Attribution for Deep Networks*; Dhamdhere et al. 2019, *How Important is
a Neuron?*; Adebayo et al. 2018, *Sanity Checks for Saliency Maps* (of randomized networks).
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError
from device.stages.aligner import CROP_SIDE, TEMPLATE
from device.stages.geometry import similarity
from training.targets.points import Floats, point_set

METHODS = GRADIENT, ACTIVATION, INTEGRATED = "gradient", "gradient-x-activation", "integrated"
_BATCH, _STEPS = 64, 32
#: Differences between places below this share of the gradient are none.
_FLAT = 1e-5

Images = NDArray[np.float32]
Maps = NDArray[np.float32]


def point_gradients(
    network: keras.Model,
    images: Images,
    places: NDArray[Any],
    head: str = "",
    output: int = 0,
    method: str = GRADIENT,
    signed: bool = False,
    baseline: Images | None = None,
) -> Floats:
    """How much an answer depends on each key point of each face (N, K).

    Args:
        network: a Keras model of images with heads, as `training.networks` builds them.
        images: (N, side, side, 1) as the network takes them.
        places: (N, K, 2) the points in the crops, pixels to the right and down, or (K, 2) the same in all.
        head: whose answer; may be left out where there is only one.
        output: which number of the head's.
        method: one of `METHODS`.
        signed: mean over channels without bars.
        baseline: of `integrated`: where the way begins (N, side, side, 1) or (side, side, 1); else each picture's own
            mean grey.

    Returns:
        NaN where a point lies outside the crop.

    Raises:
        ConfigError: no such head, output or method.
        DataError: the network has no convolution before the answer, or a plain gradient is the same everywhere.
    """
    maps = attribution(network, images, head, output, method, baseline)
    if method == GRADIENT and _flat(maps):
        raise DataError(
            "This network averages over the face before its answer, so its plain gradient is the same everywhere: use "
            f"{ACTIVATION} or {INTEGRATED}."
        )
    side = images.shape[1]
    averaged = maps.mean(3) if signed else np.abs(maps).mean(3)
    return sampled(averaged, np.broadcast_to(places, (len(images), *np.shape(places)[-2:])), side)


def attribution(
    network: keras.Model,
    images: Images,
    head: str = "",
    output: int = 0,
    method: str = ACTIVATION,
    baseline: Images | None = None,
) -> Maps:
    """What each place and channel of the last convolution adds to an answer (N, h, w, C); see `point_gradients`."""
    if method not in METHODS:
        raise ConfigError(f"There is no method '{method}': name one of {', '.join(METHODS)}.")
    told = _last_map(network, head, output)
    if method == INTEGRATED:
        start = np.broadcast_to(_grey(images) if baseline is None else baseline, images.shape)
        return _batched(lambda rows: _conducted(told, images[rows], start[rows]), len(images))
    return _batched(lambda rows: _slope(told, images[rows], method == ACTIVATION), len(images))


def sampled(maps: NDArray[Any], places: NDArray[Any], side: int) -> Floats:
    """Values of maps (N, h, w) at places of the crop (N, K, 2), bilinear; NaN outside it (N, K)."""
    height, width = maps.shape[1:3]
    x, y = places[..., 0] * width / side - 0.5, places[..., 1] * height / side - 0.5
    inside = ((places >= 0) & (places <= side)).all(-1)
    x, y = np.clip(np.nan_to_num(x), 0, width - 1), np.clip(np.nan_to_num(y), 0, height - 1)
    left, top = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    a, b, at = x - left, y - top, np.arange(len(maps))[:, None]
    upper = maps[at, top, left] * (1 - a) + maps[at, top, right] * a
    lower = maps[at, below, left] * (1 - a) + maps[at, below, right] * a
    return np.asarray(np.where(inside, upper * (1 - b) + lower * b, np.nan), np.float64)


def shares(values: NDArray[Any]) -> Floats:
    """|g_k| / Σ |g| over the points that are known (…, K); NaN where one is not, or all are 0."""
    size = np.abs(np.asarray(values, np.float64))
    total = np.nansum(size, axis=-1, keepdims=True)
    return np.asarray(np.divide(size, total, out=np.full_like(size, np.nan), where=total > 0), np.float64)


def standard_places(count: int, side: int = CROP_SIDE) -> Floats:
    """Where the points of the standard face lie in the box's aligned crop (K, 2), pixels; some of the jaw, the chin
    and the forehead lie outside it."""
    whole = point_set(478).xyz[:, :2].astype(np.float32)
    matrix = similarity(whole[list(TEMPLATE)], np.array(list(TEMPLATE.values()), np.float32) * (side / CROP_SIDE))
    return np.asarray(point_set(count).xyz[:, :2] @ matrix[:, :2].T + matrix[:, 2], np.float64)


def _last_map(network: keras.Model, head: str, output: int) -> keras.Model:
    """From images to what the last convolution gives, and the answer."""
    heads = {str(layer.name): layer for layer in network.layers}
    names = [str(name) for name in network.output_names]
    if not head and len(names) == 1:
        head = names[0]
    if head not in names or head not in heads:
        raise ConfigError(f"The network has no head '{head}': name one of {', '.join(names)}.")
    answer = heads[head].output
    if not 0 <= output < answer.shape[-1]:
        raise ConfigError(f"The head '{head}' has {answer.shape[-1]} outputs, from 0: there is no {output}.")
    way = keras.Model(network.inputs, answer)
    maps = [layer.output for layer in way.layers if isinstance(layer, keras.layers.Conv2D)]
    if not maps:
        raise DataError("The network has no convolution before its answer: it knows no places.")
    return keras.Model(network.inputs, [maps[-1], answer[:, output]])


def _slope(told: keras.Model, images: Images, times_activation: bool) -> Maps:
    with tf.GradientTape() as tape:
        map_, answer = told(tf.convert_to_tensor(images), training=False)
    slope = tape.gradient(answer, map_)
    return np.asarray(slope * map_ if times_activation else slope)


def _conducted(told: keras.Model, images: Images, start: Images) -> Maps:
    """Σ over steps of the slope in their middle times by how much the map changes."""
    total: Maps = np.zeros(0, np.float32)
    before = np.asarray(told(tf.convert_to_tensor(start), training=False)[0])
    for step in range(_STEPS):
        middle, end = ((1 - share) * start + share * images for share in ((step + 0.5) / _STEPS, (step + 1) / _STEPS))
        after = np.asarray(told(tf.convert_to_tensor(end), training=False)[0])
        added = _slope(told, middle.astype(np.float32), False) * (after - before)
        total, before = (total + added if step else added), after
    return total


def _grey(images: Images) -> Images:
    return np.asarray(images.mean((1, 2, 3), keepdims=True), np.float32)


def _batched(made: Callable[[slice], Maps], count: int) -> Maps:
    return np.concatenate([made(slice(at, at + _BATCH)) for at in range(0, count, _BATCH)])


def _flat(maps: Maps) -> bool:
    size = float(np.abs(maps).mean())
    return bool(np.ptp(maps, axis=(1, 2)).max() <= _FLAT * max(size, 1e-30))
