"""The kinds of networks, and how a recipe, a run and a bundle tell of which they are."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.contract.errors import ConfigError
from device.contract.typed import shown
from training.action_units.kind import ActionUnits
from training.diagnosis.crops.kind import GroupsOfFaces
from training.expressions.kind import Expressions
from training.face.kind import FaceReading
from training.kind import Kind
from training.personal.kind import Movement
from training.pretraining.kind import Pretraining

if TYPE_CHECKING:
    from training.recipe import BaseRecipe

AnyKind = Kind[Any, Any]
#: `network.kind` of a recipe → the kind of network that it is for.
OF_NETWORK: dict[str, Callable[[], AnyKind]] = {
    "plain": Expressions,
    "ednn": Expressions,
    "residual": Expressions,
    "face": FaceReading,
    "masked": Pretraining,
    "appearance": ActionUnits,
    "emofan": ActionUnits,
    "resnet50": ActionUnits,
    "personal": Movement,
    "cycle": Movement,
    "small": GroupsOfFaces,
    "resnet18": GroupsOfFaces,
}
_DEFAULT = "plain"


def load_recipe(path: Path, assignments: Iterable[str] = ()) -> "tuple[AnyKind, BaseRecipe]":
    """The recipe in a file, changed by texts `KEY=VALUE`, and its kind. Raises `ConfigError`."""
    from training.recipe import parse_layers, read_layers  # noqa: PLC0415 - loads TensorFlow

    layers = read_layers(path, assignments)
    kind = OF_NETWORK[_DEFAULT]()
    for table, where in layers:
        kind = _of_table(table, where) or kind
    return kind, parse_layers(kind.recipe, layers)


def of_run(folder: Path) -> AnyKind:
    """The kind of a run folder, or of one that holds a run for each fold. Raises `ConfigError`."""
    for path in (folder / "meta.json", *sorted(folder.glob("fold-*/meta.json"))):
        try:
            kind = _of_table(json.loads(path.read_text(encoding="utf-8"))["recipe"], str(path))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if kind:
            return kind
    raise ConfigError(f"{folder} holds no finished epoch of a training: give a run folder.")


def of_task(task: str, bundle: str) -> AnyKind:
    """The kind of a bundle for `task`. Raises `ConfigError`."""
    kinds = {kind().task: kind for kind in OF_NETWORK.values() if kind().task}
    if task not in kinds:
        raise ConfigError(f"{bundle} is for '{task}'; what can be measured here is for {', '.join(kinds)}.")
    return kinds[task]()


def _of_table(recipe: dict[str, Any], where: str) -> AnyKind | None:
    """The kind of a recipe's network; None where it names none."""
    network = recipe.get("network")
    name = network.get("kind") if isinstance(network, dict) else None
    if name is None:
        return None
    if name not in OF_NETWORK:
        raise ConfigError(f"{where}: network.kind is {shown(name)}, not one of {', '.join(OF_NETWORK)}.")
    return OF_NETWORK[name]()
