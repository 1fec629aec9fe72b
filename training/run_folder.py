"""What a training leaves on disk, and how it is read again.

    RUN/meta.json        recipe, data, history, versions: for people, and for `evaluate` and `export`
    RUN/weights.npz      the averaged weights after the last epoch
    RUN/checkpoint.npz   the whole state after the last epoch, for --resume

Every file appears whole or not at all. `meta.json` comes last; `checkpoint.npz` holds what resuming needs by itself.
"""

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Generic, TypeVar
from zipfile import BadZipFile

import keras
import numpy as np

from device.contract.errors import ConfigError
from training.recipe import BaseRecipe, Recipe, parse_recipe_of

META, WEIGHTS, CHECKPOINT = "meta.json", "weights.npz", "checkpoint.npz"
PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "ai-edge-litert")


Made_co = TypeVar("Made_co", bound=BaseRecipe, covariant=True)


@dataclass(frozen=True)
class Run(Generic[Made_co]):
    """A finished or interrupted training: its network with the averaged weights, and `meta.json`."""

    folder: Path
    recipe: Made_co
    heads: dict[str, tuple[str, ...]]
    network: keras.Model
    meta: dict[str, Any]


def load_run(folder: Path) -> Run[Recipe]:
    """Open the run folder of an expression network; see `load_run_of`."""
    return load_run_of(Recipe, folder)


def load_run_of(kind: type[Made_co], folder: Path) -> Run[Made_co]:
    """Open a run folder, of a training by a recipe of this kind. Raises `ConfigError` if it holds no such run with
    weights."""
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        recipe = parse_recipe_of(kind, meta["recipe"], str(folder / META))
        heads = {head: tuple(labels) for head, labels in meta["heads"].items()}
        network = recipe.network.build({head: len(labels) for head, labels in heads.items()})
        with np.load(folder / WEIGHTS) as arrays:
            network.set_weights([arrays[f"weights.{number}"] for number in range(len(network.weights))])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ConfigError(f"{folder} holds no finished epoch of a training ({error}): give a run folder.") from error
    return Run(folder, recipe, heads, network, meta)


def reads_faces(folder: Path) -> bool:
    """Whether the run is of a face network, as far as its `meta.json` tells."""
    try:
        recipe = json.loads((folder / META).read_text(encoding="utf-8"))["recipe"]
        return bool(recipe["network"]["kind"] == "face")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def save_arrays(path: Path, **groups: list[Any]) -> None:
    """Write lists of arrays or variables as `NAME.0`, `NAME.1`, … of one .npz file, by rename."""
    arrays = {f"{name}.{i}": np.asarray(value) for name, values in groups.items() for i, value in enumerate(values)}
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def save_meta(folder: Path, meta: dict[str, Any]) -> None:
    """Write `meta.json`, by rename."""
    partial = folder / (META + ".part")
    partial.write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / META)


def versions() -> str:
    """The versions of the packages that decide the outcome."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
