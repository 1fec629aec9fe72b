"""The fitted estimator as a float32 .tflite network of a few operators, all of them old ones.

Input (1, 2F + 1): the features, the person's neutral features, and 1 if these are known or 0 if not. Output (1, V, U):
intensities for both sides, left and right.
"""

import numpy as np
import tensorflow as tf

from device.arrays import FloatArray
from device.runtime.interpreter import TfLiteInterpreter
from training.synthetic.estimator import CLIP, LEVELS, Estimator, Mode


def to_tflite(estimator: Estimator) -> bytes:
    """The .tflite file."""
    size = len(estimator.mean_neutral)
    eye, nothing = np.eye(size, dtype=np.float32), np.zeros((1, size), np.float32)
    own = np.concatenate([eye, -eye, nothing])  # features minus the person's neutral
    usual = np.concatenate([eye, 0 * eye, nothing])  # features; the mean neutral comes off as a constant

    def infer(x: tf.Tensor) -> tf.Tensor:
        known = x[:, -1:]
        sub = _intensities(x, estimator.sub, own, np.zeros(size, np.float32))
        raw = _intensities(x, estimator.raw, usual, estimator.mean_neutral)
        found = raw + known * (sub - raw)
        left_over = 1 - tf.minimum(tf.nn.relu(tf.matmul(found, estimator.yielding) - 1), 1)
        return tf.expand_dims(found * left_over, 0)

    function = tf.function(infer, input_signature=[tf.TensorSpec((1, 2 * size + 1), tf.float32)])
    concrete = function.get_concrete_function()
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert())


def largest_difference(model: bytes, estimator: Estimator, faces: FloatArray, neutral: FloatArray) -> float:
    """Between the network's intensities and the arrays' own, over faces (N, F) with and without their `neutral`."""
    expected = [estimator(faces), estimator(faces, neutral)]
    worst = 0.0
    with TfLiteInterpreter(model) as network:
        for known, answers in enumerate(expected):
            for face, rest, answer in zip(faces, neutral, answers, strict=True):
                x = np.concatenate([face, rest * known, [known]]).astype(np.float32)
                worst = max(worst, float(np.abs(network.invoke(x[None])[0] - answer).max()))
    return worst


def _intensities(x: tf.Tensor, mode: Mode, take: FloatArray, offset: FloatArray) -> tf.Tensor:
    """(V, U) of the difference x @ take − offset."""
    views, measures, _ = mode.measures.shape
    rows = (mode.measures * mode.gain[:, None]).reshape(views * measures, -1)
    measured = tf.matmul(x, take @ rows.T) + (np.tile(mode.shift, views) - rows @ offset)
    direct = mode.direct.reshape(-1, mode.direct.shape[2])
    evidence = tf.reshape(tf.matmul(x, take @ direct.T) - direct @ offset, mode.direct.shape[:2])
    scores = tf.matmul(_clipped(tf.reshape(measured, (views, measures)), CLIP), mode.ridge) + mode.bias + evidence
    aside = (scores[1:2] - scores[2:3]) / 2
    aside -= _clipped(aside, mode.slack)
    return _calibrated(tf.concat([scores[:1], scores[:1] + aside, scores[:1] - aside], 0), mode.knots)


def _clipped(values: tf.Tensor, limit: float | FloatArray) -> tf.Tensor:
    return tf.minimum(tf.maximum(values, -limit), limit)


def _calibrated(scores: tf.Tensor, knots: FloatArray) -> tf.Tensor:
    """The line through the knots as a sum of ramps: each knot changes the slope."""
    slopes = np.pad(np.diff(LEVELS) / np.diff(knots), ((0, 0), (1, 1)))
    changes = np.diff(slopes).astype(np.float32)
    return tf.add_n([tf.nn.relu(scores - knots[:, n]) * changes[:, n] for n in range(len(LEVELS))])
