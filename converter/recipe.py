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
from pathlib import Path
from typing import Annotated

from msgspec import Meta, field
from msgspec.structs import replace

from device.contract.errors import ConfigError
from device.contract.manifest import ACTIVATIONS, COLOURS, CROPS, NAME, TASK
from device.contract.toml import Table, one_of, parse, read_toml

SCHEMES = ("float32", "float16", "dynamic", "int8", "int16x8")
#: Schemes that need representative data.
STATIC = ("int8", "int16x8")
_Name = Annotated[
    str, Meta(pattern=rf"\A{NAME.pattern}\Z", description="part of a folder's name, without slashes or blanks")
]


class InputRecipe(Table, frozen=True):
    """What goes in; `shape` is with a batch of 1, or empty to take the source's."""

    colour: Annotated[str, one_of(COLOURS)] = "none"
    crop: Annotated[str, one_of(CROPS)] = "points"
    range: tuple[float, float] = (0.0, 1.0)
    margin: float = 0.0
    shape: tuple[int, ...] = ()


class OutputRecipe(Table, frozen=True):
    """One output; `tensor` is the source's name for it, if neither `name` nor the number of labels tells."""

    name: str
    labels: tuple[str, ...] = ()
    activation: Annotated[str, one_of(ACTIVATIONS)] = "none"
    unit: str = ""
    tensor: str = ""


class DataRecipe(Table, frozen=True):
    """Files of rows, relative to the recipe. Row counts limit how many are used; 0 means all."""

    representative: str = ""
    evaluation: str = ""
    calibration_rows: Annotated[int, Meta(ge=0)] = 500
    evaluation_rows: Annotated[int, Meta(ge=0)] = 0


class Limits(Table, frozen=True):
    """How far the converted network may be from its source; see the module's docstring."""

    accuracy_drop: Annotated[float, Meta(ge=-100, le=100)] = 1.0
    mean_error: Annotated[float, Meta(ge=0)] = math.inf
    cosine: Annotated[float, Meta(ge=-1, le=1)] = 0.9


class Recipe(Table, frozen=True):
    """The whole recipe; see the module's docstring."""

    name: _Name
    version: _Name
    task: Annotated[str, Meta(pattern=rf"\A{TASK.pattern}\Z", description="lower-case letters, digits and hyphens")]
    outputs: tuple[OutputRecipe, ...]
    intended_use: str
    forbidden_use: str
    scheme: Annotated[str, one_of(SCHEMES)] = "int8"
    onnx2tf: str = ""
    input: InputRecipe = InputRecipe()
    data: DataRecipe = DataRecipe()
    limits: Limits = Limits()
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [output.name for output in self.outputs]
        if not names or len(names) != len(set(names)):
            raise ConfigError("'outputs' must be at least one, each with a name of its own.")
        if self.input.range[0] >= self.input.range[1]:
            raise ConfigError("'input.range' must be two numbers, the lower first.")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; the files of its data are given from where the recipe lies.

    Raises:
        ConfigError: unreadable, not TOML, an unknown or missing key, a value of the wrong type or not among those
            that are known.
    """
    recipe = parse(Recipe, [(read_toml(path, "--recipe"), str(path))])
    rows = {
        key: str(path.parent / name) for key in ("representative", "evaluation") if (name := getattr(recipe.data, key))
    }
    return replace(recipe, data=replace(recipe.data, **rows))
