"""Batches of faces for the face network, and one step of its learning.

Two kinds of faces are made of others. A *chimera* has one half of another person's face: its sides show different
units, which no data set codes. In a *covered* face something lies over brows and eyes, or over mouth and chin.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.stages.reader import SIDED
from training.augment import Batch, augment, mirrored
from training.data.faces import PART_OF, Faces
from training.face.data import Targets
from training.face.ordinal import ordinal_loss
from training.face.recipe import FaceRecipe
from training.learning import Trainee, cross_entropy
from training.machines import Machines
from training.networks.face import UNITS
from training.pipeline import Shuffled

_SEAM = 24.0  # the middle of a crop, where the halves of a chimera meet
_OF_UPPER, _OF_LOWER = (tf.constant(part == PART_OF) for part in (0, 1))


class FaceBatches(Shuffled):
    """Batches of training faces.

    Each is a dictionary: `image`, B × 48 × 48 × 1 float32 from 0 to 1; each expression head's target; `levels`,
    `weight` (of both sides together), `left`, `left_weight`, `right`, `right_weight`; `hidden`, `hidden_weight`.
    """

    def __init__(self, faces: Faces, targets: Targets, recipe: FaceRecipe) -> None:
        super().__init__(len(faces), recipe)
        self._recipe = recipe
        self._found = faces.found if faces.has_box else np.zeros(len(faces), bool)
        self._images = tf.constant(faces.images)
        self._box = tf.constant(faces.box if faces.has_box else faces.images[:1])
        self._expressions = tuple(targets.expressions)
        self._tables = {head: tf.constant(target) for head, target in targets.expressions.items()}
        names = ("levels", "weight", "hidden", "hidden_weight")
        self._tables |= {name: tf.constant(getattr(targets, name)) for name in names}

    def _draws(self, rng: np.random.Generator, order: NDArray[np.int64]) -> list[NDArray[Any]]:
        """Whether each face is shown as the box crops it, is a chimera, and what of it is covered (0: nothing)."""
        settings = self._recipe.units
        boxed = (rng.random(order.shape) < self._recipe.box_share) & self._found[order]
        part = np.where(rng.random(order.shape) < settings.covered, rng.integers(1, 3, order.shape), 0)
        return [boxed, rng.random(order.shape) < settings.chimeras, part]

    def _batch(self) -> Callable[..., Batch]:
        def make(chosen: tf.Tensor, boxed: tf.Tensor, joined: tf.Tensor, part: tf.Tensor, seed: tf.Tensor) -> Batch:
            images = tf.gather(self._images, chosen)
            images = tf.where(boxed[:, None, None], tf.gather(self._box, tf.where(boxed, chosen, 0)), images)
            batch = {name: tf.gather(table, chosen) for name, table in self._tables.items()}
            batch["image"] = tf.cast(images, tf.float32)[..., None] / 255
            batch = self._covered(self._chimeras(_sided(batch), joined), part, seed)
            batch = _turned(batch, mirrored(tf.shape(chosen)[0], seed))
            return batch | {"image": augment(batch["image"], seed, self._recipe.augmentation)}

        return make

    def _chimeras(self, batch: Batch, joined: tf.Tensor) -> Batch:
        """Give some faces the left half of the face beside them in the batch."""
        other = {name: tf.roll(value, 1, axis=0) for name, value in batch.items()}
        known = tf.reduce_any(batch["weight"] > 0, 1) & tf.reduce_any(other["weight"] > 0, 1)
        joined &= known
        ramp = tf.sigmoid((tf.range(48.0) + 0.5 - _SEAM) / 0.8)[:, None]  # the person's left is at the right
        halves = (1 - ramp) * batch["image"] + ramp * other["image"]
        sided = tf.reduce_any(tf.one_hot(SIDED, batch["weight"].shape[1], True, False, dtype=tf.bool), 0)
        both = tf.maximum(batch["levels"], other["levels"])
        weight = tf.where(sided[None], tf.minimum(batch["weight"], other["weight"]), 0.0)
        mixed = batch | {"image": halves, "levels": both, "weight": weight}
        mixed |= {name: other[name] for name in ("left", "left_weight")}
        mixed |= {name: tf.zeros_like(batch[name]) for name in (*self._expressions, "hidden_weight")}
        return _where(joined, mixed, batch)

    def _covered(self, batch: Batch, part: tf.Tensor, seed: tf.Tensor) -> Batch:
        """Lay something smooth over brows and eyes, or over mouth and chin, of the faces with `part` 1 or 2."""
        image = batch["image"]
        draws = tf.random.stateless_uniform((tf.shape(image)[0], 4), seed + 3)
        top = tf.where(part == 1, 4 + 5 * draws[:, 0], 29 + 4 * draws[:, 0])
        bottom = tf.where(part == 1, 24 + 5 * draws[:, 1], 49.0)
        left, right = 8 * draws[:, 2], 48 - 8 * draws[:, 3]
        row, column = tf.range(48.0)[None, :, None], tf.range(48.0)[None, None, :]
        upright = tf.minimum(row - top[:, None, None], bottom[:, None, None] - row)
        inside = tf.minimum(upright, tf.minimum(column - left[:, None, None], right[:, None, None] - column))
        cloth = tf.image.resize(tf.image.resize(tf.roll(image, 2, axis=0), (4, 4), method="area"), (48, 48))
        cover = tf.sigmoid(inside * 2)[..., None]
        expressions = {name: tf.zeros_like(batch[name]) for name in self._expressions}
        gone = tf.where((part == 1)[:, None], _OF_UPPER[None], _OF_LOWER[None])
        sides = tf.gather(gone, SIDED, axis=1)
        flags = tf.stack([part == 1, part == 2], 1)
        covered = {
            "image": cover * cloth + (1 - cover) * image,
            "weight": tf.where(gone, 0.0, batch["weight"]),
            "left_weight": tf.where(sides, 0.0, batch["left_weight"]),
            "right_weight": tf.where(sides, 0.0, batch["right_weight"]),
            "hidden": tf.where(flags, 1.0, batch["hidden"]),
            "hidden_weight": tf.where(flags, 1.0, batch["hidden_weight"]),
        }
        return _where(part > 0, batch | expressions | covered, batch)


def _sided(batch: Batch) -> Batch:
    """What is known of both sides together is taken for what is to be seen on each."""
    levels, weight = (tf.gather(batch[name], SIDED, axis=1) for name in ("levels", "weight"))
    return batch | {"left": levels, "right": levels, "left_weight": weight, "right_weight": weight}


def _turned(batch: Batch, mirror: tf.Tensor) -> Batch:
    """Sides exchanged where the face is going to be mirrored."""
    other = {"left": "right", "right": "left", "left_weight": "right_weight", "right_weight": "left_weight"}
    return _where(mirror, batch | {name: batch[source] for name, source in other.items()}, batch)


def _where(mask: tf.Tensor, yes: Batch, no: Batch) -> Batch:
    """Face by face the one or the other."""
    return {
        name: tf.where(tf.reshape(mask, [-1] + [1] * (no[name].shape.rank - 1)), yes[name], no[name]) for name in no
    }


class FaceLearner(Trainee):
    """A face network in training; batches are those of `FaceBatches`."""

    def __init__(self, recipe: FaceRecipe, heads: dict[str, int], machines: Machines) -> None:
        """`heads` is head → number of outputs."""
        super().__init__(recipe, heads, machines)
        self._recipe = recipe

    def _loss(self, batch: Batch) -> tf.Tensor:
        levels = self.network.get_layer(UNITS).levels()
        said = dict(zip(self._heads, self._outputs(batch["image"]), strict=True))
        total = 0.0
        for head, values in said.items():
            if head == UNITS:
                loss = ordinal_loss(values, batch["levels"], batch["weight"], levels)
            elif head in ("left", "right"):
                loss = ordinal_loss(values, batch[head], batch[f"{head}_weight"], tf.gather(levels, SIDED))
            elif head == "hidden":
                each = tf.nn.sigmoid_cross_entropy_with_logits(batch[head], values) * batch["hidden_weight"]
                loss = tf.reduce_sum(each) / tf.maximum(tf.reduce_sum(batch["hidden_weight"]), 1.0)
            else:
                loss = cross_entropy(batch[head], values)
            total += self._recipe.heads.get(head, 1.0) * loss
        return total
