"""What two frames of one person have to fulfil once they have exchanged their neutral faces.

With the frames x of a batch (first half: one of each pair, second half: the other), f = flow(encoder(x)), b = -W(f, f)
and n = G(x, f); ' marks what belongs to the other frame of the pair:

    L = gram · Gram + L1 + neutral · Sym + ssim · SSIM
    L1   = |G(n', b) - x| + |G(x, ∅) - x| + |W(n', b) - x| + 1.5 |W(W(x, f)', b) - x|
    SSIM = 1 - ssim of G(n', b), of G(x, ∅), and 1.5 times of W(W(x, f)', b), each with x
    Sym  = |left half of n - mirrored right half| + .5 times the same of W(x, f)
    Gram = squared differences of the correlations between features of x and of n, W(n', b), W(W(x, f)', b), G(n', b)

The weights are those of `Losses`. Source: Chang et al. 2021, and the code that its authors published.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.networks.exchange import Parts
from training.networks.warping import blurred
from training.personal.recipe import Losses

#: What looks at pictures: maps of several sizes.
Features = Callable[[tf.Tensor], Sequence[tf.Tensor]]
_WINDOW, _SIGMA = 11, 1.5
#: Half width, half height and middle (downwards) of a face in its aligned crop, half a crop being 1.
_ELLIPSE = (0.75, 0.85, 0.05)
_C1, _C2 = 0.01**2, 0.03**2


class Rebuilt(NamedTuple):
    """What the network makes of a batch x, 2P × side × side × C each: its neutral face `neutral`, and by pixels alone
    `warped`; x again from the other's neutral face, `exchanged`, by its pixels alone, `swapped`, and from the other's
    `warped`, `direct`; and `plain`, x through the generator alone, where that is asked for."""

    neutral: tf.Tensor
    warped: tf.Tensor
    exchanged: tf.Tensor
    swapped: tf.Tensor
    direct: tf.Tensor
    plain: tf.Tensor | None
    flow: tf.Tensor


def rebuilt(parts: Parts, x: tf.Tensor, flow: tf.Tensor, *, plain: bool = True, training: bool = False) -> Rebuilt:
    """Let the two halves of a batch exchange their neutral faces.

    Args:
        x: 2P × side × side × C, as the network takes them.
        flow: of these.
    """
    back = parts.back(flow)
    neutral, warped = parts.generated(x, flow, training), parts.moved(x, flow)
    others, others_warped = other(neutral), other(warped)
    return Rebuilt(
        neutral,
        warped,
        parts.generated(others, back, training),
        parts.moved(others, back),
        parts.moved(others_warped, back),
        parts.unmoved(x) if plain else None,
        flow,
    )


def other(x: tf.Tensor) -> tf.Tensor:
    """The other of each pair, where the halves of a batch are the two sides of the pairs."""
    return tf.roll(x, tf.shape(x)[0] // 2, axis=0)


def loss(x: tf.Tensor, made: Rebuilt, weights: Losses, neutral: tf.Tensor, features: Features | None) -> tf.Tensor:
    """The loss of a batch, a scalar; `neutral` is the weight of the neutral face in this epoch."""
    places = places_of(int(x.shape[1]), weights.around)
    total = weights.exchanged * _apart(made.exchanged, x, places) + weights.swapped * _apart(made.swapped, x, places)
    total += weights.direct * _apart(made.direct, x, places)
    unlike = unlikeness(made.exchanged, x, places) + weights.ssim_direct * unlikeness(made.direct, x, places)
    if made.plain is not None:
        total += weights.plain * _apart(made.plain, x, places)
        unlike += weights.ssim_plain * unlikeness(made.plain, x, places)
    total += weights.ssim * unlike
    total += neutral * (asymmetry(made.neutral) + weights.neutral_warped * asymmetry(made.warped))
    if weights.same:
        total += weights.same * _apart(made.neutral, other(made.neutral))
    if features and weights.gram:
        total += weights.gram * _gram(x, made, features)
    return total


def places_of(side: int, around: float) -> NDArray[np.float32]:
    """side × side × 1: how much each place of a crop counts, 1 in the mean; `around` as much as within, outside the
    ellipse in which brows, eyes, nose and mouth of an aligned face are."""
    line = np.linspace(-1, 1, side)
    within = (line[None] / _ELLIPSE[0]) ** 2 + ((line[:, None] - _ELLIPSE[2]) / _ELLIPSE[1]) ** 2 <= 1
    weights = np.where(within, 1.0, around)[..., None]
    return np.asarray(weights / weights.mean(), np.float32)


def unlikeness(x: tf.Tensor, y: tf.Tensor, places: NDArray[np.float32] | float = 1.0) -> tf.Tensor:
    """1 - the mean structural similarity of two batches of images, under a Gaussian window of 11 pixels.

    Source: Wang et al. 2004, *Image Quality Assessment: From Error Visibility to Structural Similarity*.
    """
    mean_x, mean_y, xx, yy, xy = (blurred(one, _WINDOW, _SIGMA) for one in (x, y, x * x, y * y, x * y))
    means, both = mean_x * mean_y, mean_x**2 + mean_y**2
    alike = (2 * means + _C1) * (2 * (xy - means) + _C2) / ((both + _C1) * (xx + yy - both + _C2))
    return 1 - tf.reduce_mean(alike * places)


def asymmetry(faces: tf.Tensor) -> tf.Tensor:
    """Mean difference between the left half and the mirrored right half."""
    half = faces.shape[2] // 2
    return _apart(faces[:, :, :half], tf.reverse(faces[:, :, -half:], [2]))


def correlations(maps: tf.Tensor) -> tf.Tensor:
    """B × C × C: of each two maps, the mean product over all places (Gatys et al. 2016)."""
    places = float(maps.shape[1] * maps.shape[2])
    return tf.einsum("bhwc,bhwd->bcd", maps, maps) / places


def _gram(x: tf.Tensor, made: Rebuilt, features: Features) -> tf.Tensor:
    seen = [made.neutral, made.swapped, made.direct, made.exchanged]
    wanted = [tf.stop_gradient(correlations(one)) for one in features(x)]
    found = [correlations(one) for one in features(tf.concat(seen, 0))]
    pairs = zip(found, wanted, strict=True)
    return tf.add_n([tf.reduce_mean((one - tf.tile(right, (len(seen), 1, 1))) ** 2) for one, right in pairs])


def _apart(x: tf.Tensor, y: tf.Tensor, places: NDArray[np.float32] | float = 1.0) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(x - y) * places)
