"""The seam to the inference library.

`ai_edge_litert.Interpreter` and its predecessor `tflite_runtime.Interpreter` have the same interface; whichever can
be imported is used, the newer first. Source: https://ai.google.dev/edge/litert (Python API).
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, Self

import numpy as np

from device.arrays import Array
from device.closing import Closing
from device.contract.errors import ModelError, RuntimeMissingError
from device.runtime.quiet import native_chatter_silenced

LIBRARIES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


@dataclass(frozen=True)
class Tensor:
    """One tensor's shape, type and quantization: a real value is `(q - zero_point) * scale`, float when scale is 0."""

    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


class Interpreter(Protocol):
    """A loaded network with one input. Closed interpreters must not be invoked."""

    input: Tensor
    outputs: tuple[Tensor, ...]

    def invoke(self, value: Array) -> tuple[Array, ...]:
        """Run the network on `value`, which has exactly the input's shape and dtype; returns copies of the outputs."""

    def close(self) -> None:
        """Free the network's memory. May be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class TfLiteInterpreter(Closing):
    """An `Interpreter` over ai-edge-litert or tflite-runtime."""

    def __init__(self, model: bytes, threads: int = 1, library: str | None = None) -> None:
        """Load a .tflite flatbuffer.

        Args:
            model: content of the file.
            threads: CPU threads of the network.
            library: one of `LIBRARIES`; by default the first that can be imported.

        Raises:
            RuntimeMissingError: no library.
            ModelError: not a model, or one that this library cannot run, or not exactly one input.
        """
        try:
            with native_chatter_silenced():
                self._network = _library(library).Interpreter(model_content=model, num_threads=threads)
                self._network.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else "no reason given"
            raise ModelError(f"The model cannot be loaded ({reason}): fetch or build its bundle again.") from error
        inputs, outputs = self._network.get_input_details(), self._network.get_output_details()
        if len(inputs) != 1:
            raise ModelError(f"The model has {len(inputs)} inputs; a bundle's model has one.")
        self.input = _tensor(inputs[0])
        self.outputs = tuple(_tensor(detail) for detail in outputs)
        self._input_index = inputs[0]["index"]
        self._output_indices = [detail["index"] for detail in outputs]

    def invoke(self, value: Array) -> tuple[Array, ...]:
        self._network.set_tensor(self._input_index, value)
        self._network.invoke()
        return tuple(self._network.get_tensor(index) for index in self._output_indices)

    def close(self) -> None:
        self._network = None


def available_library() -> str:
    """Name of the inference library in use, such as `ai_edge_litert`. Raises `RuntimeMissingError`."""
    return str(_library(None).__name__).split(".", maxsplit=1)[0]


def _library(name: str | None) -> Any:
    for candidate in (name,) if name else LIBRARIES:
        try:
            return import_module(candidate)
        except ImportError:
            continue
    raise RuntimeMissingError(
        "No inference library: install ai-edge-litert (64-bit) or tflite-runtime (Python 3.11 and older) with pip."
    )


def _tensor(detail: dict[str, Any]) -> Tensor:
    scale, zero_point = detail["quantization"]
    shape = tuple(int(n) for n in detail["shape"])
    return Tensor(shape, np.dtype(detail["dtype"]).name, float(scale), int(zero_point))
