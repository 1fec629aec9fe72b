"""Recipes of the face network, in TOML like those of expression networks (`training.recipe`):

start = ["training/weights/fer-0.3.0"]
[network]
kind = "face"
[units]
folds = 5
unseen = [1]
"""

from dataclasses import dataclass, field

from device.contract.errors import ConfigError
from training.networks import NetworkConfig
from training.networks.face import Face
from training.recipe import Augmentation, BaseRecipe, require_share


@dataclass(frozen=True)
class Units:
    """What is learnt from codes, and how.

    folds: into how many parts coded faces are divided, near copies of a picture together; unseen: the folds whose
    codes the network never sees (the first measures and calibrates); only: show coded faces alone, and learn nothing
    else; rare: how many times as much a present unit counts at most as an absent one; chimeras: share of faces of
    which one half is another person's, so that the sides of a face are learnt apart; covered: share of faces of which
    the upper or lower half is covered, so that what is hidden is known; taught: weight of a face that only teachers
    coded.
    """

    folds: int = 5
    unseen: tuple[int, ...] = (1,)
    only: bool = False
    rare: float = 3.0
    chimeras: float = 0.15
    covered: float = 0.1
    taught: float = 0.5


@dataclass(frozen=True)
class FaceTeacher:
    """Knowledge distillation (Hinton et al. 2015), by what teachers say once of several views of every face.

    bundles: teach the heads of expressions; runs: run folders of face networks, which teach the rest. Of a coded face
    only those answer that have not seen its code, where there are any. share: of the answers in what is learnt.
    """

    bundles: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    share: float = 0.5


@dataclass(frozen=True)
class FaceRecipe(BaseRecipe):
    """A whole recipe of a face network.

    start: folders of bundles or runs whose weights it begins with, one after the other; box_share: share of faces
    shown as the box's own crop, where there is one; smoothing: probability that a single label gives away to all
    classes; heads: weight of each head's loss, 1 for those that are not named.
    """

    start: tuple[str, ...] = ()
    box_share: float = 0.4
    smoothing: float = 0.1
    heads: dict[str, float] = field(default_factory=dict)
    network: NetworkConfig = field(default_factory=Face)
    augmentation: Augmentation = field(default_factory=Augmentation)
    units: Units = field(default_factory=Units)
    teacher: FaceTeacher = field(default_factory=FaceTeacher)

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("chimeras", "covered", "taught"):
            require_share(f"units.{key}", getattr(self.units, key))
        require_share("teacher.share", self.teacher.share)
        require_share("box_share", self.box_share)
        require_share("smoothing", self.smoothing)
        if not self.units.unseen or not set(self.units.unseen) <= set(range(1, self.units.folds + 1)):
            raise ConfigError(f"units.unseen: name some of the {self.units.folds} folds, the first of which measures.")
        if len(set(self.units.unseen)) >= self.units.folds:
            raise ConfigError("units.unseen: leave a fold to learn from.")
        if self.units.rare < 1:
            raise ConfigError("units.rare must be at least 1.")
        if not isinstance(self.network, Face):
            raise ConfigError("network.kind must be face in a recipe with units.")
