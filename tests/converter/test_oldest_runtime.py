"""What the newest TensorFlow converts runs in the oldest runtime that a box may have: tflite-runtime 2.14.0."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from device.contract.manifest import InputSpec
from device.runtime.interpreter import TfLiteInterpreter
from device.runtime.model import quantize

CHECKOUT = Path(__file__).parents[2]
BUNDLES = CHECKOUT / "device" / "bundles"
PYTHON = CHECKOUT / "build" / "oldest-runtime" / "bin" / "python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="`make oldest-runtime` has not run here")

#: Runs in the old environment: every row of `x` through the network, raw outputs in the network's order.
OLD = """\
import sys
import numpy as np
from tflite_runtime.interpreter import Interpreter

network = Interpreter(sys.argv[1], num_threads=1)
network.allocate_tensors()
rows = []
for row in np.load(sys.argv[2]):
    network.set_tensor(network.get_input_details()[0]["index"], row)
    network.invoke()
    rows.append([network.get_tensor(d["index"])[0] for d in network.get_output_details()])
np.savez(sys.argv[3], *[np.stack(output) for output in zip(*rows)])
"""
#: The kernels round otherwise: whole numbers in steps, real numbers absolutely.
TOLERANCE = {"int8": 24, "float32": 0.1}


@pytest.mark.parametrize(
    "scheme",
    [*(pytest.param(scheme, marks=pytest.mark.learning) for scheme in ("float32", "dynamic", "int16x8")), "int8"],
)
def test_a_keras_network(tiny, tmp_path: Path, scheme: str) -> None:
    from converter.keras_source import open_keras  # noqa: PLC0415

    compare(open_keras(tiny.keras, ()), tiny, scheme, tmp_path)


@pytest.mark.parametrize("scheme", ["float16", "int8"])
def test_a_tflite_file_that_was_quantized_again(tiny, tmp_path: Path, scheme: str) -> None:
    from converter.tflite_source import TfliteSource  # noqa: PLC0415

    compare(TfliteSource(tiny.tflite.read_bytes(), "network.tflite"), tiny, scheme, tmp_path)


def compare(source, tiny, scheme: str, folder: Path) -> None:
    with np.load(tiny.folder / "rows.npz") as file:
        x, place = file["x"], file["y_place"]
    model = source.to_tflite(scheme, x[:60] if scheme in ("int8", "int16x8") else None)
    with TfLiteInterpreter(model) as network:
        spec = InputSpec(
            network.input.shape, network.input.dtype, "grey", "aligned", network.input.scale, network.input.zero_point
        )
        values = np.stack([quantize(row[None], spec) for row in x])
        new = [np.stack(output)[:, 0] for output in zip(*map(network.invoke, values), strict=True)]
    old = in_the_oldest(model, values, folder)
    for one, other in zip(old, new, strict=True):
        allowed = TOLERANCE.get(one.dtype.name, 24 * 256)
        assert np.abs(one.astype(np.float64) - other).max() <= allowed
    [choice] = [output.argmax(1) for output in old if output.shape[1] == 3]
    assert (choice == place)[place >= 0].mean() >= 0.9


def in_the_oldest(model: bytes, values: np.ndarray, folder: Path) -> list[np.ndarray]:
    """What the network makes of the values there, an array for each output."""
    (folder / "model.tflite").write_bytes(model)
    np.save(folder / "x.npy", values)
    files = [str(folder / name) for name in ("model.tflite", "x.npy", "out.npz")]
    subprocess.run([PYTHON, "-c", OLD, *files], check=True, capture_output=True, timeout=60)
    with np.load(folder / "out.npz") as file:
        return [file[name] for name in file.files]


def test_the_face_network_that_ships_with_the_box(tmp_path: Path) -> None:
    [bundle] = BUNDLES.glob("face-*")
    model = (bundle / "model.tflite").read_bytes()
    with TfLiteInterpreter(model) as network:
        values = np.random.default_rng(0).integers(-128, 128, (20, *network.input.shape)).astype(np.int8)
        new = [np.stack(output)[:, 0] for output in zip(*map(network.invoke, values), strict=True)]
    for one, other in zip(in_the_oldest(model, values, tmp_path), new, strict=True):
        assert np.abs(one.astype(int) - other).max() <= TOLERANCE["int8"]
