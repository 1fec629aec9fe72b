"""What the encoder of a run says of faces, after its last epoch or after one of which the weights were kept."""

from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from training.personal.fit import network_of, require_faces
from training.personal.recipe import PersonalRecipe
from training.run_folder import Run, give_weights, load_run_of, save_arrays

KEPT = "kept"
_BATCH = 256


def open_run(folder: Path) -> Run[PersonalRecipe]:
    """The run of a training by a recipe of personal movement. Raises `ConfigError` if it is none."""
    return load_run_of(PersonalRecipe, folder)


def embed(run: Path | Run[PersonalRecipe], images: NDArray[np.uint8], epoch: int | None = None) -> NDArray[np.float32]:
    """What a run's encoder says of faces.

    Args:
        images: (N, side, side) uint8 grey, or (N, side, side, 3) RGB, as the run's network takes them.
        epoch: with the weights after this epoch, one of `kept`; by default after the last.

    Returns:
        (N, D), each within ±1.

    Raises:
        ConfigError: no such run, or no weights of such an epoch.
        DataError: the faces are of another size, or have colours and should not, or have none.
    """
    opened = open_run(run) if isinstance(run, Path) else run
    network = opened.network if epoch is None else _at(opened, epoch)
    return embedded(opened.recipe, network, images)


def embedded(recipe: PersonalRecipe, network: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """As `embed`, by a network of this recipe."""
    require_faces(recipe, images)
    kind = network_of(recipe)
    encoder = kind.parts(network).encoder
    parts = [
        encoder(kind.shown(images[start : start + _BATCH]), training=False).numpy()
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate([np.zeros((0, recipe.embedding), np.float32), *parts]).astype(np.float32)


def kept(folder: Path) -> tuple[int, ...]:
    """The epochs of which a run folder keeps the weights, rising; 0: before the first."""
    return tuple(sorted(int(path.stem) for path in (folder / KEPT).glob("*.npz") if path.stem.isdigit()))


def keep(folder: Path, epoch: int, network: keras.Model) -> None:
    """Keep the weights after an epoch. Raises `StorageError`."""
    (folder / KEPT).mkdir(parents=True, exist_ok=True)
    save_arrays(folder / KEPT / f"{epoch}.npz", weights=network.weights)


def _at(run: Run[PersonalRecipe], epoch: int) -> keras.Model:
    network = run.recipe.network.build({head: len(names) for head, names in run.heads.items()})
    try:
        give_weights(network, run.folder / KEPT / f"{epoch}.npz")
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ConfigError(
            f"{run.folder} keeps no weights of epoch {epoch} ({error}): those kept are of {list(kept(run.folder))}."
        ) from error
    return network
