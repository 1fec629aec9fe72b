"""Recipes: everything that decides the outcome of a training, apart from the data, in one TOML file.

    epochs = 26                 # the keys of `Recipe` come first, then a table for each of its parts
    seed = 0
    [network]
    kind = "plain"              # one of training/networks
    widths = [24, 48, 96, 192]
    [optimizer]
    kind = "adamw"

Whatever is left out has the default that stands here. `training/recipes/` holds the recipes in use.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from device.contract.toml import Json, Layer, Share, Table, assigned, one_of, parse, read_toml
from training.networks import Network
from training.networks.plain import Plain

_EXAMPLE = "optimizer.learning_rate=0.001"


class Optimizer(Table, frozen=True):
    """kind: `adamw` or `sgd` (with Nesterov momentum); learning_rate: the highest, reached after `warmup` (fraction of
    all steps), then half a cosine down to zero; clip: largest norm of a variable's gradient; average: share of the
    past in the running average of the weights, which is what is kept in the end."""

    kind: Annotated[str, one_of(("adamw", "sgd"))] = "adamw"
    learning_rate: Annotated[float, Meta(ge=0)] = 2e-3
    weight_decay: Annotated[float, Meta(ge=0)] = 0.05
    momentum: Share = 0.9
    warmup: Share = 0.03
    clip: Annotated[float, Meta(gt=0)] = 5.0
    average: Share = 0.998


class Augmentation(Table, frozen=True):
    """Largest change of each kind.

    rotation: degrees; scale: fraction; shift: pixels; contrast: factor about the mean, as a fraction; brightness:
    fraction of the full range; cutout: side of the blanked square in pixels, for half of the images.
    """

    rotation: Annotated[float, Meta(ge=0, le=180)] = 12.0
    scale: Annotated[float, Meta(ge=0, lt=1)] = 0.12
    shift: Annotated[float, Meta(ge=0)] = 3.5
    contrast: Annotated[float, Meta(ge=0)] = 0.3
    brightness: Annotated[float, Meta(ge=0)] = 0.15
    cutout: Annotated[int, Meta(ge=0)] = 14


class Mixing(Table, frozen=True):
    """Two faces in one picture, and their answers likewise.

    mixup, cutmix: the parameter of the Beta distribution from which the share is drawn, 0 for never; where both are
    given, each batch takes one of them; share: of all batches.
    Source: Zhang et al. 2018, *mixup*; Yun et al. 2019, *CutMix*.
    """

    mixup: Annotated[float, Meta(ge=0)] = 0.0
    cutmix: Annotated[float, Meta(ge=0)] = 0.0
    share: Share = 1.0


class Loss(Table, frozen=True):
    """heads: weight of a head's cross-entropy, 1 for those that are not named; smoothing: probability that a single
    label gives away to all classes (vote distributions are left as they are); class_weights: `none`, `balanced`
    (inverse frequency) or `sqrt` (its root)."""

    heads: dict[str, Annotated[float, Meta(ge=0)]] = msgspec.field(default_factory=dict)
    smoothing: Share = 0.1
    class_weights: Annotated[str, one_of(("none", "balanced", "sqrt"))] = "none"


class Teacher(Table, frozen=True):
    """Knowledge distillation (Hinton et al. 2015): the averaged soft answers of trained networks, on the same changed
    pictures.

    runs: run folders; share: of the loss; temperature: divides the logits of both sides.
    """

    runs: tuple[str, ...] = ()
    share: Share = 0.7
    temperature: Annotated[float, Meta(gt=0)] = 2.0


class BaseRecipe(Table, frozen=True):
    """What every training needs.

    batch: faces a step, over all machines; precision: of the sums inside the networks, `float32` or `bfloat16`
    (weights stay float32; 1.4 times as fast on processors with AVX512-BF16, more on GPUs); strategy: `none`,
    `mirrored` (this machine's GPUs) or `multiworker` (machines named by TF_CONFIG); jit: compile steps by XLA, on a
    single GPU only (on processors it is slower).
    """

    epochs: Annotated[int, Meta(ge=1)] = 60
    batch: Annotated[int, Meta(ge=1)] = 64
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    precision: Annotated[str, one_of(("float32", "bfloat16"))] = "float32"
    strategy: Annotated[str, one_of(("none", "mirrored", "multiworker"))] = "none"
    jit: bool = False
    network: Network = Plain()
    optimizer: Optimizer = Optimizer()
    augmentation: Augmentation = Augmentation()


class Recipe(BaseRecipe, frozen=True):
    """A whole recipe of an expression network.

    box_share: share of faces shown as the box's own crop, where there is one.
    """

    box_share: Share = 0.0
    mixing: Mixing = Mixing()
    loss: Loss = Loss()
    teacher: Teacher = Teacher()


AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)


def load_recipe(path: Path, assignments: Iterable[str] = ()) -> Recipe:
    """Read a recipe of an expression network; see `load_recipe_of`."""
    return load_recipe_of(Recipe, path, assignments)


def load_recipe_of(kind: type[AnyRecipe], path: Path, assignments: Iterable[str] = ()) -> AnyRecipe:
    """Read a recipe; `assignments` are texts `KEY=VALUE` or `SECTION.KEY=VALUE`, the value in TOML, applied last.

    Raises:
        ConfigError: unreadable file, bad TOML, an unknown key (with the nearest known one), a wrong type or value.
    """
    return parse_layers(kind, read_layers(path, assignments))


def read_layers(path: Path, assignments: Iterable[str] = ()) -> list[Layer]:
    """A recipe's file and what is set above it; see `load_recipe_of`. Raises `ConfigError`."""
    return [(read_toml(path, "--recipe"), str(path)), *(assigned(text, _EXAMPLE) for text in assignments)]


def parse_recipe_of(kind: type[AnyRecipe], table: Json, where: str) -> AnyRecipe:
    """A recipe from its table, as TOML or `recipe_table` gives it. Raises `ConfigError`."""
    return parse_layers(kind, [(table, where)])


def recipe_table(recipe: BaseRecipe) -> Json:
    """The recipe as a table that JSON holds and `parse_recipe_of` reads."""
    table: Json = msgspec.json.decode(msgspec.json.encode(recipe))
    return table


def parse_layers(kind: type[AnyRecipe], layers: Sequence[Layer]) -> AnyRecipe:
    """A recipe from what `read_layers` read, of its own kind of network where nothing else is said. Raises
    `ConfigError`."""
    usual = {"network": {"kind": kind().network.__struct_config__.tag}}
    return parse(kind, [(usual, "the defaults"), *layers])
