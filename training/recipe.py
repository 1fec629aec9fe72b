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

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from device.contract.errors import ConfigError
from device.contract.toml import nearest, read_toml, toml_value
from training.networks import NETWORKS, NetworkConfig
from training.networks.plain import Plain


@dataclass(frozen=True)
class Optimizer:
    """kind: `adamw` or `sgd` (with Nesterov momentum); learning_rate: the highest, reached after `warmup` (fraction of
    all steps), then half a cosine down to zero; clip: largest norm of a variable's gradient; average: share of the
    past in the running average of the weights, which is what is kept in the end."""

    kind: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    momentum: float = 0.9
    warmup: float = 0.03
    clip: float = 5.0
    average: float = 0.998


@dataclass(frozen=True)
class Augmentation:
    """Largest change of each kind.

    rotation: degrees; scale: fraction; shift: pixels; contrast: factor about the mean, as a fraction; brightness:
    fraction of the full range; cutout: side of the blanked square in pixels, for half of the images.
    """

    rotation: float = 12.0
    scale: float = 0.12
    shift: float = 3.5
    contrast: float = 0.3
    brightness: float = 0.15
    cutout: int = 14


@dataclass(frozen=True)
class Mixing:
    """Two faces in one picture, and their answers likewise.

    mixup, cutmix: the parameter of the Beta distribution from which the share is drawn, 0 for never; where both are
    given, each batch takes one of them; share: of all batches.
    Source: Zhang et al. 2018, *mixup*; Yun et al. 2019, *CutMix*.
    """

    mixup: float = 0.0
    cutmix: float = 0.0
    share: float = 1.0


@dataclass(frozen=True)
class Loss:
    """heads: weight of a head's cross-entropy, 1 for those that are not named; smoothing: probability that a single
    label gives away to all classes (vote distributions are left as they are); class_weights: `none`, `balanced`
    (inverse frequency) or `sqrt` (its root)."""

    heads: dict[str, float] = field(default_factory=dict)
    smoothing: float = 0.1
    class_weights: str = "none"


@dataclass(frozen=True)
class Teacher:
    """Knowledge distillation (Hinton et al. 2015): the averaged soft answers of trained networks, on the same changed
    pictures.

    runs: run folders; share: of the loss; temperature: divides the logits of both sides.
    """

    runs: tuple[str, ...] = ()
    share: float = 0.7
    temperature: float = 2.0


@dataclass(frozen=True)
class BaseRecipe:
    """What every training needs.

    batch: faces a step, over all machines; precision: of the sums inside the networks, `float32` or `bfloat16`
    (weights stay float32; 1.4 times as fast on processors with AVX512-BF16, more on GPUs); strategy: `none`,
    `mirrored` (this machine's GPUs) or `multiworker` (machines named by TF_CONFIG); jit: compile steps by XLA, on a
    single GPU only (on processors it is slower).
    """

    epochs: int = 60
    batch: int = 64
    seed: int = 0
    precision: str = "float32"
    strategy: str = "none"
    jit: bool = False
    network: NetworkConfig = field(default_factory=Plain)
    optimizer: Optimizer = field(default_factory=Optimizer)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        require_known("precision", self.precision, ("float32", "bfloat16"))
        require_known("strategy", self.strategy, ("none", "mirrored", "multiworker"))
        require_known("optimizer.kind", self.optimizer.kind, ("adamw", "sgd"))
        for key, number in (("epochs", self.epochs), ("batch", self.batch)):
            if number < 1:
                raise ConfigError(f"{key} must be at least 1.")
        require_share("optimizer.warmup", self.optimizer.warmup)


@dataclass(frozen=True)
class Recipe(BaseRecipe):
    """A whole recipe of an expression network.

    box_share: share of faces shown as the box's own crop, where there is one.
    """

    box_share: float = 0.0
    mixing: Mixing = field(default_factory=Mixing)
    loss: Loss = field(default_factory=Loss)
    teacher: Teacher = field(default_factory=Teacher)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_known("loss.class_weights", self.loss.class_weights, ("none", "balanced", "sqrt"))
        require_share("box_share", self.box_share)
        require_share("mixing.share", self.mixing.share)
        require_share("teacher.share", self.teacher.share)
        if self.teacher.temperature <= 0:
            raise ConfigError("teacher.temperature must be above 0.")


AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)


def require_known(key: str, value: str, known: tuple[str, ...]) -> None:
    """Raises `ConfigError` unless the value is one of those known."""
    if value not in known:
        raise ConfigError(f"{key} is '{value}', not one of {', '.join(known)}.")


def require_share(key: str, share: float) -> None:
    """Raises `ConfigError` unless the share is from 0 to 1."""
    if not 0 <= share <= 1:
        raise ConfigError(f"{key} is {share}: give a share from 0 to 1.")


def load_recipe(path: Path, assignments: Iterable[str] = ()) -> Recipe:
    """Read a recipe of an expression network; see `load_recipe_of`."""
    return load_recipe_of(Recipe, path, assignments)


def load_recipe_of(kind: type[AnyRecipe], path: Path, assignments: Iterable[str] = ()) -> AnyRecipe:
    """Read a recipe; `assignments` are texts `KEY=VALUE` or `SECTION.KEY=VALUE`, the value in TOML, applied last.

    Raises:
        ConfigError: unreadable file, bad TOML, an unknown key (with the nearest known one), a wrong type or value.
    """
    return parse_recipe_of(kind, read_table(path, assignments), path.name)


def read_table(path: Path, assignments: Iterable[str] = ()) -> dict[str, Any]:
    """The tables of a recipe's file, changed by `assignments`; see `load_recipe_of`. Raises `ConfigError`."""
    table = read_toml(path, "--recipe")
    for text in assignments:
        _assign(table, text)
    return table


def parse_recipe_of(kind: type[AnyRecipe], table: dict[str, Any], where: str) -> AnyRecipe:
    """A recipe from its table, as TOML or `recipe_table` gives it. Raises `ConfigError`."""
    network = table.get("network", {})
    name = network.get("kind", _name_of(kind().network)) if isinstance(network, dict) else network
    if name not in NETWORKS:
        raise ConfigError(f"{where}: network.kind is {name!r}, not one of {', '.join(NETWORKS)}.")
    recipe: AnyRecipe = build(kind, table, where, "", {"network": NETWORKS[name]})
    return recipe


def recipe_table(recipe: BaseRecipe) -> dict[str, Any]:
    """The recipe as a table that JSON holds and `parse_recipe_of` reads."""
    table = asdict(recipe)
    kind = _name_of(recipe.network)
    result: dict[str, Any] = _lists({**table, "network": {"kind": kind, **table["network"]}})
    return result


def _name_of(network: NetworkConfig) -> str:
    [name] = [name for name, kind in NETWORKS.items() if type(network) is kind]
    return name


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _assign(table: dict[str, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    *section, name = key.strip().split(".")
    if not equals or not name or len(section) > 2:
        raise ConfigError(f"--set {text}: write KEY=VALUE, such as --set optimizer.learning_rate=0.001.")
    for part in section:
        table = table.setdefault(part, {})
    table[name] = toml_value(value)


def build(kind: Any, table: Any, where: str, prefix: str = "", parts: dict[str, type] | None = None) -> Any:
    """A dataclass from its table; `parts` says what a field becomes whose type is a protocol. Raises `ConfigError`."""
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: {prefix.rstrip('.')} must be a table.")
    hints = get_type_hints(kind) | (parts or {})
    names = [entry.name for entry in fields(kind)]
    values = {}
    for key, value in table.items():
        if prefix == "network." and key == "kind":
            continue
        if key not in names:
            near = nearest(key, names)
            hint = f"perhaps you meant {prefix}{near}?" if near else f"known are {', '.join(names)}."
            raise ConfigError(f"{where}: there is no {prefix}{key}; {hint}")
        hint = hints[key]
        values[key] = (
            build(hint, value, where, f"{key}.")
            if isinstance(hint, type) and is_dataclass(hint)
            else _checked(value, hint, f"{where}: {prefix}{key}")
        )
    return kind(**values)


def _checked(value: Any, hint: Any, where: str) -> Any:
    """The value if it is of the type `hint`: whole numbers pass as floats, lists as tuples."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and isinstance(value, list):
        return tuple(_checked(item, inner[0], where) for item in value)
    if origin is dict and isinstance(value, dict):
        return {str(key): _checked(item, inner[1], where) for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if origin is None and isinstance(value, hint) and isinstance(value, bool) == (hint is bool):
        return value
    wanted = {tuple: "a list", dict: "a table", float: "a number", int: "a whole number", bool: "true or false"}
    raise ConfigError(f"{where} is {value!r}; it must be {wanted.get(origin or hint, 'text')}.")
