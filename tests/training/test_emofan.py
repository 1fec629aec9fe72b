"""EmoFAN: as large as it was published, with layers under the published names, and what of it learns."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from device.contract.errors import ConfigError, ModelError
from training.face import start
from training.networks.emofan import Emofan

TINY = Emofan(side=64, width=16)
_PARTS = ("weight", "bias", "running_mean", "running_var")


def weights_of(network, rng):
    """The network's weights as PyTorch would name and turn them, drawn anew."""
    found = {}
    for layer in network.layers:
        for part, weight in zip(_PARTS, layer.weights, strict=False):
            value = rng.uniform(0.1, 0.9, weight.shape).astype(np.float32)
            found[f"{layer.name}.{part}"] = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
    return found


def test_it_is_as_large_as_the_published_one():
    network = Emofan().build({"emo_fc_2.3": 10})

    assert network.count_params() == 13_995_282  # counted by hand in the published definition, with running statistics
    names = {layer.name for layer in network.layers}
    assert {"conv1", "conv2.downsample.2", "m1.b2_plus_1.conv3", "top_m_0.bn1", "al0", "emo_net_2.6.conv1"} <= names
    assert "al1" not in names, "the last heatmaps are not added to anything"


def test_heads_say_something_and_the_landmarks_part_may_rest():
    frozen = Emofan(side=64, width=16, frozen=True).build({"presence": 3, "intensity": 2})

    assert frozen.output_shape == [(None, 3), (None, 2)] and frozen.input_shape == (None, 64, 64, 1)
    learns = {layer.name.split(".")[0] for layer in frozen.layers if layer.trainable_weights}
    assert learns == {"conv1x1_input_emo_2", "emo_net_2", "emo_fc_2", "presence", "intensity"}


def test_it_begins_with_published_weights_under_their_names(tmp_path, monkeypatch):
    network = TINY.build({"presence": 3})
    kept = network.get_layer("presence").get_weights()
    given = weights_of(network, np.random.default_rng(1)) | {"emo_fc_2.3.weight": np.zeros((10, 8), np.float32)}
    del given["presence.weight"], given["presence.bias"]
    monkeypatch.setattr(start, "read_pth", lambda path: given)

    start.start_from(tmp_path / "emonet_8.pth", network, 1.0, np.zeros((0, 64, 64), np.uint8))

    kernel = network.get_layer("m0.b1_4.conv1").get_weights()[0]
    assert (kernel == given["m0.b1_4.conv1.weight"].transpose(2, 3, 1, 0)).all()
    assert all((a == b).all() for a, b in zip(kept, network.get_layer("presence").get_weights(), strict=True))
    del given["bn_end0.weight"]
    with pytest.raises(ModelError, match=r"holds no bn_end0\.weight"):
        start.start_from(tmp_path / "emonet_8.pth", network, 1.0, np.zeros((0, 64, 64), np.uint8))


def test_impossible_shapes_are_refused():
    with pytest.raises(ConfigError, match="a multiple of 64"):
        Emofan(side=112)
    with pytest.raises(ConfigError, match="a multiple of 8"):
        Emofan(width=12)
