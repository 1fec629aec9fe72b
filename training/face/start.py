"""A network that begins with the weights of a bundle, so that what was learnt once need not be learnt again.

A bundle's convolutions hold their batch normalization folded in, and eight bits. They are taken out as real numbers,
and each normalization is set to the mean and spread that its convolution has on training faces: the network then says
what the bundle says, and every layer can be trained on.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from converter.flatbuffer import layers as layers_of
from device.contract.errors import ConfigError
from device.contract.manifest import Bundle, open_bundle
from training.kinds import of_run
from training.networks.face import SCALE, UNITS
from training.networks.masked import encoder
from training.networks.pth import put, read_pth
from training.predict import pixels
from training.run_folder import META, load_run_of

FACES, _BATCH = 1024, 256
_LEAST_VARIANCE = 1e-3


def start_from(folder: Path, network: keras.Model, white: float, images: NDArray[np.uint8]) -> None:
    """Set the weights of `network` to those of a bundle or a run, for as far as the two are alike.

    Args:
        folder: of the bundle or the run; or a file of PyTorch with weights under the names of this network's layers.
        network: its convolutions, in their order, begin with those of the bundle; heads of a name have its outputs.
        images: N × 48 × 48, some hundred training faces.

    Raises:
        ConfigError: it is another network.
        ModelError: it is no whole bundle; the file cannot be read, or does not fit.
        RuntimeMissingError: PyTorch, which reads its files, is not installed.
    """
    if (folder / META).is_file():
        _from_run(folder, network)
        return
    if folder.suffix == ".pth":
        put(read_pth(folder), network, str(folder), tuple(network.output_names))
        return
    bundle = open_bundle(folder)
    found = layers_of(bundle.model, str(folder))
    convolutions = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
    shown = pixels(images[:FACES], white)
    taken = [layer for layer in found if layer.kernel.ndim == 4]
    if len(taken) > len(convolutions):
        raise ConfigError(f"start: {bundle.manifest.id} has {len(taken)} convolutions, more than the network.")
    for layer, source in zip(convolutions, taken, strict=False):
        if tuple(layer.kernel.shape) != source.kernel.shape:
            raise ConfigError(f"start: the convolutions of {bundle.manifest.id} are not those of the network.")
        layer.set_weights([source.kernel])
        _normalize(network, layer, source.bias, shown)
    _heads(network, bundle, {layer.output: (layer.kernel, layer.bias) for layer in found})


def _from_run(folder: Path, network: keras.Model) -> None:
    run = load_run_of(of_run(folder).recipe, folder)
    kinds = (layers.Conv2D, layers.BatchNormalization)
    both = (network, encoder(run.network))
    mine, other = ([layer for layer in net.layers if isinstance(layer, kinds)] for net in both)
    names = {layer.name for layer in network.layers} & {*run.heads, SCALE}
    pairs = [*zip(mine, other, strict=False), *((network.get_layer(n), run.network.get_layer(n)) for n in names)]
    try:
        for layer, source in pairs:
            layer.set_weights(source.get_weights())
    except ValueError as error:
        raise ConfigError(f"start: {folder} holds another network ({error}).") from error


def _normalize(
    network: keras.Model, layer: layers.Layer, bias: NDArray[np.float32], shown: NDArray[np.float32]
) -> None:
    """Let the normalization after a convolution change nothing but add the bias, and give each of its kernels the size
    at which its values vary by one: a bundle's kernels differ by orders of magnitude, and a step that is small for one
    would wreck another."""
    following = next(n.operation for n in layer.output._keras_history.operation._outbound_nodes)
    until = keras.Model(network.input, layer.output)
    said = [until(shown[start : start + _BATCH], training=False) for start in range(0, len(shown), _BATCH)]
    values = np.concatenate([keras.ops.convert_to_numpy(keras.ops.cast(part, "float32")) for part in said])
    mean, variance = values.mean((0, 1, 2)), values.var((0, 1, 2))
    even = 1 / np.sqrt(np.maximum(variance, _LEAST_VARIANCE))
    layer.set_weights([layer.get_weights()[0] * even])
    mean, variance = mean * even, variance * even**2
    following.set_weights([np.sqrt(variance + following.epsilon) / even, bias + mean / even, mean, variance])


def _heads(
    network: keras.Model, bundle: Bundle, found: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> None:
    """Those of the bundle's heads that the network has; where intensities begin on the scales, no bundle says."""
    names = [layer.name for layer in network.layers]
    for position, spec in enumerate(bundle.manifest.outputs):
        name = SCALE if spec.name == UNITS else spec.name
        if name not in names or position not in found:
            continue
        layer, (kernel, bias) = network.get_layer(name), found[position]
        if tuple(layer.kernel.shape) != kernel.shape:
            raise ConfigError(f"start: '{spec.name}' of {bundle.manifest.id} is not that of the network.")
        layer.set_weights([kernel, bias])
