import numpy as np
import pytest

pytest.importorskip("keras")
from device.contract.errors import ConfigError
from training.networks import count_macs
from training.networks.ednn import Ednn
from training.networks.plain import Plain
from training.networks.residual import Residual

HEADS = {"ferplus": 8, "fer2013": 7}


def test_ours_stays_within_its_budget():
    network = Plain().build(HEADS)

    assert count_macs(network) <= 60e6
    assert network.count_params() <= 950_000  # a megabyte in int8, with what a file holds besides


def test_ednn_is_as_large_as_the_deployed_one():
    network = Ednn().build({"fer2013": 7})

    assert network.count_params() == 4_102_023
    assert count_macs(network) == 56_917_632
    convolutions = [layer for layer in network.layers if type(layer).__name__ == "Conv2D"]
    assert {layer.activation.__name__ for layer in convolutions} == {"linear"}


@pytest.mark.parametrize(
    "config", [Plain((4, 8), (2,)), Plain((4,)), Ednn(), Residual((16, 32), (1, 2)), Residual((16,), (1,))]
)
def test_every_network_answers_with_logits_of_each_head(config):
    network = config.build(HEADS)
    faces = np.random.default_rng(0).random((3, 48, 48, 1), np.float32) * config.white

    ferplus, fer2013 = network(faces)

    assert network.output_names == ["ferplus", "fer2013"]
    assert (ferplus.shape, fer2013.shape) == ((3, 8), (3, 7))
    assert config.build(HEADS, batch=1).input_shape == (1, 48, 48, 1)


def test_impossible_shapes_are_refused():
    with pytest.raises(ConfigError, match="give 2 numbers"):
        Plain((4, 8, 8), (1,))
    with pytest.raises(ConfigError, match="as many"):
        Residual((16, 32), (1,))
    with pytest.raises(ConfigError, match="multiples of 16"):
        Residual((4, 8), (1, 1))
