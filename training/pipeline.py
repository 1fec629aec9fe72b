"""From faces in memory to batches for the network: a `tf.data` pipeline for each epoch.

Order and changes follow from the seed and the epoch alone. Each worker of a cluster takes its own share of
every batch.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.augment import Batch
from training.recipe import BaseRecipe


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


def _share(array: NDArray[np.int64], mine: slice) -> NDArray[np.int64]:
    """One worker's part of (steps, replicas, size), as (steps × its replicas, size)."""
    part = array[:, mine]
    return part.reshape(-1, part.shape[-1])
