"""The recipe of a conversion: a TOML file that becomes frozen dataclasses; every mistake is one sentence.

name = "fer"
version = "0.2.0"
task = "facial-expression"
scheme = "int8"                      # float32, float16, dynamic, int8, int16x8
intended_use = "…"
forbidden_use = "…"

[input]
colour = "grey"                      # rgb, grey, none
range = [0.0, 1.0]                   # what black and white become
crop = "aligned"                     # letterbox, roi, aligned, points
shape = [1, 48, 48, 1]               # only where the source leaves it open

[[outputs]]
name = "ferplus"
labels = ["neutral", "happiness"]
activation = "softmax"               # what the device still has to apply
unit = "probability"
tensor = "dense_3"                   # the source's name for it; may be left out where name or labels tell

[data]
representative = "calibration.npz"   # x: N × shape without the batch, float32, real values
evaluation = "validation.npz"        # the same, and optional y_NAME: N classes, -1 unknown; default: the above

[limits]                             # the conversion fails beyond
accuracy_drop = 0.5                  # points, per labelled output
mean_error = 0.02                    # mean absolute error of any output, in its unit

[provenance]
source = "…"
licence = "…"
"""

import math
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from device.contract.errors import ConfigError
from device.contract.manifest import ACTIVATIONS, COLOURS, CROPS, NAME, TASK
from device.contract.toml import nearest, read_toml
from device.contract.typed import shown

SCHEMES = ("float32", "float16", "dynamic", "int8", "int16x8")
#: Schemes that need representative data.
STATIC = ("int8", "int16x8")


@dataclass(frozen=True)
class InputRecipe:
    """What goes in; `shape` is with a batch of 1, or empty to take the source's."""

    colour: str = "none"
    crop: str = "points"
    range: tuple[float, float] = (0.0, 1.0)
    margin: float = 0.0
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class OutputRecipe:
    """One output; `tensor` is the source's name for it, if neither `name` nor the number of labels tells."""

    name: str
    labels: tuple[str, ...] = ()
    activation: str = "none"
    unit: str = ""
    tensor: str = ""


@dataclass(frozen=True)
class DataRecipe:
    """Files of rows, relative to the recipe. Row counts limit how many are used; 0 means all."""

    representative: str = ""
    evaluation: str = ""
    calibration_rows: int = 500
    evaluation_rows: int = 0


@dataclass(frozen=True)
class Limits:
    """How far the converted network may be from its source; see the module's docstring."""

    accuracy_drop: float = 1.0
    mean_error: float = math.inf
    cosine: float = 0.9


@dataclass(frozen=True)
class Recipe:
    """The whole recipe; see the module's docstring. `folder` is where the file lies."""

    name: str
    version: str
    task: str
    outputs: tuple[OutputRecipe, ...]
    intended_use: str
    forbidden_use: str
    scheme: str = "int8"
    onnx2tf: str = ""
    input: InputRecipe = field(default_factory=InputRecipe)
    data: DataRecipe = field(default_factory=DataRecipe)
    limits: Limits = field(default_factory=Limits)
    provenance: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        ConfigError: unreadable, not TOML, an unknown or missing key, a value of the wrong type or not among those
            that are known.
    """
    table = read_toml(path, "--recipe")
    if "folder" in table:
        raise _unknown("folder", [], path)
    recipe: Recipe = _built(Recipe, table | {"folder": path.parent}, "", path)
    _check(recipe, path)
    return recipe


def _built(kind: Any, table: dict[str, Any], prefix: str, path: Path) -> Any:
    hints = get_type_hints(kind)
    for key in table:
        if key not in hints:
            raise _unknown(prefix + key, [prefix + known for known in hints if known != "folder"], path)
    for need in fields(kind):
        if need.default is MISSING and need.default_factory is MISSING and need.name not in table:
            raise ConfigError(f"'{prefix}{need.name}' is missing in {path}.")
    return kind(**{key: _typed(value, hints[key], prefix + key, path) for key, value in table.items()})


def _typed(value: Any, hint: Any, key: str, path: Path) -> Any:
    if is_dataclass(hint) and isinstance(value, dict):
        return _built(hint, value, key + ".", path)
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_typed(item, get_args(hint)[0], key, path) for item in value)
    if get_origin(hint) is dict and isinstance(value, dict):
        return {name: _typed(item, str, f"{key}.{name}", path) for name, item in value.items()}
    if hint is float and type(value) is int:
        return float(value)
    if not isinstance(hint, type) or not isinstance(value, hint) or isinstance(value, bool):
        name = {tuple: "list", dict: "table"}.get(get_origin(hint), getattr(hint, "__name__", ""))
        raise ConfigError(f"'{key}' in {path} is {value!r}, and must be of type {name}.")
    return value


def _unknown(key: str, known: list[str], path: Path) -> ConfigError:
    close = nearest(key, known)
    hint = f": perhaps you meant '{close}'" if close else f" (known: {', '.join(known)})" if known else ""
    return ConfigError(f"Unknown key '{key}' in {path}{hint}.")


def _check(recipe: Recipe, path: Path) -> None:
    for key, value, allowed in (
        ("scheme", recipe.scheme, SCHEMES),
        ("input.colour", recipe.input.colour, COLOURS),
        ("input.crop", recipe.input.crop, CROPS),
        *(("outputs.activation", output.activation, ACTIVATIONS) for output in recipe.outputs),
    ):
        if value not in allowed:
            raise ConfigError(f"'{key}' in {path} is {value!r}, and must be one of {', '.join(allowed)}.")
    names = [output.name for output in recipe.outputs]
    if not names or len(names) != len(set(names)):
        raise ConfigError(f"'outputs' in {path} must be at least one, each with a name of its own.")
    if len(recipe.input.range) != 2 or recipe.input.range[0] >= recipe.input.range[1]:
        raise ConfigError(f"'input.range' in {path} must be two numbers, the lower first.")
    if not (NAME.fullmatch(recipe.name) and NAME.fullmatch(recipe.version)):
        raise ConfigError(f"'name' and 'version' in {path} become a folder's name, without slashes or blanks.")
    if not TASK.fullmatch(recipe.task):
        raise ConfigError(f"'task' in {path} is {shown(recipe.task)}: use lower-case letters, digits and hyphens.")
