"""Keras networks and SavedModels, converted by TensorFlow's own converter.

Traps that are avoided here. `from_concrete_functions` silently writes a broken file for Keras 3 networks, so that
everything, also a SavedModel, becomes a Keras network with a fixed batch of one and goes through `from_keras_model`.
Dense layers are quantized per tensor, because tflite-runtime 2.14 does not load the newer per-channel operator.
"""

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from converter.source import Floats, fixed_shape
from device.contract.errors import ConversionError
from device.runtime.quiet import native_chatter_silenced

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    with native_chatter_silenced():
        import keras
        import tensorflow as tf
except ImportError as error:
    raise ConversionError("TensorFlow is not installed: pip install --editable '.[converter]'.") from error

_UNSUPPORTED = re.compile(r"(?:tf\.|Flex|custom op: ?)(\w+)")


class KerasSource:
    """A Keras network with a batch of one; a `Source`."""

    def __init__(self, call: Callable[[Any], Any], names: list[str], shape: tuple[int, ...], kind: str, where: str):
        """Wrap `call`, which maps a symbolic input to the outputs called `names`, in order."""
        image = keras.Input(batch_shape=shape, name="input")
        outputs = call(image)
        ordered = outputs if isinstance(outputs, list | tuple) else [outputs]
        self._network = keras.Model(image, dict(zip(names, ordered, strict=True)))
        self._answer = tf.function(self._network, input_signature=[tf.TensorSpec(shape, tf.float32)])
        self.shape = shape
        self.kind = kind
        self._where = where

    def predict(self, x: Floats) -> dict[str, Floats]:
        answers = [self._answer(tf.constant(row[None])) for row in x]
        return {name: np.concatenate([answer[name].numpy() for answer in answers]) for name in answers[0]}

    def to_tflite(self, scheme: str, calibration: Floats | None) -> bytes:
        converter = tf.lite.TFLiteConverter.from_keras_model(self._network)
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
        if scheme != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if scheme == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if calibration is not None:
            converter.representative_dataset = lambda: _single_rows(calibration)
            converter.target_spec.supported_ops, kind = {
                "int8": ([tf.lite.OpsSet.TFLITE_BUILTINS_INT8], tf.int8),
                "int16x8": (
                    [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8],
                    tf.int16,
                ),
            }[scheme]
            converter.inference_input_type = converter.inference_output_type = kind
        return self._converted(converter, scheme)

    def _converted(self, converter: Any, scheme: str) -> bytes:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        try:
            with redirect_stdout(StringIO()), native_chatter_silenced(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns of what is meant here, and prints
                return bytes(converter.convert())
        except Exception as error:  # the converter raises its own error, RuntimeError or ValueError
            raise ConversionError(f"{self._where} cannot be converted to {scheme}: {_reason(str(error))}.") from error


def open_keras(path: Path, wanted: tuple[int, ...]) -> KerasSource:
    """A `.keras` file. Raises `ConversionError`."""
    try:
        with native_chatter_silenced():
            network = keras.models.load_model(path, compile=False)
    except Exception as error:  # zip, JSON, HDF5 and missing-class errors alike
        raise ConversionError(f"{path} is no Keras network that can be loaded ({_first_line(error)}).") from error
    inputs = getattr(network, "inputs", None) or []
    if len(inputs) != 1:
        raise ConversionError(
            f"{path} has {len(inputs)} inputs; a bundle's network has one"
            + ("." if inputs else ": build it, by an Input layer or by calling it once, before it is saved.")
        )
    shape = fixed_shape(tuple(inputs[0].shape), wanted, str(path))
    names = getattr(network, "output_names", None) or [network.layers[-1].name]  # a Sequential has only layers
    if _clash(names):
        names = [tensor.name for tensor in network.outputs]
    return KerasSource(lambda x: _listed(network(x, training=False)), names, shape, "Keras", path.name)


def open_saved_model(path: Path, wanted: tuple[int, ...], kind: str = "SavedModel") -> KerasSource:
    """A SavedModel folder with the signature `serving_default`. Raises `ConversionError`."""
    try:
        with native_chatter_silenced():
            signature = tf.saved_model.load(str(path)).signatures["serving_default"]
            layer = keras.layers.TFSMLayer(str(path), call_endpoint="serving_default")
    except Exception as error:  # whatever a broken protocol buffer leads to
        raise ConversionError(f"{path} is no SavedModel with a serving_default signature.") from error
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise ConversionError(f"{path} has {len(inputs)} inputs; a bundle's network has one.")
    shape = fixed_shape(tuple(next(iter(inputs.values())).shape), wanted, str(path))
    names = sorted(signature.structured_outputs)

    def call(x: Any) -> list[Any]:
        outputs = layer(x)  # a single one comes bare
        return [outputs[name] for name in names] if isinstance(outputs, dict) else [outputs]

    return KerasSource(call, names, shape, kind, path.name)


def _listed(outputs: Any) -> list[Any]:
    return list(keras.tree.flatten(outputs))


def _clash(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _single_rows(rows: Floats) -> Iterator[list[Floats]]:
    for row in rows:
        yield [row[None]]


def _reason(text: str) -> str:
    operators = sorted(
        {name for name in _UNSUPPORTED.findall(text) if name not in ("lite", "function", "entry_function")}
    )
    if "not supported" in text or "neither a custom op nor a flex op" in text:
        return f"unsupported operator {', '.join(operators)}" if operators else "unsupported operator"
    return _first_line(text)


def _first_line(error: Exception | str) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200].rstrip(".") if lines else "no reason given"
