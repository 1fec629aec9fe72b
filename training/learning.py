"""One step of learning: losses, optimizer, running average; on one device or many."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from training.augment import Batch
from training.machines import Machines
from training.predict import listed
from training.recipe import BaseRecipe, Optimizer


class Trainee:
    """The network in training, its running average and its optimizer; what its loss is, the subclass says.

    Args:
        heads: head → number of outputs.
    """

    def __init__(self, recipe: BaseRecipe, heads: dict[str, int], machines: Machines) -> None:
        self._settings, self._heads, self._machines = recipe.optimizer, list(heads), machines
        with machines.strategy.scope(), precision(recipe.precision):
            self.network = recipe.network.build(heads)
            self.optimizer = self._make_optimizer(recipe.optimizer)
            self.optimizer.build(self.network.trainable_variables)
        self.average = recipe.network.build(heads)
        self.average.set_weights(self.network.get_weights())
        on_one_gpu = recipe.strategy == "none" and bool(tf.config.list_physical_devices("GPU"))
        self._update = tf.function(self._distributed, jit_compile=True if recipe.jit and on_one_gpu else None)

    def step(self, batch: Any, rate: float, number: int) -> tf.Tensor:
        """Learn from one batch and return its loss. `number` counts the steps from 0."""
        momentum = min(self._settings.average, (1 + number) / (10 + number))
        self.optimizer.learning_rate.assign(rate)
        return self._update(batch, tf.constant(momentum, tf.float32))

    def rate(self, progress: float) -> float:
        """The learning rate at `progress`, 0 to 1 of all steps."""
        return learning_rate(self._settings, progress)

    def variables(self) -> dict[str, list[Any]]:
        """Everything that a checkpoint has to hold, the state of dropout included."""
        return {
            "network": self.network.variables,
            "average": self.average.weights,
            "optimizer": self.optimizer.variables,
        }

    def _make_optimizer(self, settings: Optimizer) -> keras.optimizers.Optimizer:
        return make_optimizer(settings)

    def _distributed(self, batch: Any, momentum: tf.Tensor) -> tf.Tensor:
        strategy = self._machines.strategy
        losses = strategy.run(self._on_device, args=(batch,))
        for mean, new in zip(self.average.weights, self.network.weights, strict=True):
            mean.assign(momentum * mean + (1 - momentum) * new)
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    def _on_device(self, batch: Batch) -> tf.Tensor:
        """One device's part of a step; its loss is divided by the number of devices, for gradients are summed."""
        with tf.GradientTape() as tape:
            loss = self._loss(batch) / self._machines.replicas
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        if self._machines.replicas > 1:
            self._agree()
        return loss

    def _agree(self) -> None:
        """Average what the normalization layers have counted on each device, so that all keep the same network."""
        counted = [variable for variable in self.network.non_trainable_variables if variable.dtype == "float32"]
        context = tf.distribute.get_replica_context()
        means = context.all_reduce(tf.distribute.ReduceOp.MEAN, [tf.identity(variable) for variable in counted])
        for variable, mean in zip(counted, means, strict=True):
            variable.assign(mean)

    def _outputs(self, images: tf.Tensor) -> list[tf.Tensor]:
        """What the network in training says of B × side × side × 1 images: float32, B × outputs, of each head."""
        return logits_of(self.network(images, training=True))

    def _loss(self, batch: Batch) -> tf.Tensor:
        """The loss of one device's batch, a scalar."""
        raise NotImplementedError


def cross_entropy(target: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy, both B × classes. A face whose target is all zero, because nothing is known of it, teaches
    nothing, and one whose target is weighted as much as that: TensorFlow's own takes it that each sums to 1."""
    return -tf.reduce_mean(tf.reduce_sum(target * tf.nn.log_softmax(logits), axis=-1))


def make_optimizer(settings: Optimizer) -> keras.optimizers.Optimizer:
    """The recipe's optimizer; biases and normalization do not decay."""
    shared = {"weight_decay": settings.weight_decay, "clipnorm": settings.clip or None}
    if settings.kind == "sgd":
        optimizer = keras.optimizers.SGD(settings.learning_rate, settings.momentum, nesterov=True, **shared)
    else:
        optimizer = keras.optimizers.AdamW(settings.learning_rate, **shared)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def learning_rate(settings: Optimizer, progress: float) -> float:
    """The learning rate at `progress` (0 to 1 of all steps): a linear rise, then half a cosine down to zero."""
    if progress < settings.warmup:
        return settings.learning_rate * progress / settings.warmup
    rest = (progress - settings.warmup) / max(1 - settings.warmup, 1e-9)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * rest))


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Networks built inside compute in this precision; their weights are float32 all the same."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if name == "bfloat16" else name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def logits_of(outputs: Any) -> list[tf.Tensor]:
    """Float32 logits of each head, whatever the network computes in."""
    return [tf.cast(output, tf.float32) for output in listed(outputs)]
