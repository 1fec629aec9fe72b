"""Train the expression network on FER2013 with FER+ votes: the whole story, from CSV files to a checkpoint.

Every face is an example for two heads: `fer2013` learns the challenge's single label (with smoothing), `ferplus`
the distribution of ten annotators' votes. AdamW under a cosine, a running average of the weights, random changes to
every image. The averaged weights of the epoch that does best on `PublicTest` are kept: `PublicTest` is therefore
validation data and no test.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from training.augment import Augmentation, augment
from training.datasets import TRAINING, VALIDATION, Faces
from training.metrics import accuracy, truth
from training.network import HEADS, NetworkConfig, build_network

CHECKPOINT = "checkpoint.npz"
BEST = "best.npz"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome, apart from the data.

    average: share of the past in the running average of the weights; smoothing: probability that the fer2013 label
    gives away to all classes; warmup: fraction of all steps in which the learning rate rises.
    """

    epochs: int = 26
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.03
    average: float = 0.998
    smoothing: float = 0.1
    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)


def train(
    recipe: Recipe, data: dict[str, Faces], out: Path, resume: bool = False, log: Callable[[str], None] = print
) -> tuple[keras.Model, dict[str, Any]]:
    """Train, with a checkpoint in `out` after every epoch.

    Args:
        data: the faces of `Training` and `PublicTest`.
        resume: continue after the last whole epoch of the run in `out`, if there is one.

    Returns:
        The network with the best averaged weights, and how it came about, for the receipt.

    Raises:
        ConfigError: `out` holds a run and `resume` is not set, or holds one of another recipe.
    """
    cv2.setNumThreads(1)
    out.mkdir(parents=True, exist_ok=True)
    if (out / CHECKPOINT).is_file() and not resume:
        raise ConfigError(f"{out} already holds a run: continue it with --resume, or give another --out.")
    trainer = Trainer(recipe, math.ceil(len(data[TRAINING]) / recipe.batch))
    if resume and (out / CHECKPOINT).is_file():
        trainer.load(out / CHECKPOINT)
        log(f"resuming after epoch {trainer.epoch} of {recipe.epochs}")
    while trainer.epoch < recipe.epochs:
        begun = time.monotonic()
        loss = trainer.run_epoch(data[TRAINING])
        scores = validate(trainer.average, data[VALIDATION])
        trainer.history.append({"loss": loss, **scores})
        if best_epoch(trainer.history) == trainer.epoch:
            save_arrays(out / BEST, weights=trainer.average.weights)
        trainer.save(out / CHECKPOINT)
        figures = "  ".join(f"{name} {value:.4f}" for name, value in trainer.history[-1].items())
        log(f"epoch {trainer.epoch}/{recipe.epochs}  {figures}  {time.monotonic() - begun:.0f} s")
    run = {"seed": recipe.seed, "epochs": trainer.epoch, "best_epoch": best_epoch(trainer.history)}
    return load_best(recipe, out), run


class Trainer:
    """The state of a run: the network in training, its running average, the optimizer, and what was measured.

    Args:
        steps: batches in an epoch.
    """

    def __init__(self, recipe: Recipe, steps: int) -> None:
        keras.utils.set_random_seed(recipe.seed)
        self.recipe, self.steps = recipe, steps
        self.network = build_network(recipe.network)
        self.average = build_network(recipe.network)
        self.average.set_weights(self.network.get_weights())
        self.optimizer = keras.optimizers.AdamW(weight_decay=recipe.weight_decay, clipnorm=5.0)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(self.network.trainable_variables)
        self.history: list[dict[str, float]] = []
        self._update = tf.function(self._step)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    def run_epoch(self, faces: Faces) -> float:
        """Show every face once, in an order and with changes that follow from the seed and the epoch. Mean loss."""
        rng = np.random.default_rng((self.recipe.seed, self.epoch))
        votes, labels = faces.distribution(), one_hot(faces.labels, self.recipe.smoothing)
        losses = []
        for number, chosen in enumerate(np.array_split(rng.permutation(len(faces)), self.steps)):
            step = self.epoch * self.steps + number
            self.optimizer.learning_rate = learning_rate(self.recipe, step / (self.recipe.epochs * self.steps))
            images = augment(faces.images[chosen], rng, self.recipe.augmentation)
            momentum = min(self.recipe.average, (1 + step) / (10 + step))
            losses.append(self._update(images, votes[chosen], labels[chosen], tf.constant(momentum, tf.float32)))
        return float(np.mean([loss.numpy() for loss in losses]))

    def _step(self, images: tf.Tensor, votes: tf.Tensor, labels: tf.Tensor, momentum: tf.Tensor) -> tf.Tensor:
        """One step of the optimizer and of the average. A face without votes adds nothing to the ferplus loss."""
        with tf.GradientTape() as tape:
            by_votes, by_label = self.network(images, training=True)
            loss = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(votes, by_votes)
                + tf.nn.softmax_cross_entropy_with_logits(labels, by_label)
            )
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        for mean, new in zip(self.average.weights, self.network.weights, strict=True):
            mean.assign(momentum * mean + (1 - momentum) * new)
        return loss

    def save(self, path: Path) -> None:
        """Write the state after the epochs done; the file appears whole or not at all."""
        meta = json.dumps({"recipe": asdict(self.recipe), "history": self.history})
        save_arrays(path, meta=[np.array(meta)], **self._variables())

    def load(self, path: Path) -> None:
        """Take up the state that `save` wrote. Raises `ConfigError` if it belongs to another recipe or is damaged."""
        try:
            with np.load(path) as arrays:
                meta = json.loads(str(arrays["meta.0"]))
                if meta["recipe"] != json.loads(json.dumps(asdict(self.recipe))):
                    raise ValueError("it was made with other options")
                for name, variables in self._variables().items():
                    for number, variable in enumerate(variables):
                        variable.assign(arrays[f"{name}.{number}"])
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ConfigError(
                f"{path} cannot be continued ({error}): give the options that it was made with, or another --out."
            ) from error
        self.history = meta["history"]

    def _variables(self) -> dict[str, list[Any]]:
        return {
            "network": self.network.variables,
            "average": self.average.weights,
            "optimizer": self.optimizer.variables,
        }


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The learning rate at `progress` (0 to 1 of all steps): a linear rise, then half a cosine down to zero."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup)))


def one_hot(labels: NDArray[np.int64], smoothing: float) -> NDArray[np.float32]:
    """N × 7: the label as a distribution that keeps `smoothing` for all classes alike."""
    classes = len(HEADS["fer2013"])
    return (np.eye(classes, dtype=np.float32)[labels] * (1 - smoothing) + smoothing / classes).astype(np.float32)


def predict(network: keras.Model, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Logits of each head for N × 48 × 48 images, uint8."""
    outputs = network.predict(images[..., None].astype(np.float32) / 255, batch_size=256, verbose=0)
    return dict(zip(HEADS, outputs, strict=True))


def validate(network: keras.Model, faces: Faces) -> dict[str, float]:
    """Accuracy of each head."""
    return {head: accuracy(logits, truth(faces, head)) for head, logits in predict(network, faces.images).items()}


def best_epoch(history: list[dict[str, float]]) -> int:
    """The epoch (from 1) with the highest mean accuracy of both heads; the later of equals."""
    means = [sum(scores[head] for head in HEADS) for scores in history]
    return max(range(len(means)), key=lambda i: (means[i], i)) + 1


def load_best(recipe: Recipe, out: Path) -> keras.Model:
    """The network with the best averaged weights that `train` kept in `out`."""
    network = build_network(recipe.network)
    with np.load(out / BEST) as arrays:
        network.set_weights([arrays[f"weights.{number}"] for number in range(len(network.weights))])
    return network


def save_arrays(path: Path, **groups: list[Any]) -> None:
    """Write lists of arrays or variables as `NAME.0`, `NAME.1`, … of one .npz file, by rename."""
    arrays = {f"{name}.{i}": np.asarray(value) for name, values in groups.items() for i, value in enumerate(values)}
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **arrays)  # type: ignore[arg-type]
    partial.replace(path)
