"""An interpreter without a network, for trying the pipeline where no model is: it answers what it is told."""

from collections.abc import Callable

import numpy as np

from device.arrays import Array
from device.closing import Closing
from device.runtime.interpreter import Tensor


class FakeInterpreter(Closing):
    """An `Interpreter` whose outputs are computed by a function of the input; zeros by default."""

    def __init__(
        self, input: Tensor, outputs: tuple[Tensor, ...], answer: Callable[[Array], tuple[Array, ...]] | None = None
    ) -> None:
        self.input = input
        self.outputs = outputs
        self._answer = answer or (lambda _: tuple(np.zeros(t.shape, t.dtype) for t in outputs))
        self._closed = False

    def invoke(self, value: Array) -> tuple[Array, ...]:
        if self._closed:
            raise AttributeError("invoke on a closed interpreter")
        if value.shape != self.input.shape or value.dtype.name != self.input.dtype:
            raise ValueError(f"input must be {self.input.dtype}{self.input.shape}, got {value.dtype}{value.shape}")
        return tuple(output.copy() for output in self._answer(value))

    def close(self) -> None:
        self._closed = True
