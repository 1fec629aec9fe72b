"""How networks of movement are learnt: the published recipe, ours, and the companion that needs no ratings.

Published: units that are there or not, in windows of 15 consecutive frames whose rating is that of the majority of
their frames; two recurrent layers of 128 units (GRU); Huber loss, AdamW with a learning rate of 1e-6, 15 epochs, 64
windows a step. Source: the regression of atypicality in Ji et al. 2025, *Hugging Rain Man*.

Ours: intensities, sides and emotions on a grid of time; ratings as means over the window; a small network that becomes
int8 and looks at every unit in the same way, so that what it learns of one it knows of all; the number of epochs is
chosen by people inside of those learnt from.
"""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from device.contract.errors import ConfigError
from device.contract.toml import Table, one_of

PRESENCE, MOVEMENT = "presence", "movement"
MAJORITY, FRACTIONAL = "majority", "fractional"
RECURRENT, SHARED = "recurrent", "shared"
#: With fewer who were rated there are none left to learn from, choose and test on.
FEWEST_PEOPLE = 6
_FINEST_S, _COARSEST_S = 0.02, 0.5
_SHARED_WIDTHS = 2
_Whole = Annotated[int, Meta(ge=1, le=1000)]


class Grid(Table, frozen=True):
    """How windows are cut: `steps` of `step_s` seconds, a new one every `hop` steps; of which at least the share
    `least_coverage` must have been measured. target: the rating of the `majority` of a window, or its mean over time,
    `fractional`."""

    step_s: Annotated[float, Meta(ge=_FINEST_S, le=_COARSEST_S)] = 0.2
    steps: Annotated[int, Meta(ge=6, le=1000)] = 15
    hop: _Whole = 5
    least_coverage: Annotated[float, Meta(gt=0, le=1)] = 0.8
    target: Annotated[str, one_of((MAJORITY, FRACTIONAL))] = FRACTIONAL

    def __post_init__(self) -> None:
        """Raises `ConfigError`: windows with gaps between them."""
        if self.hop > self.steps:
            raise ConfigError(f"'grid.hop' is {self.hop}, and must be 'grid.steps' at most, {self.steps}.")

    @property
    def seconds(self) -> float:
        """Length of a window."""
        return self.steps * self.step_s


class Recipe(Table, frozen=True):
    """A network of ratings.

    kind: `recurrent`, or `shared`: the same for every unit, then all together; widths: of its layers, two of `shared`;
    columns: the 22 units as `presence` (from intensity 1 on), or all of `movement`, which `shared` needs.
    epochs: at most, where inner folds choose (`inner` of them), else exactly (`inner` 0); patience: epochs without a
    better error after which they stop looking.
    falls: whether the learning rate falls to nothing in the course of `epochs`, in even steps.
    mirrored: left and right are exchanged at random while learning.
    delta: of Huber's loss, points; clip: standardized values beyond ± this are cut to it; alpha: share of the
    intervals that may miss the rating.
    """

    kind: Annotated[str, one_of((RECURRENT, SHARED))] = SHARED
    widths: tuple[_Whole, ...] = (16, 32)
    columns: Annotated[str, one_of((PRESENCE, MOVEMENT))] = MOVEMENT
    grid: Grid = Grid()
    epochs: _Whole = 40
    inner: Annotated[int, Meta(ge=0, le=20)] = 3
    patience: _Whole = 20
    batch: _Whole = 32
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 4e-3
    weight_decay: Annotated[float, Meta(ge=0, le=1)] = 1e-2
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.05
    falls: bool = True
    mirrored: bool = True
    delta: Annotated[float, Meta(gt=0, le=4)] = 1.0
    clip: Annotated[float, Meta(gt=0, le=100)] = 8.0
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.1

    def __post_init__(self) -> None:
        """Raises `ConfigError`: what does not go together."""
        if self.kind == SHARED and (len(self.widths) != _SHARED_WIDTHS or self.columns != MOVEMENT):
            raise ConfigError(f"A '{SHARED}' network has two 'widths', and reads the columns of '{MOVEMENT}'.")
        if not self.widths:
            raise ConfigError("'widths' names no layer.")

    @property
    def is_exported(self) -> bool:
        """Whether it can become a bundle: a recurrent one does not become int8, and no box makes presence of units."""
        return self.kind == SHARED


class Companion(Table, frozen=True):
    """The network of typical movement: of each step, a Gaussian of units and sides given the `before` steps before it
    and the emotions of its own; width: of its layer; spread: the least standard deviation that it may state, in those
    of a column. The rest as in `Recipe`."""

    before: Annotated[int, Meta(ge=1, le=20)] = 3
    width: _Whole = 32
    spread: Annotated[float, Meta(gt=0, le=1)] = 0.1
    grid: Grid = Grid(least_coverage=0.95)
    epochs: _Whole = 25
    batch: _Whole = 64
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 2e-3
    weight_decay: Annotated[float, Meta(ge=0, le=1)] = 1e-2
    clip: Annotated[float, Meta(gt=0, le=100)] = 4.0


#: Its weight decay is Keras' default of AdamW.
PUBLISHED = Recipe(
    kind=RECURRENT,
    widths=(128, 128),
    columns=PRESENCE,
    grid=Grid(step_s=1 / 30, steps=15, hop=15, least_coverage=1.0, target=MAJORITY),
    epochs=15,
    batch=64,
    inner=0,
    learning_rate=1e-6,
    weight_decay=4e-3,
    dropout=0.0,
    falls=False,
    mirrored=False,
)
OURS = Recipe()
COMPANION = Companion()


def published_at(rate: float) -> Recipe:
    """The published recipe, for so many records a second: its windows are of consecutive ones."""
    step_s = max(1 / max(rate, 1 / _COARSEST_S), _FINEST_S)
    return replace(PUBLISHED, grid=replace(PUBLISHED.grid, step_s=step_s))
