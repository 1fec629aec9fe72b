"""How a network of movement learns: steps on batches of windows, from the beginning as often as it is asked."""

from collections.abc import Callable, Iterator
from functools import cache

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.atypicality.networks import SIDES, companion_network, rating_network
from training.atypicality.recipe import MOVEMENT, Companion, Recipe

Values = NDArray[np.float32]
Floats = NDArray[np.float64]
#: What is to become small, a scalar, of what the network says (B, 1) and of what is right (B,).
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
_AT_ONCE = 4096
_TURNED = 0.5


class Learner:
    """A network that learns; compiled once, however often it is fitted."""

    def __init__(
        self, network: keras.Model, loss: Loss, recipe: Recipe | Companion, signs: NDArray[np.bool_] | None = None
    ) -> None:
        """Args: `signs`: (K,) columns that change their sign where left and right are exchanged, which is done to
        half of the windows in each epoch; None: never."""
        self.network, self._loss, self._batch = network, loss, recipe.batch
        falls = isinstance(recipe, Recipe) and recipe.falls
        self._rates = recipe.learning_rate * (
            np.linspace(1, 0, recipe.epochs, False) if falls else np.ones(recipe.epochs)
        )
        self._optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
        self._optimizer.exclude_from_weight_decay(var_names=["bias"])
        self._optimizer.build(network.trainable_variables)
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._mirror = tf.constant(np.where(False if signs is None else signs, -1.0, 1.0), tf.float32)
        shape = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
        right, order, turned = (tf.TensorSpec((None,), kind) for kind in (tf.float32, tf.int32, tf.bool))
        self._epoch = tf.function(self._all, input_signature=[shape, right, order, turned])
        self._answer = tf.function(lambda x: network(x, training=False), input_signature=[shape])

    def fit(self, x: Values, y: Floats, epochs: int, seed: int) -> Iterator[int]:
        """Learn from windows (W, T, K) from the beginning; gives the number of every epoch when it is over."""
        self._begin(seed)
        chance = np.random.default_rng(seed)
        windows, right = tf.constant(x), tf.constant(y, tf.float32)
        for epoch in range(1, epochs + 1):
            self._optimizer.learning_rate.assign(self._rates[min(epoch, len(self._rates)) - 1])
            order, turned = chance.permutation(len(x)), chance.random(len(x)) < _TURNED
            self._epoch(windows, right, tf.constant(order, tf.int32), tf.constant(turned))
            yield epoch

    def predict(self, x: Values) -> Floats:
        """(W,) of windows (W, T, K)."""
        parts = [self._answer(tf.constant(x[at : at + _AT_ONCE])).numpy() for at in range(0, len(x), _AT_ONCE)]
        return np.concatenate([np.zeros((0, 1)), *parts])[:, 0].astype(np.float64)

    def _begin(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.network.set_weights(keras.models.clone_model(self.network).get_weights())
        for variable, fresh in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(fresh)
        for layer in self.network.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.seed_generator.state.assign((seed, 0))

    def _all(self, x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, turned: tf.Tensor) -> None:
        """One epoch, in this order."""
        for first in tf.range(0, tf.shape(order)[0], self._batch):
            rows = order[first : first + self._batch]
            some = tf.gather(x, rows)
            some = tf.where(tf.gather(turned, rows)[:, None, None], some * self._mirror, some)
            self._step(some, tf.gather(y, rows))

    def _step(self, x: tf.Tensor, y: tf.Tensor) -> None:
        weights = self.network.trainable_variables
        with tf.GradientTape() as tape:
            loss = self._loss(self.network(x, training=True), y)
        self._optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))


def awake() -> None:
    """Let TensorFlow say at once what it always says when it first computes."""
    tf.reduce_sum(tf.zeros(2))


@cache
def rating_learner(recipe: Recipe, columns: int) -> Learner:
    """Of ratings, from windows of so many columns; the same one for the same recipe, which begins anew each time."""
    huber = keras.losses.Huber(recipe.delta)
    signs = SIDES if recipe.mirrored and recipe.columns == MOVEMENT else None
    return Learner(rating_network(recipe, columns), lambda said, y: huber(y[:, None], said), recipe, signs)


@cache
def companion_learner(recipe: Companion) -> Learner:
    """Of typical movement, from windows alone; likewise."""
    return Learner(companion_network(recipe), lambda surprise, _: tf.reduce_mean(surprise), recipe, SIDES)
