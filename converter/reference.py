"""Reference inputs and outputs inside a bundle, and running them again on another machine.

`reference.npz` holds `x`, a dozen rows of real inputs, and `out_NAME`, what the converting machine's network gave:
raw tensor values, before scale and activation.

Tolerance. Kernels of another processor or library may round otherwise. Measured: LiteRT's int8 differs by one step in
0.4 % of values across processors, tflite-runtime 2.14 by up to 20 steps; dynamic-range networks by up to 0.02. Allowed
are here 2 steps, 24 with tflite-runtime, for whole numbers; for real numbers a share of the largest one.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.rows import Floats
from device.contract.errors import ModelError, ParityError
from device.contract.manifest import Bundle, Manifest
from device.runtime.interpreter import TfLiteInterpreter, available_library
from device.runtime.model import quantize

REFERENCE = "reference.npz"
ROWS = 12
STEPS = {"ai_edge_litert": 2, "tflite_runtime": 24}
#: Scheme → allowed share of the largest value, for outputs that are real numbers.
SHARES = {"float32": 0.001, "float16": 0.001, "dynamic": 0.05, "int8": 0.05, "int16x8": 0.05}


def make_reference(manifest: Manifest, model: bytes, x: Floats) -> bytes:
    """Content of `reference.npz`: rows spread over `x` and the network's answers here."""
    chosen = x[np.unique(np.linspace(0, len(x) - 1, ROWS).astype(int))]
    content = io.BytesIO()
    np.savez_compressed(content, x=chosen, **_outputs(manifest, model, chosen))  # type: ignore[arg-type]
    return content.getvalue()


def rerun(bundle: Bundle) -> str:
    """Run a bundle's reference again.

    Returns:
        A sentence: what was compared and how near it is.

    Raises:
        ModelError: the bundle holds no reference, or one that cannot be read.
        ParityError: further off than the tolerance.
    """
    if REFERENCE not in bundle.contents:
        raise ModelError(f"Bundle {bundle.manifest.id} holds no {REFERENCE}: there is nothing to run again.")
    try:
        with np.load(io.BytesIO(bundle.contents[REFERENCE]), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        x = arrays.pop("x")
        expected = {f"out_{output.name}": arrays[f"out_{output.name}"] for output in bundle.manifest.outputs}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The {REFERENCE} of bundle {bundle.manifest.id} cannot be read: build it again.") from error
    found = _outputs(bundle.manifest, bundle.model, x)
    library = available_library()
    worst = [_compared(bundle.manifest, name, expected[name], found[name], library) for name in expected]
    return f"{len(x)} reference inputs run again with {library}: {'; '.join(worst)}"


def _outputs(manifest: Manifest, model: bytes, x: Floats) -> dict[str, NDArray[Any]]:
    with TfLiteInterpreter(model) as network:
        rows = [network.invoke(quantize(row.reshape(manifest.input.shape), manifest.input)) for row in x]
    return {f"out_{o.name}": np.stack([row[i] for row in rows]) for i, o in enumerate(manifest.outputs)}


def _compared(manifest: Manifest, name: str, expected: NDArray[Any], found: NDArray[Any], library: str) -> str:
    if expected.shape != found.shape or expected.dtype != found.dtype:
        raise ParityError(f"Output '{name[4:]}' of {manifest.id} is of another form than its reference.")
    off = float(np.abs(expected.astype(np.float64) - found).max())
    if expected.dtype.kind == "f":
        scheme = str(manifest.receipt.get("scheme", "float32"))
        allowed, unit = SHARES.get(scheme, 0.05) * max(float(np.abs(expected).max()), 1e-6), "in value"
    else:
        # A step of int16 is 256 times finer.
        fine = 256 if expected.dtype == np.int16 else 1
        allowed, unit = float(STEPS[library] * fine), "steps"
    text = f"{name[4:]} differs by at most {off:.4g} {unit} (allowed {allowed:.4g})"
    if not off <= allowed:
        raise ParityError(f"On this machine {manifest.id} computes something else with {library}: {text}.")
    return text
