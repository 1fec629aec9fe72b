"""Moving the pixels of images by a flow, with gradients for both.

A flow says for each place of the result from where it is taken: (x, y) beside the place itself, half an image wide or
high being 1, as `grid_sample` of PyTorch with `align_corners`. Blurring and resizing are products with matrices, which
a processor is fastest at.
"""

from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray


@keras.saving.register_keras_serializable("affectbox")
class Warp(layers.Layer):  # type: ignore[misc]
    """Maps or images, B × side × side × C, moved by a flow of any size, B × s × s × 2.

    Args:
        blank: beyond the edge is 0; otherwise the edge goes on.
    """

    def __init__(self, blank: bool = False, **named: Any) -> None:
        super().__init__(**named)
        self._blank = blank

    def call(self, both: list[Any]) -> Any:
        """`both`: what is moved, and the flow."""
        image, flow = both
        return warped(image, resized(flow, image.shape[1]), self._blank)

    def compute_output_shape(self, shapes: list[Any]) -> Any:
        """That of what is moved."""
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        """As `keras.layers.Layer`."""
        return {**super().get_config(), "blank": self._blank}


def warped(image: tf.Tensor, flow: tf.Tensor, blank: bool = False) -> tf.Tensor:
    """B × side × side × C, taken from where `flow` (B × side × side × 2) says, between pixels linearly."""
    side = int(image.shape[1])
    places = (flow + _grid(side) + 1) * ((side - 1) / 2)
    if blank:
        image, places, side = tf.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0))), places + 1, side + 2
    corner = tf.stop_gradient(tf.clip_by_value(tf.floor(places), 0, side - 2))
    x, y = tf.split(tf.clip_by_value(places - corner, 0, 1), 2, axis=-1)
    at = tf.cast(corner, tf.int32)
    numbers = tf.reshape(at[..., 1] * (side - 1) + at[..., 0], (tf.shape(image)[0], -1))
    shape, channels = tf.shape(flow)[:3], int(image.shape[-1])
    four = tf.concat([image[:, j : side - 1 + j, i : side - 1 + i] for j in (0, 1) for i in (0, 1)], axis=-1)
    taken = tf.gather(tf.reshape(four, (-1, (side - 1) ** 2, 4 * channels)), numbers, axis=1, batch_dims=1)
    parts = tf.split(tf.reshape(taken, tf.concat([shape, [4 * channels]], 0)), 4, axis=-1)
    upper, lower = ((1 - x) * left + x * right for left, right in (parts[:2], parts[2:]))
    return (1 - y) * upper + y * lower


def resized(maps: tf.Tensor, side: int) -> tf.Tensor:
    """B × s × s × C to B × side × side × C, linearly, corners on corners."""
    small = int(maps.shape[1])
    return maps if small == side else _both_ways(maps, _stretching(small, side))


def blurred(images: tf.Tensor, window: int, sigma: float) -> tf.Tensor:
    """B × side × side × C under a Gaussian window; beyond the edge is 0."""
    return _both_ways(images, _blurring(int(images.shape[1]), window, sigma))


def _both_ways(maps: tf.Tensor, matrix: NDArray[np.float32]) -> tf.Tensor:
    rows = tf.einsum("ih,bhwc->biwc", matrix, maps)
    return tf.einsum("jw,biwc->bijc", matrix, rows)


@cache
def _grid(side: int) -> NDArray[np.float32]:
    """side × side × 2: the (x, y) of each place, -1 to 1."""
    line = np.linspace(-1, 1, side, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), axis=-1)


@cache
def _stretching(small: int, side: int) -> NDArray[np.float32]:
    """side × small."""
    places = np.linspace(0, small - 1, side)
    return np.asarray(np.maximum(0, 1 - np.abs(places[:, None] - np.arange(small))), np.float32)


@cache
def _blurring(side: int, window: int, sigma: float) -> NDArray[np.float32]:
    """side × side."""
    apart = np.arange(side)[:, None] - np.arange(side)
    weights = np.exp(-(apart**2) / (2 * sigma**2)) * (np.abs(apart) <= window // 2)
    half = np.arange(-(window // 2), window // 2 + 1)
    return np.asarray(weights / np.exp(-(half**2) / (2 * sigma**2)).sum(), np.float32)
