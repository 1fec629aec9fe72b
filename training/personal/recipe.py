"""Recipes of personal movement, in TOML like those of expression networks (`training.recipe`), and how one is found.

    base = "psm"                # the shipped recipe, or the file beside, of which this one says only what differs
    approach = "psm-curriculum"
    [curriculum]
    …

`training/recipes/personal/` holds one for each approach: `psm` …, and `original-psm` … with the published network,
losses and schedule.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from device.contract.errors import ConfigError
from device.contract.toml import Json, Table, one_of, read_toml
from training.networks import Network
from training.networks.cycle import Cycle
from training.networks.personal import Personal
from training.personal.blocks import Blocks
from training.recipe import Augmentation, BaseRecipe, Optimizer, parse_layers, read_layers

SHIPPED = Path(__file__).parents[1] / "recipes" / "personal"
PSM, GM = "psm", "gm"
FROM_PERSON, FROM_GENERAL = "transfer-person", "transfer-general"
APPROACHES = (PSM, GM, "psm-curriculum", "gm-curriculum", FROM_PERSON, FROM_GENERAL, "scratch")
_DEEPEST = 4

Weight = Annotated[float, Meta(ge=0)]


class Times(Table, frozen=True):
    """How a person's time is divided; see `training.personal.blocks`."""

    length_s: Annotated[float, Meta(gt=0)] = 20.0
    every: Annotated[int, Meta(ge=2)] = 4
    margin_s: Annotated[float, Meta(ge=0)] = 2.0

    @property
    def blocks(self) -> Blocks:
        """What divides it so."""
        return Blocks(self.length_s, self.every, self.margin_s)


class Rates(Optimizer, frozen=True):
    """beta: how much of the past the mean of the gradients keeps (the first β of Adam); rates: [epoch, rate]: from
    this epoch on, from 0, this learning rate; empty: `learning_rate` under a cosine."""

    beta: Annotated[float, Meta(ge=0, lt=1)] = 0.9
    rates: tuple[tuple[int, float], ...] = ()


class Light(Augmentation, frozen=True):
    """contrast, brightness: of what the encoder sees in training; nothing else changes, or a flow would not fit."""

    rotation: Annotated[float, Meta(ge=0, le=0)] = 0.0
    scale: Annotated[float, Meta(ge=0, le=0)] = 0.0
    shift: Annotated[float, Meta(ge=0, le=0)] = 0.0
    cutout: Annotated[int, Meta(ge=0, le=0)] = 0


class Curriculum(Table, frozen=True):
    """frames: [epoch, k]: from this epoch on, from 0, the two frames of a pair are at most k · (number of the epoch,
    from 1) frames apart, and of one recording; empty: any two of a person."""

    frames: tuple[tuple[int, float], ...] = ()

    def span(self, epoch: int) -> float | None:
        """The farthest that the frames of a pair are apart in this epoch; None: as far as may be."""
        factors = [factor for begun, factor in self.frames if begun <= epoch]
        return factors[-1] * (epoch + 1) if factors else None


class Losses(Table, frozen=True):
    """Weights of what is to become small.

    exchanged, plain, swapped, direct: L1 of G(n of the other, b), of G(x, ∅), of W(n of the other, b), and of
    W(W(other, f), b), each against x; ssim: of all structural similarity; ssim_direct: of the direct one, beside 1;
    ssim_plain: of G(x, ∅); gram: of the features' correlations, over `features`; neutral: of the neutral face's two
    halves, which should be alike; neutral_begins: its weight in the first epoch, from which it rises evenly to
    `neutral` in the last (the same: constant); neutral_warped: of those of W(x, f), beside 1; same: L1 of the two
    neutral faces of a pair, which are of one person; around: how much of L1 and similarity counts outside the ellipse
    of the face, beside 1 within.
    """

    exchanged: Weight = 1.0
    plain: Weight = 1.0
    swapped: Weight = 1.0
    direct: Weight = 1.5
    ssim: Weight = 5.0
    ssim_plain: Weight = 1.0
    ssim_direct: Weight = 1.5
    gram: Weight = 0.01
    neutral: Weight = 1.5
    neutral_begins: Weight = 1.5
    neutral_warped: Weight = 0.5
    same: Weight = 0.0
    around: Weight = 1.0

    def neutral_in(self, epoch: int, epochs: int) -> float:
        """The weight of the neutral face in an epoch, from 0."""
        share = epoch / (epochs - 1) if epochs > 1 else 1.0
        return self.neutral_begins + (self.neutral - self.neutral_begins) * share


class PersonalRecipe(BaseRecipe, frozen=True):
    """A whole recipe.

    approach: one of `APPROACHES`; embedding: values that a face becomes; mirrored: half of the pairs are shown in a
    mirror; keep: epochs after which the weights are kept for `evaluate` (0: before the first); start: the run that a
    transfer begins with; features: of the Gram loss and the generator: a file with the weights of VGG19 (the published
    network), or the folder of a bundle of our expression network.
    """

    base: str = ""
    approach: Annotated[str, one_of(APPROACHES)] = PSM
    network: Network = Personal()
    embedding: Annotated[int, Meta(ge=2, le=1024)] = 32
    optimizer: Rates = Rates()
    augmentation: Light = Light()
    mirrored: bool = False
    keep: tuple[int, ...] = ()
    start: str = ""
    features: str = ""
    blocks: Times = Times()
    curriculum: Curriculum = Curriculum()
    losses: Losses = Losses()

    def __post_init__(self) -> None:
        if not isinstance(self.network, (Personal, Cycle)):
            raise ConfigError("network.kind must be personal or cycle in a recipe of personal movement.")

    @property
    def general(self) -> bool:
        """Whether one network learns from all people."""
        return self.approach in (GM, "gm-curriculum")

    @property
    def transfers(self) -> bool:
        """Whether it begins with another run."""
        return self.approach in (FROM_PERSON, FROM_GENERAL)

    @property
    def heads(self) -> dict[str, tuple[str, ...]]:
        """As `network.build` takes them, with a name for each value."""
        return {"embedding": tuple(str(number) for number in range(self.embedding))}


def shipped() -> list[str]:
    """The names of the recipes that come with this package."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def find_recipe(name: str, assignments: Iterable[str] = ()) -> PersonalRecipe:
    """The recipe of this file, or the shipped one of this name, upon those that it is based on.

    Raises:
        ConfigError: no such recipe (with the names of those that there are), bad TOML, an unknown key, a wrong value.
    """
    path = _path(name)
    layers = read_layers(path, assignments)
    for _ in range(_DEEPEST):
        based = layers[0][0].get("base")
        if not isinstance(based, str) or not based:
            return parse_layers(PersonalRecipe, layers)
        path = _path(based, path.parent)
        layers = [(read_toml(path, "base"), str(path)), *(_without_base(*layer) for layer in layers)]
    raise ConfigError(f"{path}: more than {_DEEPEST} recipes are based on one another: does one name itself?")


def _without_base(table: Json, where: str) -> tuple[Json, str]:
    return {key: value for key, value in table.items() if key != "base"}, where


def _path(name: str, beside: Path = Path()) -> Path:
    own = beside / name
    for path in (own, own.with_name(own.name + ".toml"), SHIPPED / f"{name}.toml"):
        if path.is_file():
            return path
    raise ConfigError(f"There is no recipe {name}: give a TOML file, or one of {', '.join(shipped())}.")


def about(recipe: PersonalRecipe) -> dict[str, Any]:
    """What a run's meta.json says of its approach and its blocks."""
    times = recipe.blocks
    return {
        "approach": recipe.approach,
        "blocks": {"length_s": times.length_s, "every": times.every, "margin_s": times.margin_s},
    }
