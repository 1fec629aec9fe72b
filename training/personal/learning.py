"""Learning from pairs: each frame is built again from the neutral face of the other."""

from functools import partial
from pathlib import Path

import keras
import tensorflow as tf

from converter.flatbuffer import layers as layers_of
from device.contract.errors import ConfigError
from device.contract.manifest import open_bundle
from training.augment import Batch
from training.learning import Trainee, learning_rate
from training.machines import Machines
from training.networks.cycle import Cycle
from training.networks.vgg19 import maps_of, read_weights, set_weights
from training.personal.fit import network_of
from training.personal.losses import Features, loss, rebuilt
from training.personal.recipe import PersonalRecipe, Rates
from training.run_folder import load_run_of

_GRAM = ("relu2_1", "relu3_1", "relu4_1")


class PairLearner(Trainee):
    """A network of personal movement in training; batches are those of `PairBatches`."""

    def __init__(self, recipe: PersonalRecipe, machines: Machines) -> None:
        super().__init__(recipe, {head: len(names) for head, names in recipe.heads.items()}, machines)
        self._recipe, self._features = recipe, None  # type: PersonalRecipe, Features | None
        self._parts = network_of(recipe).parts(self.network)
        if isinstance(recipe.network, Cycle):
            self._features = self._of_vgg19(recipe)
        elif recipe.features and recipe.losses.gram:
            self._features = expression_features(Path(recipe.features))
        if recipe.start:
            begin_with(Path(recipe.start), self.network)
        self.average.set_weights(self.network.get_weights())

    def rate(self, progress: float) -> float:
        """The rate of the epoch where the recipe names rates, else that of a cosine."""
        settings = self._recipe.optimizer
        epoch = int(progress * self._recipe.epochs + 1e-9)
        rates = [rate for begun, rate in settings.rates if begun <= epoch]
        return rates[-1] if rates else learning_rate(settings, progress)

    def _make_optimizer(self, settings: Rates) -> keras.optimizers.Optimizer:  # type: ignore[override]
        optimizer = super()._make_optimizer(settings)
        optimizer.beta_1 = settings.beta
        return optimizer

    def _loss(self, batch: Batch) -> tf.Tensor:
        x = network_of(self._recipe).shown(batch["image"])
        flow = self._parts.flow(self._parts.encoder(lit(x, batch["seed"], self._recipe), training=True))
        made = rebuilt(self._parts, x, flow, plain=self._recipe.losses.plain > 0, training=True)
        return loss(x, made, self._recipe.losses, batch["neutral"], self._features)

    def _of_vgg19(self, recipe: PersonalRecipe) -> Features:
        arrays = read_weights(Path(recipe.features))
        features: keras.Model = maps_of(network_of(recipe).side, _GRAM, "gram")
        set_weights(features, arrays, recipe.features)
        set_weights(self._parts.features, arrays, recipe.features)
        return partial(features, training=False)


def lit(x: tf.Tensor, seed: tf.Tensor, recipe: PersonalRecipe) -> tf.Tensor:
    """What the encoder sees of x in training: in another light, and what it says must hold for x as it is."""
    limits = recipe.augmentation
    if not (limits.contrast or limits.brightness):
        return x
    draws = tf.random.stateless_uniform((2, tf.shape(x)[0], 1, 1, 1), seed, -1.0, 1.0)
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    white = recipe.network.white
    changed = (x - mean) * (1 + limits.contrast * draws[0]) + mean + white * limits.brightness * draws[1]
    return tf.clip_by_value(changed, 0.0, white)


def expression_features(folder: Path) -> Features:
    """What the first convolution of a bundle's expression network sees of B × side × side × 1 images from 0 to 1.

    Raises:
        ModelError: it is no whole bundle.
        ConfigError: it has no convolution of one channel.
    """
    bundle = open_bundle(folder)
    first = next((layer for layer in layers_of(bundle.model, str(folder)) if layer.kernel.ndim == 4), None)
    if first is None or first.kernel.shape[2] != 1:
        raise ConfigError(f"features: {bundle.manifest.id} is no expression network that reads grey faces.")
    kernel, bias = tf.constant(first.kernel), tf.constant(first.bias)
    return lambda x: [tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)]


def begin_with(folder: Path, network: keras.Model) -> None:
    """Give a network the weights of a run of the same network. Raises `ConfigError`: no run."""
    run = load_run_of(PersonalRecipe, folder)
    network.set_weights(run.network.get_weights())
