"""From a Keras network to a full-int8 TFLite file, and running that file.

Two traps are avoided here. `from_concrete_functions` silently writes a broken file for Keras 3 models, so the network
is rebuilt with a fixed batch of one and given to `from_keras_model`. Dense layers are quantized per tensor, because
tflite-runtime 2.14 does not load the newer per-channel operator.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from device.contract.manifest import InputSpec, OutputSpec
from training.network import HEADS, NetworkConfig, build_network

WARM_UP, TIMED = 20, 300


def to_int8(network: keras.Model, config: NetworkConfig, images: NDArray[np.uint8]) -> bytes:
    """Quantize weights, activations, input and outputs to int8.

    Args:
        network: trained with `config`.
        images: a few hundred training images, N × 48 × 48, from which the ranges of the activations are taken.

    Returns:
        The .tflite file. Its input has scale 1/255 and zero point -128: a pixel minus 128.
    """
    single = build_network(config, batch=1)
    single.set_weights(network.get_weights())

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for number, image in enumerate(images):
            real = image[None, ..., None].astype(np.float32) / 255
            if number == 0:
                real[0, 0, :2, 0] = 0, 1  # the input's range is all of [0, 1], whatever the images hold
            yield [real]

    converter = tf.lite.TFLiteConverter.from_keras_model(single)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    with redirect_stdout(StringIO()):  # it prints the tensors of a temporary file
        return bytes(converter.convert())


class Int8Network:
    """A quantized network in LiteRT on one thread. `input` and `outputs` are what its manifest has to say."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        [image] = self._interpreter.get_input_details()
        scale, zero_point = image["quantization"]
        self.input = InputSpec(
            shape=tuple(map(int, image["shape"])),
            dtype=np.dtype(image["dtype"]).name,
            colour="grey",
            crop="aligned",
            scale=float(scale),
            zero_point=int(zero_point),
        )
        self._input = image["index"]
        self._details = self._interpreter.get_output_details()
        self.outputs = tuple(map(_output_spec, self._details))

    def predict(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Logits of each head for N × 48 × 48 images, as the device would read them."""
        heads: dict[str, list[NDArray[np.float32]]] = {spec.name: [] for spec in self.outputs}
        for image in images:
            self._invoke(image)
            for spec, detail in zip(self.outputs, self._details, strict=True):
                raw = self._interpreter.get_tensor(detail["index"])[0].astype(np.float32)
                heads[spec.name].append((raw - spec.zero_point) * np.float32(spec.scale))
        return {name: np.stack(rows) for name, rows in heads.items()}

    def latency_ms(self, image: NDArray[np.uint8]) -> float:
        """Median milliseconds of one inference on this machine, on one thread, input and output copies included."""
        times = []
        for _ in range(WARM_UP + TIMED):
            begun = time.perf_counter()
            self._invoke(image)
            times.append(time.perf_counter() - begun)
        return statistics.median(times[WARM_UP:]) * 1000

    def _invoke(self, image: NDArray[np.uint8]) -> None:
        self._interpreter.set_tensor(self._input, (image.astype(np.int16) - 128).astype(np.int8)[None, ..., None])
        self._interpreter.invoke()


def _output_spec(detail: dict[str, Any]) -> OutputSpec:
    """The converter renames and may reorder outputs; the heads differ in their number of classes."""
    shape = tuple(map(int, detail["shape"]))
    scale, zero_point = detail["quantization"]
    [head] = [name for name, labels in HEADS.items() if len(labels) == shape[-1]]
    return OutputSpec(
        name=head,
        shape=shape,
        dtype=np.dtype(detail["dtype"]).name,
        scale=float(scale),
        zero_point=int(zero_point),
        labels=HEADS[head],
        activation="softmax",
        unit="probability",
    )
