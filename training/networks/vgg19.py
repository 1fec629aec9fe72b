"""The first convolutions of VGG19, whose maps say what a picture looks like; its weights are a file that others made.

Source: Simonyan & Zisserman 2015, *Very Deep Convolutional Networks for Large-Scale Image Recognition*; weights and
the numbers of layers as torchvision has them (`features.0` …).
"""

from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np
from keras import layers

from device.contract.errors import ModelError
from training.networks.pth import Arrays, put, read_pth

#: Of the pictures that it learnt from: R, G, B, from 0 to 1.
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
#: Number of the layer in torchvision → channels and name; None: the side is halved.
_LAYERS = {0: (64, "relu1_1"), 2: (64, "relu1_2"), 4: None, 5: (128, "relu2_1"), 7: (128, "relu2_2"), 9: None}
_LAYERS |= {10: (256, "relu3_1"), 12: (256, "relu3_2"), 14: (256, "relu3_3"), 16: (256, "relu3_4"), 18: None}
_LAYERS |= {19: (512, "relu4_1")}


def maps_of(side: int, wanted: tuple[str, ...], name: str, batch: int | None = None) -> keras.Model:
    """From B × side × side × 3, by mean and spread of ImageNet, to the maps of these layers; it never learns."""
    image = keras.Input(batch_shape=(batch, side, side, 3), name="image")
    x, found = image, {}
    for number, told in _LAYERS.items():
        if told is None:
            x = layers.MaxPooling2D()(x)
            continue
        width, called = told
        layer = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"features.{number}")
        found[called] = x = layer(x)
        if called == wanted[-1]:
            break
    network = keras.Model(image, [found[one] for one in wanted], name=name)
    network.trainable = False
    return network


def read_weights(path: Path) -> Arrays:
    """The weights of a `.pth` file of torchvision's VGG19, or of an `.npz` file with its names.

    Raises:
        ModelError: the file cannot be read, or holds no weights.
        RuntimeMissingError: PyTorch, which reads .pth, is not installed.
    """
    if path.suffix != ".npz":
        return read_pth(path, str)
    try:
        with np.load(path, allow_pickle=False) as content:
            return dict(content)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ModelError(f"{path} cannot be read ({error}): give the weights of torchvision's VGG19.") from error


def set_weights(network: keras.Model, arrays: Arrays, where: str) -> None:
    """Put weights into what `maps_of` made. Raises `ModelError`, naming `where`: they do not fit."""
    put(arrays, network, where, ())
