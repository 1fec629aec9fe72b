"""Recipes of networks that read aligned faces for diagnosis support, in TOML like those of others (`training.recipe`).

folds = 5                # outer folds of participants; 0: the split that `affectbox-training faces` made
inner = 3                # inner folds, which choose how many epochs are learnt; 0: all of them
falls = 0.9              # factor of the learning rate after each epoch
[network]
kind = "small"           # or "resnet18"
[attention]
margin = 0.05            # only where the network has attention
"""

from typing import Annotated

from msgspec import Meta

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table
from training.networks import Network
from training.networks.resnet18 import Resnet18
from training.networks.small import Small
from training.recipe import BaseRecipe


class Attention(Table, frozen=True):
    """The part of the loss that ranks pictures by their attention: max(0, margin − (mean of the `top` share of the
    batch with the most attention − mean of the rest)).

    Source: Wang et al. 2020, *Suppressing Uncertainties for Large-Scale Facial Expression Recognition*; the margin is
    that of the study from which diagnosis support grew.
    """

    margin: Share = 0.05
    top: Share = 0.7


class CropsRecipe(BaseRecipe, frozen=True):
    """A whole recipe.

    folds, inner, falls: see the module; the rate begins at `optimizer.learning_rate` and has no warm-up. frames: of a
    participant at most, spread evenly over their videos; weights: a `.pth` file of ResNet-18 to begin with, or ''.
    """

    epochs: Annotated[int, Meta(ge=1)] = 20
    network: Network = Small()
    folds: Annotated[int, Meta(ge=0)] = 5
    inner: Annotated[int, Meta(ge=0)] = 3
    falls: Annotated[float, Meta(gt=0, le=1)] = 0.9
    frames: Annotated[int, Meta(ge=1)] = 200
    weights: str = ""
    attention: Attention = Attention()

    def __post_init__(self) -> None:
        if not isinstance(self.network, Small | Resnet18):
            raise ConfigError("network.kind: give 'small' or 'resnet18' for faces in diagnosis support.")
        if 1 in (self.folds, self.inner):
            raise ConfigError("folds and inner: give 0 for none, or at least 2.")
        if self.weights and not isinstance(self.network, Resnet18):
            raise ConfigError("weights: they are of ResNet-18: set network.kind to 'resnet18', or leave them out.")

    @property
    def attends(self) -> bool:
        """Whether the network has attention."""
        return isinstance(self.network, Resnet18) and self.network.attention
