"""A bundle's network, ready to be called with real values: shapes checked, quantization and activation applied."""

import time
from collections.abc import Callable

import cv2
import numpy as np

from device.arrays import Array, ByteImage, FloatArray
from device.closing import Closing
from device.contract.errors import ModelError
from device.contract.manifest import Bundle, InputSpec, OutputSpec
from device.runtime.interpreter import Interpreter, TfLiteInterpreter


class Model(Closing):
    """A checked bundle with its interpreter.

    Attributes:
        invokes: number of times the network ran.
        invoke_cpu_s: CPU seconds that the calling thread spent inside the network.
    """

    def __init__(
        self, bundle: Bundle, threads: int = 1, load: Callable[[bytes, int], Interpreter] = TfLiteInterpreter
    ) -> None:
        """Load the network.

        Raises:
            ModelError: the network's tensors are not what the manifest says.
        """
        self.manifest = bundle.manifest
        self.bundle = bundle
        self._interpreter = load(bundle.model, threads)
        self._check()
        low, high = self.manifest.input.range
        self._pixel_values = quantize(np.linspace(low, high, 256, dtype=np.float32), self.manifest.input)
        self.invokes = 0
        self.invoke_cpu_s = 0.0

    def on_image(self, image: ByteImage) -> tuple[FloatArray, ...]:
        """Run on a uint8 image that has the input's height, width and colour; returns real outputs."""
        return self._run(self._pixels(image).reshape(self.manifest.input.shape))

    def on_values(self, values: FloatArray) -> tuple[FloatArray, ...]:
        """Run on real values of the input's shape; returns real outputs."""
        return self._run(quantize(values.reshape(self.manifest.input.shape), self.manifest.input))

    def close(self) -> None:
        """Free the network."""
        self._interpreter.close()

    def _pixels(self, image: ByteImage) -> Array:
        """The tensor's value of each pixel. A table is the slower way to floats."""
        if self._pixel_values.dtype != np.float32:
            return np.asarray(cv2.LUT(image, self._pixel_values))
        low, high = self.manifest.input.range
        values = np.multiply(image, (high - low) / 255, dtype=np.float32)
        if low:
            values += np.float32(low)
        return values

    def _run(self, value: Array) -> tuple[FloatArray, ...]:
        start = time.thread_time()
        raw = self._interpreter.invoke(value)
        self.invoke_cpu_s += time.thread_time() - start
        self.invokes += 1
        pairs = zip(raw, self.manifest.outputs, strict=True)
        return tuple(activate(dequantize(value, spec), spec.activation, spec.temperature) for value, spec in pairs)

    def _check(self) -> None:
        pairs = [(self._interpreter.input, self.manifest.input)]
        if len(self._interpreter.outputs) == len(self.manifest.outputs):
            pairs += list(zip(self._interpreter.outputs, self.manifest.outputs, strict=True))  # type: ignore[arg-type]
        else:
            self._refuse(f"has {len(self._interpreter.outputs)} outputs, not {len(self.manifest.outputs)}")
        for tensor, spec in pairs:
            if tensor.shape != spec.shape or tensor.dtype != spec.dtype:
                self._refuse(f"has {tensor.dtype}{tensor.shape} where the manifest says {spec.dtype}{spec.shape}")
            if not np.isclose(tensor.scale, spec.scale, rtol=1e-4) or tensor.zero_point != spec.zero_point:
                self._refuse("is quantized otherwise than the manifest says")

    def _refuse(self, how: str) -> None:
        raise ModelError(f"The network of bundle {self.manifest.id} {how}: fetch or build the bundle again.")


def quantize(values: FloatArray, spec: InputSpec) -> Array:
    """Real values to the tensor's type: round(v ÷ scale) + zero point, saturated; floats pass unchanged."""
    if spec.scale == 0:
        return values.astype(spec.dtype, copy=False)
    limits = np.iinfo(spec.dtype)
    steps = np.rint(values / spec.scale) + spec.zero_point
    return np.asarray(np.clip(steps, limits.min, limits.max), spec.dtype)


def dequantize(raw: Array, spec: OutputSpec) -> FloatArray:
    """The tensor's values as real ones."""
    if spec.scale == 0:
        return raw.astype(np.float32, copy=False)
    return np.asarray((raw.astype(np.float32) - spec.zero_point) * spec.scale, np.float32)


def activate(values: FloatArray, activation: str, temperature: float = 1.0) -> FloatArray:
    """Divide by the temperature, then apply `none`, `sigmoid` or `softmax` (over the last axis)."""
    if temperature != 1.0:
        values = np.asarray(values / temperature, np.float32)
    if activation == "sigmoid":
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)  # the same function, without overflow
    if activation == "softmax":
        powers = np.exp(values - values.max(-1, keepdims=True))
        return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)
    return values
