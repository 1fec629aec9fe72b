"""ResNet-18 answers as PyTorch's does with the same weights."""

import numpy as np
import pytest

pytest.importorskip("keras")
from device.contract.errors import ConfigError, ModelError, RuntimeMissingError
from training.networks.pth import put, read_pth
from training.networks.resnet18 import DEVIATIONS, MEANS, Resnet18

pytestmark = pytest.mark.learning
HEADS = {"groups": 3}
FRESH = ("fc", "attention")


def shapes(outputs=3):
    """Name → shape of every weight, as torchvision has them."""
    found = {"conv1.weight": (64, 3, 7, 7)} | norm("bn1", 64)
    before = 64
    for stage, width in enumerate((64, 128, 256, 512), start=1):
        for block in range(2):
            at = f"layer{stage}.{block}"
            found |= {f"{at}.conv1.weight": (width, before, 3, 3)} | norm(f"{at}.bn1", width)
            found |= {f"{at}.conv2.weight": (width, width, 3, 3)} | norm(f"{at}.bn2", width)
            if before != width:
                found |= {f"{at}.downsample.0.weight": (width, before, 1, 1)} | norm(f"{at}.downsample.1", width)
            before = width
    return found | {"fc.weight": (outputs, 512), "fc.bias": (outputs,)}


def norm(name, width):
    return {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}


def drawn(seed=0, **more):
    """Weights of a size at which activations neither vanish nor grow."""
    rng = np.random.default_rng(seed)

    def of(name, shape):
        if name.endswith(("running_var", "bn1.weight", "bn2.weight", "downsample.1.weight")):
            return rng.uniform(0.3, 0.7, shape)
        return rng.normal(0, np.sqrt(2 / max(np.prod(shape[1:]), 50)), shape)

    return {name: np.float32(of(name, shape)) for name, shape in (shapes() | more).items()}


def convolved(x, kernel, stride):
    """N × C × H × W by plain sums, padded alike on all sides."""
    pad = kernel.shape[-1] // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))), kernel.shape[2:], axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return np.einsum("nchwij,ocij->nohw", windows, kernel, optimize=True)


def reference(weights, images):
    """The logits of ResNet-18 after the paper, in plain numpy: N × 1 × side × side images from 0 to 1."""

    def normalized(x, name):
        gamma, beta, mean, variance = (
            weights[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta

    def block(x, at, stride):
        y = np.maximum(normalized(convolved(x, weights[f"{at}.conv1.weight"], stride), f"{at}.bn1"), 0)
        y = normalized(convolved(y, weights[f"{at}.conv2.weight"], 1), f"{at}.bn2")
        if f"{at}.downsample.0.weight" in weights:
            x = normalized(convolved(x, weights[f"{at}.downsample.0.weight"], stride), f"{at}.downsample.1")
        return np.maximum(x + y, 0)

    x = (images - np.reshape(MEANS, (3, 1, 1))) / np.reshape(DEVIATIONS, (3, 1, 1))
    x = np.maximum(normalized(convolved(x, weights["conv1.weight"], 2), "bn1"), 0)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    x = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max((-1, -2))
    for stage in range(1, 5):
        for number in range(2):
            x = block(x, f"layer{stage}.{number}", 2 if stage > 1 and not number else 1)
    return x.mean((2, 3)) @ weights["fc.weight"].T + weights["fc.bias"]


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(1).random((2, 48, 48, 1), np.float32)


def test_the_same_weights_give_the_same_logits_as_the_papers_formulas(faces):
    weights = drawn()
    network = Resnet18(side=48).build(HEADS)

    kept = put(weights, network, "weights.pth", FRESH)

    expected = reference(weights, faces.transpose(0, 3, 1, 2))
    assert kept == [] and np.ptp(expected) > 0.1
    assert np.abs(np.asarray(network(faces)) - expected).max() < 1e-3 * np.abs(expected).max()


def test_attention_multiplies_the_logits_and_is_told(faces):
    weights = drawn()
    weights |= {"attention.weight": np.full((1, 512), 0.002, np.float32), "attention.bias": np.zeros(1, np.float32)}
    plain, attending = Resnet18(side=48).build(HEADS), Resnet18(side=48, attention=True).build(HEADS)
    put(weights, plain, "weights.pth", FRESH)
    put(weights, attending, "weights.pth", FRESH)

    logits, attention = (np.asarray(output) for output in attending(faces))

    assert ((attention > 0.5) & (attention < 1)).all()
    assert np.allclose(logits, np.asarray(plain(faces)) * attention, atol=1e-4)


def test_other_heads_stay_fresh_and_are_told():
    weights = drawn() | {"fc.weight": np.zeros((1000, 512), np.float32), "fc.bias": np.zeros(1000, np.float32)}

    assert put(weights, Resnet18(side=48, attention=True).build(HEADS), "weights.pth", FRESH) == ["fc", "attention"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"layer2.0.conv1.weight": None}, "holds no layer2.0.conv1.weight"),
        ({"layer2.0.conv1.weight": np.zeros((128, 128, 3, 3))}, "layer2.0.conv1.weight is 3 × 3 × 128 × 128 there"),
    ],
)
def test_weights_of_another_network_are_refused_and_change_nothing(change, complaint):
    weights = {name: value for name, value in (drawn() | change).items() if value is not None}
    network = Resnet18(side=48).build(HEADS)
    before = network.get_weights()

    with pytest.raises(ModelError, match=complaint):
        put(weights, network, "weights.pth", FRESH)

    assert all(np.array_equal(old, new) for old, new in zip(before, network.get_weights(), strict=True))


def test_a_picture_too_small_is_refused():
    with pytest.raises(ConfigError, match="at least 32"):
        Resnet18(side=16)


def test_without_pytorch_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)

    with pytest.raises(RuntimeMissingError, match="pip install"):
        read_pth(tmp_path / "weights.pth")


@pytest.mark.parametrize("layout", ["torchvision", "wrapped"])
def test_a_file_of_pytorch_is_read_in_both_layouts(tmp_path, faces, layout):
    torch = pytest.importorskip("torch")
    network, weights = Resnet18(side=48).build(HEADS), drawn()
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    if layout == "wrapped":
        places = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}
        renamed = {
            f"features.{places[name.split('.')[0]]}.{name.split('.', 1)[1]}": value
            for name, value in state.items()
            if not name.startswith("fc")
        }
        state = {"model_state_dict": renamed | {"fc.weight": state["fc.weight"], "fc.bias": state["fc.bias"]}}
    torch.save(state, tmp_path / "weights.pth")

    put(read_pth(tmp_path / "weights.pth"), network, "weights.pth", FRESH)

    expected = reference(weights, faces.transpose(0, 3, 1, 2))
    assert np.abs(np.asarray(network(faces)) - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("content", [b"", b"not a file of weights", b"PK\x03\x04"])
def test_what_is_no_file_of_weights_is_one_sentence(tmp_path, content):
    pytest.importorskip("torch")
    (tmp_path / "weights.pth").write_bytes(content)

    with pytest.raises(ModelError, match="state_dict"):
        read_pth(tmp_path / "weights.pth")


def test_a_file_that_would_run_code_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save(Resnet18, tmp_path / "weights.pth")

    with pytest.raises(ModelError, match="safely"):
        read_pth(tmp_path / "weights.pth")
