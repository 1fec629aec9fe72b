"""Batches of faces for a network of expressions, and one step of its learning.

Every face is an example for all heads: a single label is learnt with smoothing, votes as they spread, and teachers, if
the recipe has them, are listened to on the same changed picture.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from training.augment import Batch, augment, mix
from training.data.faces import Faces
from training.learning import Trainee, cross_entropy, logits_of, precision
from training.machines import Machines
from training.pipeline import Shuffled
from training.recipe import Recipe
from training.run_folder import Run, load_run_of


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


class Learner(Trainee):
    """An expression network in training, with its teachers. Batches are those of `pipeline.Batches`."""

    def __init__(self, recipe: Recipe, heads: dict[str, int], machines: Machines) -> None:
        """`heads` is head → number of classes."""
        super().__init__(recipe, heads, machines)
        self._recipe = recipe
        with machines.strategy.scope(), precision(recipe.precision):
            self._teachers = [_teacher(Path(run), heads) for run in recipe.teacher.runs]

    def _loss(self, batch: Batch) -> tf.Tensor:
        teacher = self._recipe.teacher
        outputs = self._outputs(batch["image"])
        taught = self._answers_of_teachers(batch["image"])
        share = teacher.share if taught else 0.0
        total = 0.0
        for position, (head, logits) in enumerate(zip(self._heads, outputs, strict=True)):
            loss = (1 - share) * cross_entropy(batch[head], logits)
            if taught:
                soft = cross_entropy(taught[position], logits / teacher.temperature)
                loss += share * teacher.temperature**2 * soft
            total += self._recipe.loss.heads.get(head, 1.0) * loss
        return total

    def _answers_of_teachers(self, images: tf.Tensor) -> list[tf.Tensor]:
        """For each head the mean of the teachers' softened probabilities (B × classes); nothing without teachers."""
        white, temperature = self._recipe.network.white, self._recipe.teacher.temperature
        answers = []
        for run in self._teachers:
            values = images * (run.recipe.network.white / white)
            named = dict(zip(run.heads, logits_of(run.network(values, training=False)), strict=True))
            answers.append([tf.nn.softmax(named[head] / temperature) for head in self._heads])
        return [tf.stop_gradient(tf.reduce_mean(tf.stack(head), axis=0)) for head in zip(*answers, strict=True)]


def _teacher(folder: Path, heads: dict[str, int]) -> Run[Recipe]:
    run = load_run_of(Recipe, folder)
    known = {head: len(labels) for head, labels in run.heads.items()}
    missing = [head for head, classes in heads.items() if known.get(head) != classes]
    if missing:
        raise ConfigError(f"teacher.runs: {folder} has no head {', '.join(missing)} with the classes of the data.")
    run.network.trainable = False
    return run
