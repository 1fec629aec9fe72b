"""ONNX files: what stops them before onnx2tf, and the whole way where onnx2tf is installed."""

import sys
from pathlib import Path

import numpy as np
import pytest

from converter.cli import main
from device.contract.errors import ConversionError
from device.contract.manifest import open_bundle

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

PYTHON = Path(__file__).parents[2] / "build" / "onnx2tf" / "bin" / "python"
PLACE = [
    ('"place"', '"logits"'),
    ('[[outputs]]\nname = "mean"\nunit = "brightness"\n', ""),
]


def make_onnx(path: Path, batch: int | str = 1, side: int | str = 8, last: str = "Identity", domain: str = "") -> Path:
    """Convolution, batch normalization, ReLU, mean over the picture, dense, and `last`; channels first."""
    rng = np.random.default_rng(0)

    def floats(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    values = {
        **{"w": floats(8, 1, 3, 3), "scale": np.ones(8, np.float32), "shift": floats(8), "mean": floats(8)},
        **{"var": np.full(8, 2, np.float32), "dense": floats(8, 3), "bias": floats(3)},
    }
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["c"], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "dense", "bias"], ["g"]),
        helper.make_node(last, ["g"], ["logits"], name="the_last", domain=domain),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 1, side, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 3])],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 8
    onnx.save(model, path)
    return path


@pytest.fixture
def convert(write_recipe, tmp_path: Path):
    """Called with an ONNX file and the Python with onnx2tf: the exit code."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "rows.npz", x=rng.random((80, 8, 8, 1)).astype(np.float32))
    recipe = write_recipe(tmp_path, *PLACE)

    def run(source: Path, python: str | Path) -> int:
        out = tmp_path / "out"
        return main(["convert", str(source), "--recipe", str(recipe), "--out", str(out), "--onnx2tf", str(python)])

    return run


@pytest.mark.parametrize(
    ("options", "python", "sentence"),
    [
        ({}, "", "run `make onnx2tf`"),
        ({}, "/nowhere/python", "onnx2tf cannot be run by /nowhere/python"),
        ({}, sys.executable, "has no onnx2tf"),
        ({"last": "Frobnicate"}, "", "unsupported operator Frobnicate (node 'the_last')"),
        ({"last": "Gelu", "domain": "com.microsoft"}, "", "unsupported operator Gelu"),
        ({"side": "height"}, "", "dimension 2 is dynamic"),
        ({"batch": 4}, "", "takes a batch of 4"),
    ],
)
def test_what_cannot_be_converted_is_one_sentence(
    convert, tmp_path: Path, capsys, monkeypatch, options, python, sentence
) -> None:
    monkeypatch.delenv("AFFECTBOX_ONNX2TF", raising=False)
    assert convert(make_onnx(tmp_path / "network.onnx", **options), python) == ConversionError.exit_code
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_what_is_no_onnx_file_is_named(convert, tmp_path: Path, capsys, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    assert convert(tmp_path / "bad.onnx", "") == ConversionError.exit_code
    assert "bad.onnx is no ONNX file" in capsys.readouterr().err


@pytest.mark.skipif(not PYTHON.exists(), reason="`make onnx2tf` has not run here")
def test_an_onnx_file_with_a_dynamic_batch_becomes_an_int8_bundle(convert, tmp_path: Path, capsys) -> None:
    pytest.importorskip("tensorflow")
    assert convert(make_onnx(tmp_path / "network.onnx", batch="N"), PYTHON) == 0
    assert "input 'image' has a dynamic batch; it is fixed to 1" in capsys.readouterr().out
    manifest = open_bundle(tmp_path / "out" / "tiny-1.0.0").manifest
    assert (manifest.input.shape, manifest.input.dtype) == ((1, 8, 8, 1), "int8")
    assert manifest.receipt["outputs"]["logits"]["agreement"] >= 0.95
    assert manifest.provenance["converted_from"] == "ONNX, by onnx2tf"
