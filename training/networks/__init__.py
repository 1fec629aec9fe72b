"""The networks, each in a module beside its frozen configuration.

A configuration has `white`, the value that a white pixel has at the network's input (black is 0), and
`build(heads, batch)`, which returns a Keras model from B × side × side × 1 float32 to one tensor of logits a head; the
side is 48 where the configuration does not say it.
"""

import keras
from keras import layers

from training.networks.appearance import Appearance
from training.networks.cycle import Cycle
from training.networks.ednn import Ednn
from training.networks.emofan import Emofan
from training.networks.face import Face
from training.networks.masked import Masked
from training.networks.personal import Personal
from training.networks.plain import Plain
from training.networks.residual import Residual
from training.networks.resnet18 import Resnet18
from training.networks.resnet50 import Resnet50
from training.networks.small import Small

#: `network.kind` in a recipe says which of them.
Network = (
    Face | Plain | Ednn | Residual | Appearance | Emofan | Masked | Personal | Cycle | Resnet18 | Resnet50 | Small
)


def count_macs(network: keras.Model) -> int:
    """Multiply–accumulate operations of one image in the convolutions and dense layers."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            total += int(layer.kernel.shape.num_elements()) * layer.output.shape[1] * layer.output.shape[2]
        elif isinstance(layer, layers.Dense):
            total += int(layer.kernel.shape.num_elements())
        elif isinstance(layer, keras.Model):
            total += count_macs(layer)
    return total
