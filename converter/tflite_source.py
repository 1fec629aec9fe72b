"""Existing .tflite files, re-quantized by ai-edge-quantizer.

Two traps are avoided here. Its default calibration follows a moving average of the ranges, which clips; here the
ranges are the extremes. Its dynamic-range files load in tflite-runtime 2.14 and compute nonsense there, so that scheme
is refused.
"""

import warnings
from contextlib import redirect_stdout
from io import StringIO

import numpy as np

from converter.flatbuffer import interface, prepare
from converter.source import Floats, fixed_shape
from device.contract.errors import ConversionError, ModelError
from device.runtime.interpreter import TfLiteInterpreter
from device.runtime.quiet import native_chatter_silenced


class TfliteSource:
    """A float .tflite file; a `Source`."""

    kind = "TFLite"

    def __init__(self, model: bytes, where: str) -> None:
        """Read the file. Raises `ConversionError`: not a model, several inputs, an open size, not float.

        An open batch becomes 1.
        """
        found = interface(model, where)
        if len(found.inputs) != 1:
            raise ConversionError(f"{where} has {len(found.inputs)} inputs; a bundle's network has one.")
        [only] = found.inputs
        if only.dtype != "float32":
            raise ConversionError(f"{where} is quantized already (its input is {only.dtype}): give the float network.")
        opened = tuple(None if i in only.open else n for i, n in enumerate(only.shape))
        self.shape = fixed_shape(opened, (), where)
        self._model = prepare(model, where)
        self._interface = interface(self._model, where)
        self._where = where

    def predict(self, x: Floats) -> dict[str, Floats]:
        with TfLiteInterpreter(self._model) as network:
            rows = [network.invoke(row[None]) for row in x]
        names = [output.names[0] for output in self._interface.outputs]
        return {name: np.stack([row[i] for row in rows]) for i, name in enumerate(names)}

    def to_tflite(self, scheme: str, calibration: Floats | None) -> bytes:
        if scheme == "float32":
            return self._model
        if scheme == "dynamic":
            raise ConversionError(
                f"{self._where} cannot become dynamic: such files compute nonsense in tflite-runtime 2.14; "
                "convert from the Keras or ONNX source, or choose int8."
            )
        try:
            with native_chatter_silenced(), redirect_stdout(StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of its own debugging interpreter
                model = self._quantized(scheme, calibration)
                TfLiteInterpreter(model).close()  # it can write files that no runtime takes
                return model
        except (ModelError, RuntimeError, ValueError, NotImplementedError) as error:
            reason = str(error).splitlines()[0] if str(error) else "no reason given"
            raise ConversionError(f"{self._where} cannot be converted to {scheme}: {reason}") from error

    def _quantized(self, scheme: str, calibration: Floats | None) -> bytes:
        from ai_edge_quantizer import algorithm_manager, calibrator, quantizer, recipe, recipe_manager  # noqa: PLC0415
        from ai_edge_quantizer.utils.qsv_utils import min_max_update  # noqa: PLC0415

        work = quantizer.Quantizer(self._model)
        if calibration is None:
            work.add_weight_only_config(
                regex=".*",
                operation_name=recipe.TFLOperationName.ALL_SUPPORTED,
                num_bits=16,
                algorithm_key=algorithm_manager.AlgorithmName.FLOAT_CASTING,
            )
            return bytes(work.quantize(enable_progress_report=False).quantized_model)
        steps = recipe.static_wi8_ai8() if scheme == "int8" else recipe.static_wi8_ai16()
        work.load_quantization_recipe(steps)
        manager = recipe_manager.RecipeManager()
        manager.load_quantization_recipe(steps)
        watcher = calibrator.Calibrator(self._model, num_threads=1, qsv_update_func=min_max_update)
        name = self._interface.inputs[0].names[0]
        watcher.calibrate({self._interface.signature: [{name: row[None]} for row in calibration]}, manager)
        return bytes(work.quantize(watcher.get_model_qsvs(), enable_progress_report=False).quantized_model)
