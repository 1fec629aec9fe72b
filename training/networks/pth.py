"""Weights of PyTorch, put into a Keras network whose layers bear the same names. Nothing else knows PyTorch, which is
an extra of its own (`torch`).

EmoFAN's are read as they were published, and two layouts of ResNet-18: torchvision's (`conv1.weight`,
`layer1.0.bn1.running_mean`, …, `fc.bias`), and that of networks that wrap it (`features.0.weight`,
`features.4.0.bn1.…`, `alpha.0.weight`: the attention). A file may hold the weights themselves or a checkpoint of
them in `state_dict` or `model_state_dict`.
"""

import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ModelError, RuntimeMissingError

Arrays = dict[str, NDArray[Any]]
_HOLDERS = ("model_state_dict", "state_dict", "model")
_ORDER = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
_PARTS = ("weight", "bias", "running_mean", "running_var")


def read_pth(path: Path, renamed: Callable[[str], str] | None = None) -> Arrays:
    """The arrays of a `.pth` file by torchvision's names. Nothing in the file is executed (`weights_only`).

    Args:
        renamed: gives a weight its name; by default as torchvision's ResNet-18 has it.

    Raises:
        RuntimeMissingError: PyTorch is not installed.
        ModelError: the file cannot be read, or holds something else than weights.
    """
    try:
        import torch  # noqa: PLC0415
    except ImportError as error:
        raise RuntimeMissingError(
            f"{path} holds weights of PyTorch, which is not installed: pip install 'affectbox[torch]'."
        ) from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{path} is no file of weights that can be read safely ({_first_line(error)}): save the network's "
            "state_dict alone with torch.save."
        ) from error
    arrays = {
        (renamed or _renamed)(name): value.numpy() for name, value in _weights(content, path) if torch.is_tensor(value)
    }
    if not arrays:
        raise ModelError(f"{path} holds no weights: save the network's state_dict with torch.save.")
    return arrays


def put(arrays: Arrays, network: keras.Model, where: str, fresh: tuple[str, ...]) -> list[str]:
    """Put weights into the layers of their names.

    Args:
        where: named in errors.
        fresh: layers that stay as they are where the weights lack them, or have another shape: the heads.

    Returns:
        The `fresh` layers that did stay so.

    Raises:
        ModelError: a layer's weights are missing or of another shape; the network is then as it was.
    """
    kept, found = [], []
    for layer in network.layers:
        if not layer.weights:
            continue
        try:
            found.append((layer, _values(layer, arrays, where)))
        except ModelError:
            if layer.name not in fresh:
                raise
            kept.append(layer.name)
    for layer, values in found:
        layer.set_weights(values)
    return kept


def _weights(content: Any, path: Path) -> Iterator[tuple[str, Any]]:
    for holder in _HOLDERS:
        if isinstance(content, dict) and isinstance(content.get(holder), dict):
            content = content[holder]
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds {type(content).__name__}, no weights by name: save the state_dict.")
    yield from ((str(name), value) for name, value in content.items())


def _renamed(name: str) -> str:
    """A weight's name as torchvision has it."""
    name = name.removeprefix("module.").replace("alpha.0.", "attention.")
    return re.sub(r"^features\.(\d+)\b", lambda found: _ORDER.get(found[1], found[0]), name)


def _values(layer: Any, arrays: Arrays, where: str) -> list[NDArray[np.float32]]:
    """A layer's weights in the order in which Keras has them, which is PyTorch's. Raises `ModelError`."""
    names = [f"{layer.name}.{name}" for name in _PARTS[: len(layer.weights)]]
    if missing := [name for name in names if name not in arrays]:
        raise ModelError(f"{where} does not fit: it holds no {missing[0]}. Give weights of this network.")
    values = [_keras_order(arrays[name]) for name in names]
    for name, value, weight in zip(names, values, layer.weights, strict=True):
        if value.shape != tuple(weight.shape):
            have, want = (" × ".join(map(str, shape)) for shape in (value.shape, weight.shape))
            raise ModelError(f"{where} does not fit: {name} is {have} there and {want} in the network.")
    return values


def _keras_order(value: NDArray[Any]) -> NDArray[np.float32]:
    """Convolutions are outputs × inputs × height × width there and height × width × inputs × outputs here."""
    turned = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value.T
    return np.ascontiguousarray(turned, np.float32)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160].rstrip(".") if lines else "no reason given"
