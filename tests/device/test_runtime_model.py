"""A network is used only if it is what its manifest says, and real values go in and come out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import ModelError
from device.contract.manifest import Bundle, InputSpec, Manifest, OutputSpec
from device.runtime.fake import FakeInterpreter
from device.runtime.interpreter import Tensor
from device.runtime.model import Model, activate, dequantize, quantize

PIXELS = Tensor((1, 4, 4, 1), "int8", 1 / 255, -128)
SCORES = Tensor((1, 3), "int8", 0.5, 10)
POINTS = Tensor((1, 2), "float32", 0.0, 0)
MANIFEST = Manifest(
    name="toy",
    version="1.0.0",
    task="facial-expression",
    input=InputSpec(PIXELS.shape, "int8", "grey", "aligned", PIXELS.scale, PIXELS.zero_point),
    outputs=(
        OutputSpec("scores", SCORES.shape, "int8", SCORES.scale, SCORES.zero_point, activation="softmax"),
        OutputSpec("points", POINTS.shape, "float32"),
    ),
    provenance={},
    intended_use="",
    forbidden_use="",
)
INT8, FLOAT = MANIFEST.input, replace(MANIFEST.input, dtype="float32", scale=0.0, zero_point=0)


class Network:
    """A fake network that answers fixed numbers and remembers what it was given."""

    def __init__(self, input=PIXELS, outputs=(SCORES, POINTS)):
        self.given = []
        self._interpreter = FakeInterpreter(input, outputs, self._answer)

    def _answer(self, value):
        self.given.append(value)
        return np.array([[10, 12, 8]], np.int8), np.array([[0.25, -3]], np.float32)

    def load(self, content, threads):
        self.content, self.threads = content, threads
        return self._interpreter


def opened(network, manifest=MANIFEST, threads=1):
    return Model(Bundle(Path("toy-1.0.0"), manifest, {"model.tflite": b"flatbuffer"}), threads, load=network.load)


def test_the_bundles_file_is_loaded_with_the_threads_asked_for():
    network = Network()
    opened(network, threads=3)
    assert (network.content, network.threads) == (b"flatbuffer", 3)


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (Network(input=replace(PIXELS, shape=(1, 5, 5, 1))), "where the manifest says"),
        (Network(input=replace(PIXELS, dtype="uint8")), "where the manifest says"),
        (Network(input=replace(PIXELS, scale=0.004)), "quantized otherwise"),
        (Network(input=replace(PIXELS, zero_point=0)), "quantized otherwise"),
        (Network(outputs=(SCORES,)), "has 1 outputs, not 2"),
        (Network(outputs=(SCORES, POINTS, POINTS)), "has 3 outputs, not 2"),
        (Network(outputs=(POINTS, SCORES)), "where the manifest says"),
        (Network(outputs=(replace(SCORES, shape=(1, 4)), POINTS)), "where the manifest says"),
        (Network(outputs=(SCORES, replace(POINTS, dtype="int8"))), "where the manifest says"),
        (Network(outputs=(replace(SCORES, scale=0.505), POINTS)), "quantized otherwise"),
        (Network(outputs=(replace(SCORES, zero_point=11), POINTS)), "quantized otherwise"),
        (Network(outputs=(SCORES, replace(POINTS, scale=0.1))), "quantized otherwise"),
    ],
)
def test_a_network_that_its_manifest_does_not_describe_is_refused(network, complaint):
    with pytest.raises(ModelError, match=complaint) as caught:
        opened(network)
    assert "toy-1.0.0" in str(caught.value)


def test_a_scale_may_differ_by_what_writing_it_down_costs():
    opened(Network(input=replace(PIXELS, scale=float(np.float32(1 / 255)))))


def test_black_and_white_become_the_ends_of_the_range():
    network = Network()
    image = np.zeros((4, 4), np.uint8)
    image[0] = 255, 128, 64, 1
    opened(network).on_image(image)
    (given,) = network.given

    assert given.dtype == np.int8
    assert given[0, 0, :, 0].tolist() == [127, 0, -64, -127]
    assert (given[0, 1:] == -128).all()


def test_a_float_network_gets_the_range_of_its_manifest():
    network = Network(input=replace(PIXELS, dtype="float32", scale=0.0, zero_point=0))
    opened(network, replace(MANIFEST, input=replace(FLOAT, range=(-1.0, 1.0)))).on_image(
        np.repeat(np.array([[0], [51], [204], [255]], np.uint8), 4, axis=1)
    )
    assert network.given[0][0, :, 0, 0] == pytest.approx([-1, -0.6, 0.6, 1], abs=1e-6)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-3.0, 5.0)])
def test_every_grey_value_lies_evenly_between_the_ends_of_the_range(ends):
    shape = (1, 16, 16, 1)
    network = Network(input=Tensor(shape, "float32", 0.0, 0))
    spec = replace(FLOAT, shape=shape, range=ends)
    opened(network, replace(MANIFEST, input=spec)).on_image(np.arange(256, dtype=np.uint8).reshape(16, 16))
    (given,) = network.given

    assert given.dtype == np.float32
    assert given.reshape(-1) == pytest.approx(np.linspace(*ends, 256), rel=1e-6, abs=1e-6)


def test_colours_keep_their_order():
    shape = (1, 4, 4, 3)
    network = Network(input=Tensor(shape, "float32", 0.0, 0))
    image = np.zeros((4, 4, 3), np.uint8)
    image[..., 0], image[..., 2] = 255, 51
    opened(network, replace(MANIFEST, input=replace(FLOAT, shape=shape, colour="rgb"))).on_image(image)
    assert network.given[0][0, 3, 3] == pytest.approx([1, 0, 0.2])


def test_real_values_are_quantized_and_shaped_for_the_network():
    network = Network()
    opened(network).on_values(np.linspace(0, 1, 16, dtype=np.float32))
    (given,) = network.given
    assert (given.shape, given.dtype.name) == (PIXELS.shape, "int8")
    assert given.reshape(-1)[[0, 15]].tolist() == [-128, 127]


def test_outputs_are_real_and_activated():
    scores, points = opened(Network()).on_image(np.zeros((4, 4), np.uint8))
    powers = np.exp([0, 1, -1])
    assert scores[0] == pytest.approx(powers / powers.sum())
    assert points.tolist() == [[0.25, -3]]


def test_the_temperature_of_the_manifest_makes_the_network_as_sure_as_it_is_right():
    outputs = (replace(MANIFEST.outputs[0], temperature=2.0), MANIFEST.outputs[1])
    scores, points = opened(Network(), replace(MANIFEST, outputs=outputs)).on_image(np.zeros((4, 4), np.uint8))
    powers = np.exp([0, 0.5, -0.5])
    assert scores[0] == pytest.approx(powers / powers.sum())
    assert points.tolist() == [[0.25, -3]]


def test_runs_of_the_network_are_counted():
    model = opened(Network())
    assert (model.invokes, model.invoke_cpu_s) == (0, 0.0)
    model.on_image(np.zeros((4, 4), np.uint8))
    model.on_values(np.zeros(16, np.float32))
    assert model.invokes == 2
    assert model.invoke_cpu_s >= 0


def test_closing_the_model_closes_the_network():
    with opened(Network()) as model:
        pass
    with pytest.raises(AttributeError):
        model.on_image(np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize(
    ("value", "step"), [(0.0, -128), (1.0, 127), (0.4, -26), (0.253, -63), (-3.0, -128), (9.0, 127)]
)
def test_values_become_steps_and_saturate(value, step):
    assert quantize(np.array([value], np.float32), INT8).tolist() == [step]


def test_floats_pass_unchanged():
    values = np.array([-7.5, 1e6], np.float32)
    assert quantize(values, FLOAT).tolist() == values.tolist()
    assert dequantize(values, MANIFEST.outputs[1]).tolist() == values.tolist()


def test_steps_become_values_without_overflow():
    steps = np.array([-128, 10, 127], np.int8)
    assert dequantize(steps, MANIFEST.outputs[0]).tolist() == [-69.0, 0.0, 58.5]


def test_a_value_comes_back_within_half_a_step():
    spec = OutputSpec("same", (1,), "int8", INT8.scale, INT8.zero_point)
    values = np.linspace(0, 1, 333, dtype=np.float32)
    assert dequantize(quantize(values, INT8), spec) == pytest.approx(values, abs=INT8.scale * 0.501)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("none", [0.0, 2.0]), ("sigmoid", [0.5, 0.8807971]), ("softmax", [0.1192029, 0.8807971])],
)
def test_activations(activation, expected):
    assert activate(np.array([[0.0, 2.0]], np.float32), activation)[0] == pytest.approx(expected)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_activations_of_extreme_values_are_finite(activation):
    found = activate(np.array([[-1000.0, 1000.0]], np.float32), activation)
    assert found[0] == pytest.approx([0, 1], abs=1e-6)


def test_softmax_is_over_the_last_axis():
    found = activate(np.array([[0.0, 1.0], [5.0, 5.0]], np.float32), "softmax")
    assert found.sum(1) == pytest.approx([1, 1])
    assert found[1] == pytest.approx([0.5, 0.5])
