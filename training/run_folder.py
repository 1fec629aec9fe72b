"""What a training leaves on disk, and how it is read again.

    RUN/meta.json        recipe, data, history, versions: for people, and for `evaluate` and `export`
    RUN/weights.npz      the averaged weights after the last epoch
    RUN/checkpoint.npz   the whole state after the last epoch, for --resume
    RUN/fold-1/…         the same of each fold, where a network is trained for each

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
from training.files import write_there
from training.recipe import BaseRecipe, parse_recipe_of

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


def load_run_of(kind: type[Made_co], folder: Path) -> Run[Made_co]:
    """Open a run folder, of a training by a recipe of this kind. Raises `ConfigError` if it holds no such run with
    weights."""
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        recipe = parse_recipe_of(kind, meta["recipe"], str(folder / META))
        heads = {head: tuple(labels) for head, labels in meta["heads"].items()}
        network = recipe.network.build({head: len(labels) for head, labels in heads.items()})
        give_weights(network, folder / WEIGHTS)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ConfigError(f"{folder} holds no finished epoch of a training ({error}): give a run folder.") from error
    return Run(folder, recipe, heads, network, meta)


def give_weights(network: keras.Model, path: Path) -> None:
    """Give a network the weights of a file like `WEIGHTS`. Raises `OSError`, `ValueError`, `KeyError`, `EOFError`,
    `BadZipFile`: there is none, or it is of another network."""
    with np.load(path) as arrays:
        network.set_weights([arrays[f"weights.{number}"] for number in range(len(network.weights))])


def fold_folder(out: Path, fold: int) -> Path:
    """The run of one fold; the folder itself where there are no folds (0)."""
    return out / f"fold-{fold}" if fold else out


def first_fold(folder: Path) -> int:
    """The fold of which a run folder holds the first run; 0 where it is a run itself or holds none."""
    found = sorted(int(path.parent.name.removeprefix("fold-")) for path in folder.glob(f"fold-*/{META}"))
    return found[0] if found else 0


def runs_of(kind: type[Made_co], folder: Path) -> list[Run[Made_co]]:
    """The runs of every trained fold in `folder`, or the one that it is. Raises `ConfigError` when there are none."""
    found = [path.parent for path in sorted(folder.glob(f"fold-*/{WEIGHTS}"))] or [folder]
    return [load_run_of(kind, path) for path in found]


def require_data(run: Run[BaseRecipe], digest: str) -> None:
    """Raises `ConfigError` unless the run was trained on the data of this digest."""
    if run.meta.get("data") != digest:
        raise ConfigError(f"{run.folder} was trained on other data than these: give the data.npz of that training.")


def save_arrays(path: Path, **groups: list[Any]) -> None:
    """Write lists of arrays or variables as `NAME.0`, `NAME.1`, … of one .npz file, by rename."""
    arrays = {f"{name}.{i}": np.asarray(value) for name, values in groups.items() for i, value in enumerate(values)}
    write_there(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def save_meta(folder: Path, meta: dict[str, Any]) -> None:
    """Write `meta.json`, by rename."""
    content = (json.dumps(meta, indent=2) + "\n").encode()
    write_there(folder / META, lambda file: file.write(content))


def versions() -> str:
    """The versions of the packages that decide the outcome."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
