"""Whether faces, a recipe and what it names go together, before anything is written."""

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError
from training.networks.cycle import Cycle
from training.networks.personal import Personal
from training.personal.recipe import PersonalRecipe


def network_of(recipe: PersonalRecipe) -> Personal | Cycle:
    """The recipe's network, which is one of these (`PersonalRecipe` refuses others)."""
    return cast("Personal | Cycle", recipe.network)


def require(recipe: PersonalRecipe, images: NDArray[np.uint8]) -> None:
    """Raises `DataError`: faces of another kind than the network reads; `ConfigError`: the file with the weights of
    VGG19 is missing, which the published network needs; a Gram loss over nothing."""
    require_faces(recipe, images)
    if isinstance(recipe.network, Cycle) and not Path(recipe.features or ".").is_file():
        raise ConfigError(
            "The published network looks through VGG19, of which this package has no weights: save torchvision's "
            "(vgg19-dcbf9e07.pth), and name the file with --set features=FILE."
        )
    if recipe.losses.gram and not recipe.features:
        raise ConfigError("losses.gram needs features: name the folder of an expression bundle, or set losses.gram=0.")


def require_faces(recipe: PersonalRecipe, images: NDArray[np.uint8]) -> None:
    """Raises `DataError` where faces are of another size than the network reads, or have colours and should not, or
    have none."""
    kind = network_of(recipe)
    wanted = (kind.side, kind.side, *([3] if kind.coloured else []))
    if images.shape[1:] != wanted:
        have, want = (" × ".join(map(str, shape)) for shape in (images.shape[1:], wanted))
        option = f"--size {kind.side}" + (" --colour" if kind.coloured else "")
        raise DataError(
            f"The faces are {have}, and this network reads {want}: make them with `affectbox-training faces {option}`."
        )
