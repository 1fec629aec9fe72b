"""From a Keras network to a full-int8 TFLite file, and that file as the device will see it.

Two traps are avoided here. `from_concrete_functions` silently writes a broken file for Keras 3 models, so the network
is rebuilt with a fixed batch of one and given to `from_keras_model`. Dense layers are quantized per tensor, because
tflite-runtime 2.14 does not load the newer per-channel operator.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from device.contract.manifest import Bundle, InputSpec, Manifest, OutputSpec
from device.runtime.interpreter import Tensor, TfLiteInterpreter
from device.runtime.model import Model
from training.run_folder import Run

WARM_UP, TIMED = 20, 300


def to_int8(run: Run, images: NDArray[np.uint8]) -> bytes:
    """Quantize weights, activations, input and outputs to int8.

    Args:
        images: a few hundred training images, N × 48 × 48, from which the ranges of the activations are taken.

    Returns:
        The .tflite file. Its input has the scale white/255 and zero point -128: a pixel minus 128.
    """
    white = run.recipe.network.white
    single = run.recipe.network.build({head: len(labels) for head, labels in run.heads.items()}, batch=1)
    single.set_weights(run.network.get_weights())

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for number, image in enumerate(images):
            real = image[None, ..., None].astype(np.float32) * np.float32(white / 255)
            if number == 0:
                real[0, 0, :2, 0] = 0, white  # the input's range is all of [0, white], whatever the images hold
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
    """A quantized network, run by the device's code on one thread. `input` and `outputs` are what its manifest has to
    say, with temperatures still 1.

    Args:
        model: the .tflite file.
        heads: head → labels.
        white: value of a white pixel at the input.
        readings: head → activation that the device applies, and unit; softmax probabilities for those not named.
    """

    def __init__(
        self,
        model: bytes,
        heads: dict[str, tuple[str, ...]],
        white: float,
        readings: dict[str, tuple[str, str]] | None = None,
    ) -> None:
        with TfLiteInterpreter(model) as network:
            image, outputs = network.input, network.outputs
        self.input = InputSpec(
            shape=image.shape,
            dtype=image.dtype,
            colour="grey",
            crop="aligned",
            scale=image.scale,
            zero_point=image.zero_point,
            range=(0.0, white),
        )
        names = output_heads(model, heads)
        known = readings or {}
        self.outputs = tuple(
            _output_spec(tensor, name, heads[name], known.get(name, ("softmax", "probability")))
            for tensor, name in zip(outputs, names, strict=True)
        )
        logits = tuple(replace(spec, activation="none") for spec in self.outputs)
        manifest = Manifest("int8", "0", "facial-expression", self.input, logits, {}, "", "")
        self._model = Model(Bundle(Path(), manifest, {"model.tflite": model}))

    def predict(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Logits of each head for N × 48 × 48 images, as the device reads them."""
        rows = [self._model.on_image(image) for image in images]
        columns = zip(*rows, strict=True)
        return {spec.name: np.concatenate(column) for spec, column in zip(self.outputs, columns, strict=True)}

    def latency_ms(self, image: NDArray[np.uint8]) -> float:
        """Median milliseconds of one inference on this machine, on one thread, input and output copies included."""
        times = []
        for _ in range(WARM_UP + TIMED):
            begun = time.perf_counter()
            self._model.on_image(image)
            times.append(time.perf_counter() - begun)
        return statistics.median(times[WARM_UP:]) * 1000


def output_heads(model: bytes, heads: dict[str, tuple[str, ...]]) -> list[str]:
    """Which head each output of a .tflite file is; the converter renames and reorders them.

    A number of labels that only one head has tells; heads with equally many are told apart by the file's signature,
    which numbers outputs as the Keras network had them, in the order of `heads`.
    """
    network = Interpreter(model_content=model)
    numbered = network.get_signature_runner().get_output_details()
    places = {detail["index"]: list(heads)[int(name.removeprefix("output_"))] for name, detail in numbered.items()}
    found = []
    for detail in network.get_output_details():
        alike = [head for head, labels in heads.items() if len(labels) == detail["shape"][-1]]
        found.append(alike[0] if len(alike) == 1 else places[detail["index"]])
    return found


def _output_spec(tensor: Tensor, name: str, labels: tuple[str, ...], reading: tuple[str, str]) -> OutputSpec:
    activation, unit = reading
    return OutputSpec(
        name=name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        scale=tensor.scale,
        zero_point=tensor.zero_point,
        labels=labels,
        activation=activation,
        unit=unit,
    )
