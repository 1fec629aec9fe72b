"""From faces in memory to batches for the network: a `tf.data` pipeline for each epoch.

Order, crops and changes follow from the seed and the epoch alone. Each worker of a cluster takes its own share of
every batch.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.augment import Batch, augment, mix
from training.data.faces import Faces
from training.recipe import BaseRecipe, Recipe


class Shuffled:
    """The order in which faces are shown; what a batch is made of is up to the subclass.

    Attributes:
        steps: batches in an epoch, in which every face is seen at least once.
    """

    def __init__(self, count: int, recipe: BaseRecipe) -> None:
        """`count` faces, by the batch size and the seed of `recipe`."""
        self._count, self._size, self._seed = count, recipe.batch, recipe.seed
        self.steps = math.ceil(count / recipe.batch)

    def epoch(self, number: int, worker: int = 0, workers: int = 1, replicas: int = 1) -> tf.data.Dataset:
        """The batches of epoch `number` (from 0) for one worker, each of the size that one of its replicas takes.

        Args:
            worker, workers: which machine of how many.
            replicas: devices of all machines together, between which a batch is divided.
        """
        rng = np.random.default_rng((self._seed, number))
        order = np.resize(rng.permutation(self._count), (self.steps, self._size))  # starts again to fill up
        draws = self._draws(rng, order)
        seeds = rng.integers(0, 2**31 - 1, (self.steps, replicas, 2), np.int32)
        shape = (self.steps, replicas, self._size // replicas)
        mine = slice(worker * replicas // workers, (worker + 1) * replicas // workers)
        parts = [_share(array.reshape(shape), mine) for array in (order, *draws)]
        parts.append(seeds[:, mine].reshape(-1, 2))
        dataset = tf.data.Dataset.from_tensor_slices(tuple(parts))
        return dataset.map(self._batch(), tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)

    def _draws(self, rng: np.random.Generator, order: NDArray[np.int64]) -> list[NDArray[Any]]:
        """What else is drawn for each face of `order`, in its shape."""
        return []

    def _batch(self) -> Callable[..., Batch]:
        """A function of (size,) positions of faces, what was drawn for them, and a (2,) seed."""
        raise NotImplementedError


class Batches(Shuffled):
    """Batches of training faces.

    Each is a dictionary: `image`, B × 48 × 48 × 1 float32 from 0 (black) to the network's `white`, and for each head
    its target, B × classes float32: with smoothing for single labels, times the class's weight, all zero where nothing
    is known.
    """

    def __init__(self, faces: Faces, recipe: Recipe) -> None:
        super().__init__(len(faces), recipe)
        self._recipe = recipe
        self._found = faces.found if faces.has_box else np.zeros(len(faces), bool)
        self._images = tf.constant(faces.images)
        self._box = tf.constant(faces.box if faces.has_box and recipe.box_share > 0 else faces.images[:1])
        self._targets = {head: tf.constant(value) for head, value in targets(faces, recipe).items()}

    def _draws(self, rng: np.random.Generator, order: NDArray[np.int64]) -> list[NDArray[Any]]:
        """Whether each face is shown as the box crops it."""
        return [(rng.random(order.shape) < self._recipe.box_share) & self._found[order]]

    def _batch(self) -> Callable[..., Batch]:
        recipe = self._recipe

        def make(chosen: tf.Tensor, boxed: tf.Tensor, seed: tf.Tensor) -> Batch:
            images = tf.gather(self._images, chosen)
            if recipe.box_share > 0:
                crops = tf.gather(self._box, tf.where(boxed, chosen, 0))
                images = tf.where(boxed[:, None, None], crops, images)
            faces = augment(tf.cast(images, tf.float32)[..., None] / 255, seed, recipe.augmentation)
            batch = {"image": faces} | {head: tf.gather(value, chosen) for head, value in self._targets.items()}
            batch = mix(batch, seed + 7, recipe.mixing)
            return batch | {"image": batch["image"] * recipe.network.white}

        return make


def _share(array: NDArray[np.int64], mine: slice) -> NDArray[np.int64]:
    """One worker's part of (steps, replicas, size), as (steps × its replicas, size)."""
    part = array[:, mine]
    return part.reshape(-1, part.shape[-1])


def targets(faces: Faces, recipe: Recipe) -> dict[str, NDArray[np.float32]]:
    """N × classes for each head: what the cross-entropy is taken against, see `Batches`."""
    result = {}
    for head, answers in faces.answers.items():
        target = answers.target
        known = target.any(axis=1, keepdims=True)
        if (target.max(axis=1, keepdims=True) == known).all():  # single labels; the spread of votes is smooth as it is
            target = target * (1 - recipe.loss.smoothing) + known * (recipe.loss.smoothing / target.shape[1])
        result[head] = (target * class_weights(answers.target, recipe.loss.class_weights)).astype(np.float32)
    return result


def class_weights(target: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    """(classes,) weights whose mean over the faces is 1; a class without faces has the weight 0."""
    counts = target.sum(axis=0)
    if kind == "none":
        return np.ones_like(counts)
    power = 1.0 if kind == "balanced" else 0.5
    weights = np.where(counts > 0, np.maximum(counts, 1) ** -power, 0)
    return np.asarray(weights * counts.sum() / (weights * counts).sum(), np.float32)
