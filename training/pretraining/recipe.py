"""Recipes of masked autoencoders, in TOML like those of expression networks (`training.recipe`)."""

from typing import Annotated

from msgspec import Meta

from device.contract.errors import ConfigError
from training.networks import Network
from training.networks.masked import Masked
from training.recipe import BaseRecipe


class MaskedRecipe(BaseRecipe, frozen=True):
    """A whole recipe. hidden: share of a face's patches that have to be filled in."""

    network: Network = Masked()
    hidden: Annotated[float, Meta(gt=0, lt=1)] = 0.6

    def __post_init__(self) -> None:
        if not isinstance(self.network, Masked):
            raise ConfigError("network.kind must be masked in a recipe with hidden.")
