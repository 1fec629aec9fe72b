"""Rows of real inputs and, where known, the right classes: what calibrates a conversion and what it is measured on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from converter.recipe import STATIC, OutputRecipe, Recipe
from device.contract.errors import DataError

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
NOISE_ROWS = 64


@dataclass(frozen=True)
class Rows:
    """`x` is N × the network's input without its batch; `classes` by output name is N, -1 where unknown."""

    x: Floats
    classes: dict[str, Ints]
    origin: str


def calibration_rows(recipe: Recipe, scheme: str, shape: tuple[int, ...]) -> Floats | None:
    """Rows from which the ranges of the activations are taken; None when `scheme` needs none.

    For pictures the first row is given both ends of the input's range, which becomes the input's scale whatever the
    pictures hold.

    Raises:
        DataError: none where they are needed, or not of the input's shape.
    """
    if scheme not in STATIC:
        return None
    if not recipe.data.representative:
        raise DataError(f"Scheme {scheme} needs representative data: name an .npz in the recipe, data.representative.")
    rows = _read(Path(recipe.data.representative), recipe.outputs, shape)
    x = _some(rows.x, recipe.data.calibration_rows)
    return x if recipe.input.colour == "none" else with_both_ends(x, recipe.input.range)


def with_both_ends(rows: Floats, ends: tuple[float, float]) -> Floats:
    """The rows, the first of them with both ends of the input's range among its values."""
    changed = rows.copy()
    changed[0].reshape(-1)[:2] = ends
    return changed


def evaluation_rows(recipe: Recipe, shape: tuple[int, ...]) -> Rows:
    """Rows on which the conversion is measured: `data.evaluation`, else the representative ones, else noise.

    Raises:
        DataError: unreadable, not of the input's shape, or with classes that there are not.
    """
    name = recipe.data.evaluation or recipe.data.representative
    if not name:
        noise = np.random.default_rng(0).uniform(*recipe.input.range, (NOISE_ROWS, *shape[1:]))
        return Rows(noise.astype(np.float32), {}, "uniform noise")
    rows = _read(Path(name), recipe.outputs, shape)
    limit = recipe.data.evaluation_rows
    classes = {output: _some(y, limit) for output, y in rows.classes.items()}
    return Rows(_some(rows.x, limit), classes, Path(name).name)


def _read(path: Path, outputs: tuple[OutputRecipe, ...], shape: tuple[int, ...]) -> Rows:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name == "x" or name.startswith("y_")}
    except (OSError, EOFError, ValueError, AttributeError, BadZipFile) as error:
        raise DataError(f"{path} is no readable .npz file: check [data] in the recipe.") from error
    x = arrays.pop("x", None)
    if x is None or not len(x):
        raise DataError(f"{path} holds no rows named x.")
    if x.shape[1:] != shape[1:]:
        raise DataError(f"{path} holds rows of shape {x.shape[1:]}, and the network takes {shape[1:]}.")
    if x.dtype.kind != "f" or not np.isfinite(x).all():
        raise DataError(f"{path}: x must be finite real numbers, float32, in the range that the network takes.")
    known = {f"y_{output.name}": output for output in outputs}
    for name, y in arrays.items():
        if name not in known:
            raise DataError(f"{path} holds {name}, and the recipe has no such output (it has {', '.join(known)}).")
        _check_classes(path, name, y, len(x), len(known[name].labels))
    return Rows(x.astype(np.float32), {known[n].name: y.astype(np.int64) for n, y in arrays.items()}, path.name)


def _check_classes(path: Path, name: str, y: NDArray[np.generic], rows: int, labels: int) -> None:
    if y.shape != (rows,) or y.dtype.kind not in "iu":
        raise DataError(f"{path}: {name} must be {rows} whole numbers, one for each row of x.")
    values = y.astype(np.int64)
    wrong = np.flatnonzero((values < -1) | (values >= labels))
    if len(wrong):
        raise DataError(f"{path}: {name} of row {wrong[0]} is {values[wrong[0]]}, and there are {labels} labels.")


def _some(rows: NDArray[Any], limit: int) -> NDArray[Any]:
    return rows[:limit] if limit else rows
