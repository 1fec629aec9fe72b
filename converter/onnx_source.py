"""ONNX files, by way of onnx2tf, which lives in an environment of its own because its pins fit no other.

    model.onnx ─► checks here ─► `PYTHON -m onnx2tf` ─► SavedModel ─► compared with the ONNX reference ─► KerasSource

onnx2tf turns channels-first pictures into channels-last ones, so the network takes N × H × W × C. A dynamic batch
becomes 1.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from converter.source import fixed_shape
from device.contract.errors import ConversionError

if TYPE_CHECKING:
    from converter.keras_source import KerasSource

#: In the environment: the Python that has onnx2tf.
ONNX2TF = "AFFECTBOX_ONNX2TF"
TIMEOUT_S = 900.0
TOLERANCE = 1e-3  # of the largest output, between onnx2tf's network and the ONNX reference
_MISSING_OPERATOR = re.compile(r"No module named 'onnx2tf\.ops\.(\w+)'|(\w+) OP is not yet implemented")


def open_onnx(path: Path, wanted: tuple[int, ...], python: str, say: Callable[[str], None]) -> "KerasSource":
    """Convert an ONNX file to a `KerasSource`.

    Args:
        path: the file.
        wanted: the network's input shape (channels last) where the file leaves it open, or empty.
        python: of the environment that has onnx2tf; default: `$AFFECTBOX_ONNX2TF`.
        say: hears when a dynamic batch is fixed.

    Raises:
        ConversionError: no ONNX file, an unsupported operator, a dynamic size, no onnx2tf, a wrong result.
    """
    from converter.keras_source import open_saved_model  # noqa: PLC0415

    python = python or os.environ.get(ONNX2TF, "")
    graph = _checked(path)
    if len(graph.inputs) != 1:
        raise ConversionError(f"{path} has {len(graph.inputs)} inputs; a bundle's network has one.")
    name, shape = graph.inputs[0]
    if shape and shape[0] is None:
        say(f"{path.name}: input '{name}' has a dynamic batch; it is fixed to 1")
    fixed = fixed_shape(shape, _channels_first(wanted), f"Input '{name}' of {path.name}")
    if not python:
        raise ConversionError(
            f"Converting ONNX needs onnx2tf in an environment of its own: run `make onnx2tf`, then give "
            f"--onnx2tf build/onnx2tf/bin/python or set {ONNX2TF}."
        )
    with tempfile.TemporaryDirectory() as folder:
        _run(python, path, name, fixed, Path(folder))
        source = open_saved_model(Path(folder), (), "ONNX, by onnx2tf")
        _compare(path, name, fixed, source)
    return source


class _Graph:
    """The inputs that are no constants: name and shape, None where it is open."""

    def __init__(self, model: Any) -> None:
        constants = {constant.name for constant in model.graph.initializer}
        self.inputs = [(i.name, _shape(i)) for i in model.graph.input if i.name not in constants]


def _checked(path: Path) -> _Graph:
    try:
        import onnx  # noqa: PLC0415
    except ImportError as error:
        raise ConversionError("onnx is not installed: pip install --editable '.[converter]'.") from error
    try:
        model = onnx.load(path)
    except Exception as error:  # whatever a broken protocol buffer leads to
        raise ConversionError(f"{path} is no ONNX file that can be read.") from error
    if not model.graph.node:
        raise ConversionError(f"{path} is no ONNX file: it has no operators.")
    for node in model.graph.node:
        domain = next((o.version for o in model.opset_import if o.domain in (node.domain, "")), 1)
        if node.domain not in ("", "ai.onnx") or not onnx.defs.has(node.op_type, max_inclusive_version=domain):
            raise ConversionError(f"{path.name}: unsupported operator {node.op_type} (node '{node.name}').")
    return _Graph(model)


def _shape(value: Any) -> tuple[int | None, ...]:
    return tuple(int(d.dim_value) if d.HasField("dim_value") else None for d in value.type.tensor_type.shape.dim)


def _channels_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], shape[-1], *shape[1:-1]) if len(shape) == 4 else shape


def _run(python: str, path: Path, name: str, shape: tuple[int, ...], out: Path) -> None:
    sizes = f"{name}:{','.join(map(str, shape))}"
    command = [python, "-m", "onnx2tf", "-i", str(path), "-o", str(out), "-osd", "-n", "-ois", sizes]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConversionError(f"onnx2tf cannot be run by {python} ({error}): run `make onnx2tf`.") from error
    said = done.stdout + done.stderr
    if "No module named onnx2tf" in said:
        raise ConversionError(f"{python} has no onnx2tf: run `make onnx2tf` and name its Python.")
    if match := _MISSING_OPERATOR.search(said):
        raise ConversionError(f"{path.name}: unsupported operator {match[1] or match[2]}.")
    if not (out / "saved_model.pb").is_file():
        raise ConversionError(f"onnx2tf cannot convert {path.name}: {_last_line(said)}.")


def _compare(path: Path, name: str, shape: tuple[int, ...], source: Any) -> None:
    """Both on one row of noise; onnx2tf keeps the outputs' layout for vectors, and only those are compared."""
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415

    row = np.random.default_rng(0).random(shape, np.float32)
    expected = ReferenceEvaluator(str(path)).run(None, {name: row})
    last = np.moveaxis(row, 1, -1) if len(shape) == 4 else row
    found = source.predict(last.reshape(source.shape)).values()
    by_size: list[NDArray[np.float32]] = sorted((v.ravel() for v in found), key=lambda v: (v.size, float(v.sum())))
    exact = sorted((np.ravel(v) for v in expected), key=lambda v: (v.size, float(v.sum())))
    for one, other, value in zip(by_size, exact, sorted(expected, key=np.size), strict=True):
        if value.ndim <= 2 and np.abs(one - other).max() > TOLERANCE * max(1.0, float(np.abs(other).max())):
            raise ConversionError(f"onnx2tf's network of {path.name} computes something else than the ONNX file.")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "rror" in line and line.strip()]
    return lines[-1][:200].rstrip(".") if lines else "no reason given"
