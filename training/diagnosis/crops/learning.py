"""Batches of faces and what is learnt from them: the group of the participant, every participant counting the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.augment import Batch, augment
from training.diagnosis.crops.data import Faces
from training.diagnosis.crops.recipe import CropsRecipe
from training.learning import Trainee, cross_entropy
from training.machines import Machines
from training.networks.pth import put, read_pth
from training.networks.resnet18 import ATTENTION, LOGITS
from training.pipeline import Shuffled

HEAD = "groups"


class CropsBatches(Shuffled):
    """Batches: `image`, B × side × side × 1 float32 from 0 to the network's `white`; `groups`, B × C, 1 for the group
    times what the face counts."""

    def __init__(self, faces: Faces, recipe: CropsRecipe) -> None:
        super().__init__(len(faces.images), recipe)
        self._recipe, self._images = recipe, tf.constant(faces.images)
        self._targets = tf.constant(np.eye(len(faces.groups), dtype=np.float32)[faces.truth] * weights(faces)[:, None])

    def _batch(self) -> Callable[..., Batch]:
        def make(chosen: tf.Tensor, seed: tf.Tensor) -> Batch:
            images = tf.cast(tf.gather(self._images, chosen), tf.float32)[..., None] / 255
            shown = augment(images, seed, self._recipe.augmentation) * self._recipe.network.white
            return {"image": shown, HEAD: tf.gather(self._targets, chosen)}

        return make


class CropsLearner(Trainee):
    """A network in training; batches are those of `CropsBatches`."""

    def __init__(self, recipe: CropsRecipe, classes: int, steps: int, machines: Machines, say: Callable[[str], None]):
        """`steps` of an epoch."""
        super().__init__(recipe, {HEAD: classes}, machines)
        self._recipe, self._steps = recipe, steps
        if recipe.weights:
            _begin_with(recipe.weights, self, say)

    def step(self, batch: Batch, rate: float, number: int) -> tf.Tensor:
        """Learn from one batch; the rate is that of the epoch, whatever the steps' own schedule says."""
        settings = self._recipe.optimizer
        return super().step(batch, settings.learning_rate * self._recipe.falls ** (number // self._steps), number)

    def _loss(self, batch: Batch) -> tf.Tensor:
        logits, *attention = self._outputs(batch["image"])
        loss = cross_entropy(batch[HEAD], logits)
        if attention:
            loss += ranked(attention[0][:, 0], self._recipe.attention.top, self._recipe.attention.margin)
        return loss


def weights(faces: Faces) -> NDArray[np.float32]:
    """(N,) what each face counts: every group the same, in it every participant, and their faces; 1 on the mean."""
    _, person, frames = np.unique(faces.participants, return_inverse=True, return_counts=True)
    of_person = np.zeros(len(frames), np.intp)
    of_person[person] = faces.truth
    people = np.bincount(of_person, minlength=len(faces.groups))
    found = 1 / (frames[person] * people[faces.truth])
    return np.asarray(found / found.mean(), np.float32)


def ranked(attention: tf.Tensor, top: float, margin: float) -> tf.Tensor:
    """max(0, margin − (mean of the `top` share of the attention − mean of the rest)), of (B,) attention."""
    ordered = tf.sort(attention, direction="DESCENDING")
    count = tf.cast(tf.shape(ordered)[0], tf.float32)
    high = tf.cast(tf.clip_by_value(tf.floor(count * top), 1.0, tf.maximum(count - 1, 1.0)), tf.int32)
    gap = tf.reduce_mean(ordered[:high]) - tf.math.divide_no_nan(
        tf.reduce_sum(ordered[high:]), tf.cast(tf.size(ordered[high:]), tf.float32)
    )
    return tf.maximum(margin - gap, 0.0)


def _begin_with(path: str, learner: CropsLearner, say: Callable[[str], None]) -> None:
    fresh = put(read_pth(Path(path)), learner.network, path, (LOGITS, ATTENTION))
    learner.average.set_weights(learner.network.get_weights())
    say(f"begins with the weights of {path}" + (f"; fresh: {', '.join(fresh)}" if fresh else ""))
