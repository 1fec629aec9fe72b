"""A run's network in full int8, by the converter, and that network as the device will see it."""

import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.keras_source import KerasSource
from converter.rows import with_both_ends
from device.contract.manifest import MODEL, Bundle, Manifest
from device.runtime.model import Model
from training.predict import listed, pixels
from training.recipe import BaseRecipe
from training.run_folder import Run

WARM_UP, TIMED = 20, 300


def to_int8(run: Run[BaseRecipe], images: NDArray[np.uint8]) -> bytes:
    """Quantize weights, activations, input and outputs to int8.

    Args:
        images: a few hundred training images, N × 48 × 48, from which the ranges of the activations are taken.

    Returns:
        The .tflite file. Its input has the scale white/255 and zero point -128: a pixel minus 128.
    """
    white = run.recipe.network.white
    single = run.recipe.network.build({head: len(labels) for head, labels in run.heads.items()}, batch=1)
    single.set_weights(run.network.get_weights())
    source = KerasSource(
        lambda image: listed(single(image, training=False)),
        list(run.heads),
        tuple(single.inputs[0].shape),
        "Keras",
        run.folder.name,
    )
    return source.to_tflite("int8", with_both_ends(pixels(images, white), (0.0, white)))


class Int8Network:
    """A quantized network, run by the device's code on one thread.

    Args:
        manifest: describes it.
        model: the .tflite file.
    """

    def __init__(self, manifest: Manifest, model: bytes) -> None:
        self._heads = [spec.name for spec in manifest.outputs]
        logits = tuple(replace(spec, activation="none") for spec in manifest.outputs)
        self._model = Model(Bundle(Path(), replace(manifest, outputs=logits), {MODEL: model}))

    def predict(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Logits of each head for N × 48 × 48 images, as the device reads them."""
        columns = zip(*(self._model.on_image(image) for image in images), strict=True)
        return {head: np.concatenate(column) for head, column in zip(self._heads, columns, strict=True)}

    def latency_ms(self, image: NDArray[np.uint8]) -> float:
        """Median milliseconds of one inference on this machine, on one thread, input and output copies included."""
        times = []
        for _ in range(WARM_UP + TIMED):
            begun = time.perf_counter()
            self._model.on_image(image)
            times.append(time.perf_counter() - begun)
        return statistics.median(times[WARM_UP:]) * 1000
