"""Batches of annotated faces, and what is learnt from them: presence by weighted cross-entropy, intensity by squared
error, and nothing at all from what was not coded."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.stages.appearance import PRESENCE
from training.action_units.data import Annotated, Values
from training.action_units.recipe import AuRecipe
from training.augment import Batch, augment
from training.candidate import Answers
from training.face.start import start_from
from training.learning import Trainee
from training.machines import Machines
from training.pipeline import Shuffled

KNOWN, TAUGHT = ".known", ".taught"


class AuBatches(Shuffled):
    """Batches of training faces.

    Each is a dictionary: `image`, B × side × side × 1 float32 from 0 (black) to the network's `white`; and for each
    head its values, B × labels float32 with 0 for what was not coded, under `HEAD.known` 1 for what was, and under
    `HEAD.taught` the teacher's answers, if there is a teacher.
    """

    def __init__(self, data: Annotated, recipe: AuRecipe, taught: Answers | None = None) -> None:
        super().__init__(len(data), recipe)
        self._recipe = recipe
        self._images = tf.constant(data.images)
        self._tables = {head: tf.constant(np.nan_to_num(values)) for head, values in data.values.items()}
        self._tables |= {
            head + KNOWN: tf.constant(~np.isnan(values), tf.float32) for head, values in data.values.items()
        }
        self._tables |= {head + TAUGHT: tf.constant(said, tf.float32) for head, said in (taught or {}).items()}

    def _batch(self) -> Callable[..., Batch]:
        def make(chosen: tf.Tensor, seed: tf.Tensor) -> Batch:
            images = tf.cast(tf.gather(self._images, chosen), tf.float32)[..., None] / 255
            faces = augment(images, seed, self._recipe.augmentation) * self._recipe.network.white
            return {"image": faces} | {name: tf.gather(table, chosen) for name, table in self._tables.items()}

        return make


class AuLearner(Trainee):
    """A network of action units in training; batches are those of `AuBatches`."""

    def __init__(self, recipe: AuRecipe, data: Annotated, machines: Machines) -> None:
        """`data` says which heads there are and how much more a present action unit counts. Raises `ConfigError`: the
        recipe's start is another network."""
        super().__init__(recipe, {head: len(labels) for head, labels in data.labels.items()}, machines)
        if recipe.start:
            start_from(Path(recipe.start), self.network, recipe.network.white, data.images)
            self.average.set_weights(self.network.get_weights())
        self._share = recipe.teacher.share if recipe.teacher.run else 0.0
        self._weights = {head: getattr(recipe.loss, head) for head in data.labels}
        rare = data.values.get(PRESENCE)
        self._positive = None if rare is None else tf.constant(positive_weights(rare, recipe.loss.positive_weight))

    def _loss(self, batch: Batch) -> tf.Tensor:
        total = 0.0
        for head, said in zip(self._heads, self._outputs(batch["image"]), strict=True):
            target, known = batch[head], batch[head + KNOWN]
            if head == PRESENCE:
                loss = presence_loss(said, target, known, self._positive)
            else:
                loss = intensity_loss(said, target, known)
            if self._share:
                loss = (1 - self._share) * loss + self._share * taught_loss(head, said, batch[head + TAUGHT])
            total += self._weights[head] * loss
        return total


def positive_weights(presence: Values, largest: float) -> NDArray[np.float32]:
    """(labels,) how many times as much a present action unit counts as an absent one: as often as there are absent
    ones for it, between 1/`largest` and `largest`. `presence` is N × labels, NaN where not coded."""
    present, absent = np.nansum(presence, axis=0), np.nansum(1 - presence, axis=0)
    return np.asarray(np.clip(absent / np.maximum(present, 1), 1 / largest, largest), np.float32)


def presence_loss(logits: tf.Tensor, target: tf.Tensor, known: tf.Tensor, positive: tf.Tensor) -> tf.Tensor:
    """Weighted binary cross-entropy, mean over what is known; all are B × labels, `positive` (labels,)."""
    return _mean(tf.nn.weighted_cross_entropy_with_logits(target, logits, positive), known)


def intensity_loss(values: tf.Tensor, target: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
    """Squared error, mean over what is known; all are B × labels."""
    return _mean(tf.square(values - target), known)


def taught_loss(head: str, said: tf.Tensor, taught: tf.Tensor) -> tf.Tensor:
    """How far the outputs of a head are from the teacher's answers, mean over all; both are B × labels."""
    if head == PRESENCE:
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(taught, said))
    return tf.reduce_mean(tf.square(said - taught))


def _mean(losses: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(losses * known) / tf.maximum(tf.reduce_sum(known), 1.0)
