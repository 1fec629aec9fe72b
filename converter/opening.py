"""Which kind of network a file or folder is, and its `Source`."""

from collections.abc import Callable
from pathlib import Path

from converter.recipe import Recipe
from converter.source import Source
from device.contract.errors import ConversionError


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

        return open_onnx(path, recipe.input.shape, onnx2tf or recipe.onnx2tf, say)
    if path.suffix == ".keras" or (path / "saved_model.pb").is_file():
        from converter import keras_source  # noqa: PLC0415

        if path.suffix == ".keras":
            return keras_source.open_keras(path, recipe.input.shape)
        return keras_source.open_saved_model(path, recipe.input.shape)
    raise ConversionError(f"{path} is none of .keras, .onnx, .tflite or a SavedModel folder.")
