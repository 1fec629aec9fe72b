"""The seam to what is converted: Keras networks, SavedModels, ONNX files, existing .tflite files.

A source gives the .tflite bytes of each scheme and answers rows exactly, in its own framework, which is what the
converted network is compared with.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from converter.recipe import Recipe
from device.contract.errors import ConversionError

Floats = NDArray[np.float32]
ONNX2TF = "AFFECTBOX_ONNX2TF"


class Source(Protocol):
    """A network with one input."""

    shape: tuple[int, ...]
    """Of the input, with a batch of 1."""

    kind: str
    """Named in the bundle's provenance."""

    def to_tflite(self, scheme: str, calibration: Floats | None) -> bytes:
        """The network in `scheme`. Raises `ConversionError`: not possible, and why."""

    def predict(self, x: Floats) -> dict[str, Floats]:
        """Real outputs of every row, N × shape without the batch, by the source's names."""


def open_source(path: Path, recipe: Recipe, onnx2tf: str = "", say: Callable[[str], None] = print) -> Source:
    """Load `path`, whatever it is.

    Args:
        path: `.keras` file, SavedModel folder, `.onnx` or `.tflite` file.
        recipe: its `input.shape` fixes what the source leaves open.
        onnx2tf: the Python of the environment with onnx2tf; default: the recipe's, else `$AFFECTBOX_ONNX2TF`.
        say: hears of what was decided on the way.

    Raises:
        ConversionError: missing, not a model, an unsupported operator, a shape left open, a missing tool.
    """
    if not path.exists():
        raise ConversionError(f"There is no {path}.")
    if path.suffix == ".tflite":
        from converter.tflite_source import TfliteSource  # noqa: PLC0415

        return TfliteSource(path.read_bytes(), path.name)
    if path.suffix == ".onnx":
        from converter.onnx_source import open_onnx  # noqa: PLC0415

        python = onnx2tf or recipe.onnx2tf or os.environ.get(ONNX2TF, "")
        return open_onnx(path, recipe.input.shape, python, say)
    if path.suffix == ".keras" or (path / "saved_model.pb").is_file():
        from converter import keras_source  # noqa: PLC0415

        if path.suffix == ".keras":
            return keras_source.open_keras(path, recipe.input.shape)
        return keras_source.open_saved_model(path, recipe.input.shape)
    raise ConversionError(f"{path} is none of .keras, .onnx, .tflite or a SavedModel folder.")


def fixed_shape(shape: tuple[int | None, ...], wanted: tuple[int, ...], where: str) -> tuple[int, ...]:
    """The input's shape with a batch of 1.

    Args:
        shape: the source's, None where it is open. An open batch becomes 1.
        wanted: the recipe's, or empty.
        where: named in errors.

    Raises:
        ConversionError: another batch, a size left open by both, or a recipe that contradicts the source.
    """
    filled: tuple[int | None, ...] = wanted or (shape[0] or 1, *shape[1:])
    if len(filled) != len(shape) or any(have not in (None, want) for have, want in zip(shape, filled, strict=True)):
        raise ConversionError(f"{where} takes {_shown(shape)}, and the recipe's input.shape is {_shown(wanted)}.")
    if filled[0] != 1:
        raise ConversionError(f"{where} takes a batch of {filled[0]}: export it with a batch of 1, or an open one.")
    if None in filled:
        at = filled.index(None)
        raise ConversionError(
            f"{where} takes {_shown(shape)}: dimension {at} is dynamic, and the box needs a fixed one: "
            "export it with one, or name it by input.shape in the recipe."
        )
    return tuple(int(n) for n in filled if n is not None)


def _shown(shape: tuple[int | None, ...]) -> str:
    return " × ".join("?" if n is None else str(n) for n in shape)
