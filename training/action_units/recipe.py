"""Recipes of networks of action units, in TOML like those of expression networks (`training.recipe`):

epochs = 20
folds = 3
[network]
kind = "appearance"
[loss]
intensity = 0.5
"""

from dataclasses import dataclass, field

from device.contract.errors import ConfigError
from training.networks import NetworkConfig
from training.networks.appearance import Appearance
from training.recipe import BaseRecipe, require_share


@dataclass(frozen=True)
class AuLoss:
    """presence, intensity: weight of each head's loss; positive_weight: how many times as much a present action unit
    counts at most as an absent one. Up to there it counts as much as there are absent ones for it."""

    presence: float = 1.0
    intensity: float = 1.0
    positive_weight: float = 10.0


@dataclass(frozen=True)
class AuTeacher:
    """Knowledge distillation (Hinton et al. 2015): the answers of a larger network, also about what nobody coded.

    run: run folder, of which each fold teaches the same fold; empty for none; data: its data.npz, which
    holds the same faces in its size; share: of the loss.
    """

    run: str = ""
    data: str = ""
    share: float = 0.5


@dataclass(frozen=True)
class AuRecipe(BaseRecipe):
    """A whole recipe of a network of action units. folds: into how many parts the participants are divided."""

    epochs: int = 20
    network: NetworkConfig = field(default_factory=Appearance)
    folds: int = 3
    loss: AuLoss = field(default_factory=AuLoss)
    teacher: AuTeacher = field(default_factory=AuTeacher)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folds < 2:
            raise ConfigError("folds must be at least 2: some participants are learnt from, the others measure.")
        if min(self.loss.presence, self.loss.intensity) < 0 or self.loss.positive_weight < 1:
            raise ConfigError("loss: the weights of heads must not be negative, and positive_weight at least 1.")
        if bool(self.teacher.run) != bool(self.teacher.data):
            raise ConfigError("teacher: give both, its run folder and the data.npz that it was trained on.")
        require_share("teacher.share", self.teacher.share)
