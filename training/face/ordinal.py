"""Intensities as an ordered scale: one number a unit, on which each intensity has its place.

That a coder gives at least k is likely with sigmoid(scale − level k) (proportional odds; McCullagh 1980, *Regression
Models for Ordinal Data*). So presence and intensity are one question, rare intensities learn from common ones, and
coders' half agreement is no contradiction. What a place on the scale is called on the box, the bundle's
`curves` say (`training.face.calibrate`).
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

LEVELS = 5
Floats = NDArray[np.float32]


def at_least(intensities: Floats) -> Floats:
    """N × units × 5: whether each intensity is at least 1, 2, … 5, as shares for means over coders; NaN stays NaN.

    A mean of 2.5 over coders is half a 3.
    """
    steps = np.arange(LEVELS, dtype=np.float32)
    return np.asarray(np.clip(intensities[..., None] - steps, 0, 1), np.float32)


def ordinal_loss(scales: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, levels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of each level, the first counting as much as all others together; weighted mean over faces and
    units.

    Args:
        scales: B × units; target: B × units × 5; weight: B × units, 0 for what is not known; levels: units × 5.
    """
    each = tf.nn.sigmoid_cross_entropy_with_logits(target, scales[..., None] - levels)
    loss = each[..., 0] + tf.reduce_mean(each[..., 1:], axis=-1)
    return tf.reduce_sum(loss * weight) / tf.maximum(tf.reduce_sum(tf.cast(weight > 0, tf.float32)), 1.0)
