"""The parity receipt: a converted network against the one that it was made from, and the gate.

Everything is measured on what the box would see: through `device.runtime.model`, activation applied, in each output's
unit. An output with `softmax` or with known classes is a choice among its labels; the others are only numbers.
"""

import platform
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.recipe import Limits
from converter.rows import Floats, Ints, Rows
from device.contract.errors import ParityError
from device.contract.manifest import MODEL, Bundle, Manifest, OutputSpec
from device.runtime.interpreter import TfLiteInterpreter
from device.runtime.model import Model, activate

WARM_UP, TIMED = 10, 100


def answers(manifest: Manifest, model: bytes, x: Floats) -> dict[str, Floats]:
    """Real, activated outputs of every row, as the box would compute them. Raises `ModelError`."""
    with Model(Bundle(Path(manifest.id), manifest, {MODEL: model})) as network:
        rows = [network.on_values(row) for row in x]
    return {o.name: np.stack([row[i].reshape(o.shape) for row in rows]) for i, o in enumerate(manifest.outputs)}


def latency_ms(model: bytes) -> float:
    """Median milliseconds of one inference on this machine, on one thread, copies included."""
    with TfLiteInterpreter(model) as network:
        value = np.zeros(network.input.shape, network.input.dtype)
        times = []
        for _ in range(WARM_UP + TIMED):
            begun = time.perf_counter()
            network.invoke(value)
            times.append(time.perf_counter() - begun)
    return statistics.median(times[WARM_UP:]) * 1000


def receipt(manifest: Manifest, model: bytes, exact: dict[str, Floats], rows: Rows) -> dict[str, Any]:
    """Every figure of one converted network.

    Args:
        manifest: describes `model`.
        model: the .tflite file.
        exact: the source's raw outputs by name, N × shape.
        rows: what it is measured on.
    """
    found = answers(manifest, model, rows.x)
    return {
        "measured_on": rows.origin,
        "rows": len(rows.x),
        "outputs": {
            o.name: _figures(o, exact[o.name], found[o.name], rows.classes.get(o.name)) for o in manifest.outputs
        },
        "size_bytes": len(model),
        "latency_ms_median": round(latency_ms(model), 4),
        "latency_threads": 1,
        "latency_processor": platform.machine(),
    }


def enforce(figures: dict[str, Any], limits: Limits, scheme: str) -> None:
    """The gate. Raises `ParityError`, naming the output and the limit, when the network is too far off."""
    for name, output in figures["outputs"].items():
        drop = (output.get("accuracy_float", 0) - output.get("accuracy", 0)) * 100
        for what, value, limit in (
            ("loses {:.2f} points of accuracy", drop, limits.accuracy_drop),
            ("is off by {:.4g} in the mean", output["error_mean"], limits.mean_error),
        ):
            if not value <= limit:
                raise ParityError(
                    f"Output '{name}' in {scheme} {what.format(value)}, and the recipe allows {limit:g}: "
                    "give better representative data, or choose another scheme."
                )
        if not output["cosine"] >= limits.cosine:
            raise ParityError(
                f"Output '{name}' in {scheme} resembles the source's only by a cosine of {output['cosine']}, and the "
                f"recipe demands {limits.cosine:g}: the conversion is broken, or the representative data is."
            )


def _figures(spec: OutputSpec, raw: Floats, found: Floats, classes: Ints | None) -> dict[str, Any]:
    exact = activate(raw.reshape(found.shape), spec.activation)
    error = np.abs(exact - found)
    figures: dict[str, Any] = {
        "error_max": _rounded(error.max()),
        "error_mean": _rounded(error.mean()),
        "cosine": _rounded(_cosine(exact, found)),
    }
    if spec.activation != "softmax" and classes is None:
        return figures
    choice_exact, choice = (values.reshape(len(values), -1).argmax(1) for values in (exact, found))
    figures["agreement"] = _rounded((choice_exact == choice).mean())
    if classes is not None and (classes >= 0).any():
        figures["accuracy_float"] = _accuracy(choice_exact, classes, classes >= 0)
        figures["accuracy"] = _accuracy(choice, classes, classes >= 0)
        per_class = {label: classes == number for number, label in enumerate(spec.labels)}
        figures["accuracy_per_class"] = {label: _accuracy(choice, classes, rows) for label, rows in per_class.items()}
        figures["rows_per_class"] = {label: int(rows.sum()) for label, rows in per_class.items()}
    return figures


def _accuracy(choice: NDArray[np.int64], classes: Ints, rows: NDArray[np.bool_]) -> float | None:
    return _rounded((choice[rows] == classes[rows]).mean()) if rows.any() else None


def _cosine(one: Floats, other: Floats) -> float:
    a, b = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length else float(np.array_equal(a, b))


def _rounded(value: Any) -> float:
    return float(f"{float(value):.6g}")
