"""Recipes of the face network, in TOML like those of expression networks (`training.recipe`):

start = ["training/weights/fer-0.3.0"]
[network]
kind = "face"
[units]
folds = 5
unseen = [1]
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table
from training.networks import Network
from training.networks.face import Face
from training.recipe import Augmentation, BaseRecipe


class Units(Table, frozen=True):
    """What is learnt from codes, and how.

    folds: into how many parts coded faces are divided, near copies of a picture together; unseen: the folds whose
    codes the network never sees (the first measures and calibrates); only: show coded faces alone, and learn nothing
    else; rare: how many times as much a present unit counts at most as an absent one; chimeras: share of faces of
    which one half is another person's, so that the sides of a face are learnt apart; covered: share of faces of which
    the upper or lower half is covered, so that what is hidden is known; taught: weight of a face that only teachers
    coded.
    """

    folds: Annotated[int, Meta(ge=2)] = 5
    unseen: tuple[int, ...] = (1,)
    only: bool = False
    rare: Annotated[float, Meta(ge=1)] = 3.0
    chimeras: Share = 0.15
    covered: Share = 0.1
    taught: Share = 0.5


class FaceTeacher(Table, frozen=True):
    """Knowledge distillation (Hinton et al. 2015), by what teachers say once of several views of every face.

    bundles: teach the heads of expressions; runs: run folders of face networks, which teach the rest. Of a coded face
    only those answer that have not seen its code, where there are any. share: of the answers in what is learnt.
    """

    bundles: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    share: Share = 0.5


class FaceRecipe(BaseRecipe, frozen=True):
    """A whole recipe of a face network.

    start: folders of bundles or runs whose weights it begins with, one after the other; box_share: share of faces
    shown as the box's own crop, where there is one; smoothing: probability that a single label gives away to all
    classes; heads: weight of each head's loss, 1 for those that are not named.
    """

    start: tuple[str, ...] = ()
    box_share: Share = 0.4
    smoothing: Share = 0.1
    heads: dict[str, Annotated[float, Meta(ge=0)]] = msgspec.field(default_factory=dict)
    network: Network = Face()
    augmentation: Augmentation = Augmentation()
    units: Units = Units()
    teacher: FaceTeacher = FaceTeacher()

    def __post_init__(self) -> None:
        if not self.units.unseen or not set(self.units.unseen) <= set(range(1, self.units.folds + 1)):
            raise ConfigError(f"units.unseen: name some of the {self.units.folds} folds, the first of which measures.")
        if len(set(self.units.unseen)) >= self.units.folds:
            raise ConfigError("units.unseen: leave a fold to learn from.")
        if not isinstance(self.network, Face):
            raise ConfigError("network.kind must be face in a recipe with units.")
