"""Random changes to a batch of training images, in TensorFlow: what differs between two pictures of one expression.

The same seed gives the same changes, so that an interrupted training goes on as if nothing had happened.
"""

import math

import tensorflow as tf

from training.recipe import Augmentation, Mixing

Batch = dict[str, tf.Tensor]


def augment(images: tf.Tensor, seed: tf.Tensor, limits: Augmentation) -> tf.Tensor:
    """Mirror, rotate, scale, shift, change contrast and brightness, and blank a square, each face by its own draw.

    Args:
        images: B × H × W × 1, float32 in [0, 1].
        seed: (2,) int32.

    Returns:
        B × H × W × 1, float32 in [0, 1].
    """
    draws = _draws(tf.shape(images)[0], seed)
    changed = _warp(images, draws, limits)
    mean = tf.reduce_mean(changed, axis=(1, 2, 3), keepdims=True)
    gain = 1 + limits.contrast * draws[:, 4, None, None, None]
    offset = limits.brightness * draws[:, 5, None, None, None]
    changed = tf.clip_by_value((changed - mean) * gain + mean + offset, 0.0, 1.0)
    return _cut(changed, draws[:, 6:9], limits.cutout)


def mirrored(count: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(count,) bool: which faces `augment` mirrors with this seed."""
    return _draws(count, seed)[:, 8] < 0


def _draws(count: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform((count, 9), seed, -1.0, 1.0)


def _warp(images: tf.Tensor, draws: tf.Tensor, limits: Augmentation) -> tf.Tensor:
    """Mirror, rotate, scale and shift about the centre in one resampling; the border is replicated."""
    height, width = images.shape[1], images.shape[2]
    angle = draws[:, 0] * (limits.rotation * math.pi / 180)
    shrink = 1 / (1 + limits.scale * draws[:, 1])
    mirror = tf.where(draws[:, 8] < 0, -1.0, 1.0)
    cos, sin = tf.cos(angle) * shrink, tf.sin(angle) * shrink
    x, y = (width - 1) / 2, (height - 1) / 2
    shift_x, shift_y = x + limits.shift * draws[:, 2], y + limits.shift * draws[:, 3]
    zero = tf.zeros_like(angle)
    # source = rotate(target - centre - shift) + centre, mirrored in x about the centre
    rows = [mirror * cos, -mirror * sin, x - mirror * (cos * shift_x - sin * shift_y)]
    rows += [sin, cos, y - (sin * shift_x + cos * shift_y), zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack(rows, axis=1),
        output_shape=(height, width),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def _cut(images: tf.Tensor, draws: tf.Tensor, side: int) -> tf.Tensor:
    """Blank a square with the mean in half of the images, anywhere, partly outside too: hands, hair and masks hide
    parts of faces."""
    height, width = images.shape[1], images.shape[2]
    top = tf.floor((draws[:, 0, None] + 1) / 2 * height) - side // 2
    left = tf.floor((draws[:, 1, None] + 1) / 2 * width) - side // 2
    row, column = tf.range(height, dtype=tf.float32)[None], tf.range(width, dtype=tf.float32)[None]
    rows, columns = (row >= top) & (row < top + side), (column >= left) & (column < left + side)
    half = (tf.math.floormod(draws[:, 2] * 4, 1.0) < 0.5)[:, None, None]  # apart from the mirror, which takes the sign
    hidden = (rows[:, :, None] & columns[:, None, :] & half)[..., None]
    return tf.where(hidden, tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True), images)


def mix(batch: Batch, seed: tf.Tensor, mixing: Mixing) -> Batch:
    """Lay each face of the batch over, or cut it into, the one beside it; their answers are mixed in the same share.

    Args:
        batch: `image`, B × H × W × 1, and a target (B × classes) for each head.
    """
    kinds = [kind for kind in ("mixup", "cutmix") if getattr(mixing, kind) > 0]
    if not kinds:
        return batch
    draw = tf.random.stateless_uniform((2,), seed)
    alpha = tf.constant([getattr(mixing, kind) for kind in kinds])
    kind = tf.cast(draw[1] * len(kinds), tf.int32)
    share = tf.where(draw[0] < mixing.share, _beta(seed + 1, alpha[kind]), 1.0)
    if kinds == ["mixup"]:
        return _blend(batch, share)
    if kinds == ["cutmix"]:
        return _patch(batch, seed + 2, share)
    mixed: Batch = tf.cond(tf.equal(kind, 0), lambda: _blend(batch, share), lambda: _patch(batch, seed + 2, share))
    return mixed


def _beta(seed: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    """A draw of Beta(alpha, alpha)."""
    pair = tf.random.stateless_gamma((2,), seed, alpha) + 1e-12
    return pair[0] / (pair[0] + pair[1])


def _blend(batch: Batch, share: tf.Tensor) -> Batch:
    return {key: share * value + (1 - share) * tf.roll(value, 1, axis=0) for key, value in batch.items()}


def _patch(batch: Batch, seed: tf.Tensor, share: tf.Tensor) -> Batch:
    """A rectangle of about 1 - share of the area comes from the neighbour; the answers take its true area."""
    image = batch["image"]
    size = tf.constant([image.shape[1], image.shape[2]], tf.float32)
    middle = tf.random.stateless_uniform((2,), seed) * size
    half = size * tf.sqrt(1 - share) / 2
    low, high = tf.round(tf.maximum(middle - half, 0.0)), tf.round(tf.minimum(middle + half, size))
    row, column = tf.range(size[0])[:, None], tf.range(size[1])[None, :]
    inside = (row >= low[0]) & (row < high[0]) & (column >= low[1]) & (column < high[1])
    kept = 1 - tf.reduce_mean(tf.cast(inside, tf.float32))
    targets = {key: value for key, value in batch.items() if key != "image"}
    return {"image": tf.where(inside[None, :, :, None], tf.roll(image, 1, axis=0), image), **_blend(targets, kept)}
