"""Batches of faces of which parts are hidden, and what is learnt from them: the pixels of the hidden patches."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.augment import Batch, augment
from training.learning import Trainee
from training.machines import Machines
from training.networks.masked import PATCH, PIXELS, PLACES
from training.pipeline import Shuffled
from training.predict import pixels
from training.pretraining.recipe import MaskedRecipe

PATCHES = PLACES**2
HEADS = {PIXELS: tuple(str(number) for number in range(PATCH**2))}
#: Least variance within a patch, of white squared: smooth skin is not blown up to noise.
_LEAST = 1e-3


class MaskedBatches(Shuffled):
    """Batches of faces: `image`, B × 48 × 48 × 1 float32 from 0 to 1; `visible`, B × 6 × 6 × 1, 0 or 1."""

    def __init__(self, images: NDArray[np.uint8], recipe: MaskedRecipe) -> None:
        super().__init__(len(images), recipe)
        self._recipe, self._images = recipe, tf.constant(images)

    def _batch(self) -> Callable[..., Batch]:
        def make(chosen: tf.Tensor, seed: tf.Tensor) -> Batch:
            images = tf.cast(tf.gather(self._images, chosen), tf.float32)[..., None] / 255
            seen = visible(tf.shape(chosen)[0], seed + 1, self._recipe.hidden)
            return {"image": augment(images, seed, self._recipe.augmentation), "visible": seen}

        return make


def visible(count: int | tf.Tensor, seed: tf.Tensor, hidden: float) -> tf.Tensor:
    """(count, 6, 6, 1) float32: 0 for the share `hidden` of each face's patches, chosen by the seed, else 1."""
    gone = min(max(round(hidden * PATCHES), 1), PATCHES - 1)
    draws = tf.random.stateless_uniform((count, PATCHES), seed)
    ranks = tf.argsort(tf.argsort(draws, axis=1), axis=1)
    return tf.reshape(tf.cast(ranks >= gone, tf.float32), (-1, PLACES, PLACES, 1))


def patches(images: tf.Tensor) -> tf.Tensor:
    """B × 6 × 6 × 64: the pixels of each patch of B × 48 × 48 × 1 images, standardized in it."""
    cut = tf.nn.space_to_depth(images, PATCH)
    mean, variance = tf.nn.moments(cut, axes=[-1], keepdims=True)
    return (cut - mean) / tf.sqrt(variance + _LEAST)


def hidden_error(said: tf.Tensor, image: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
    """Mean squared error over what was hidden; 1 would be about that of a patch's mean, if it were known."""
    each = tf.reduce_mean(tf.square(said - patches(image)), axis=-1, keepdims=True)
    return tf.reduce_sum(each * (1 - seen)) / tf.reduce_sum(1 - seen)


def shown(image: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
    """B × 48 × 48 × 2, as the network takes it."""
    return tf.concat([image, tf.repeat(tf.repeat(seen, PATCH, axis=1), PATCH, axis=2)], axis=-1)


class MaskedLearner(Trainee):
    """A masked autoencoder in training; batches are those of `MaskedBatches`."""

    def __init__(self, recipe: MaskedRecipe, machines: Machines) -> None:
        super().__init__(recipe, {head: len(labels) for head, labels in HEADS.items()}, machines)

    def _loss(self, batch: Batch) -> tf.Tensor:
        (said,) = self._outputs(shown(batch["image"], batch["visible"]))
        return hidden_error(said, batch["image"], batch["visible"])


def watched(network: keras.Model, images: NDArray[np.uint8], hidden: float) -> float:
    """The error on N faces, of which always the same is hidden."""
    image = tf.constant(pixels(images, 1.0))
    seen = visible(len(images), tf.constant([0, 0]), hidden)
    said = network.predict(shown(image, seen), batch_size=256, verbose=0)
    return float(hidden_error(tf.cast(said, tf.float32), image, seen))
