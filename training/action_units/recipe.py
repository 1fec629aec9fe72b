"""Recipes of networks of action units, in TOML like those of expression networks (`training.recipe`):

epochs = 20
folds = 3
[network]
kind = "appearance"
[loss]
intensity = 0.5
"""

from typing import Annotated

from msgspec import Meta

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table
from training.annotation.coding import parse_actions
from training.networks import Network
from training.networks.appearance import Appearance
from training.recipe import BaseRecipe


class AuLoss(Table, frozen=True):
    """presence, intensity: weight of each head's loss; positive_weight: how many times as much a present action unit
    counts at most as an absent one. Up to there it counts as much as there are absent ones for it."""

    presence: Annotated[float, Meta(ge=0)] = 1.0
    intensity: Annotated[float, Meta(ge=0)] = 1.0
    positive_weight: Annotated[float, Meta(ge=1)] = 10.0


class AuTeacher(Table, frozen=True):
    """Knowledge distillation (Hinton et al. 2015): the answers of a larger network, also about what nobody coded.

    run: run folder, of which each fold teaches the same fold; empty for none; data: its data.npz, which
    holds the same faces in its size; share: of the loss.
    """

    run: str = ""
    data: str = ""
    share: Share = 0.5


class AuRecipe(BaseRecipe, frozen=True):
    """A whole recipe of a network of action units.

    folds: into how many parts the participants are divided; labels: which actions are learnt, a list by its name (22,
    17, 15, 12 or 5) or keys, everything that is coded where it is empty; start: what it
    begins with: a bundle or a run folder whose network has the same trunk, or a file of PyTorch with its weights.
    """

    epochs: Annotated[int, Meta(ge=1)] = 20
    network: Network = Appearance()
    folds: Annotated[int, Meta(ge=2)] = 3
    labels: str | int | tuple[str, ...] = ""
    start: str = ""
    loss: AuLoss = AuLoss()
    teacher: AuTeacher = AuTeacher()

    def __post_init__(self) -> None:
        self.wanted()  # refuses what there is not
        if bool(self.teacher.run) != bool(self.teacher.data):
            raise ConfigError("teacher: give both, its run folder and the data.npz that it was trained on.")

    def wanted(self) -> tuple[str, ...]:
        """The actions of `labels`, in their order; none where it is empty. Raises `ConfigError`."""
        named = self.labels if isinstance(self.labels, tuple) else (str(self.labels),)
        return parse_actions(",".join(named)) if any(named) else ()
