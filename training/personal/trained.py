"""Which trainings there are to be measured, from what `personal train` left of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

from device.contract.errors import ConfigError
from training.personal.blocks import Blocks
from training.personal.people import Person

#: The folder of what was learnt from many people.
GENERAL = "general"
META, WEIGHTS = "meta.json", "weights.npz"


@dataclass(frozen=True)
class Trained:
    """A training.

    folder: of its run; name: of its approach, made unlike others'; general: whether it was learnt from many people;
    epochs, planned: how many it has learnt, and how many its recipe says; epoch_s: seconds of one, the median; data:
    digest of what it was learnt from; blocks: what it held out; weights: SHA-256 of the weights.
    """

    folder: Path
    name: str
    general: bool
    epochs: int
    planned: int
    epoch_s: float
    data: str
    blocks: Blocks
    weights: str

    @property
    def transferred(self) -> bool:
        """Whether it began with another training."""
        return self.name.startswith("transfer-")


def trainings(folders: Sequence[Path], people: Sequence[Person]) -> dict[str, tuple[Trained, ...]]:
    """Pseudonym → the trainings that say something of that person, in the order of the folders.

    Raises:
        ConfigError: no training of somebody, one of other faces, or trainings that held out other stretches of time.
    """
    names = _names(folders)
    found = {person.name: tuple(_of(folder, person, names[folder]) for folder in folders) for person in people}
    every = [one for runs in found.values() for one in runs]
    if other := next((one for one in every if one.blocks != every[0].blocks), None):
        raise ConfigError(
            f"{every[0].folder} and {other.folder} held out other stretches of time: train them with the same blocks."
        )
    return found


def _of(folder: Path, person: Person, name: str) -> Trained:
    """The training in a folder that says something of a person. Raises `ConfigError`."""
    own = folder / person.name
    if (own / META).exists():
        found = _read(own, name, general=False)
        if found.data != person.digest():
            raise ConfigError(f"{own} was trained on other faces of {person.name} than these: give the --faces of it.")
        return found
    if (folder / GENERAL / META).exists():
        return _read(folder / GENERAL, name, general=True)
    raise ConfigError(
        f"{folder} holds no training of {person.name}, nor a general one: train with `affectbox-training personal "
        "train`, or name with --person whom to measure."
    )


def _read(folder: Path, name: str, general: bool) -> Trained:
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        weights = sha256((folder / WEIGHTS).read_bytes()).hexdigest()
        seconds = [float(epoch["seconds"]) for epoch in meta["history"]]
        return Trained(
            folder,
            name,
            general,
            len(seconds),
            int(meta["recipe"]["epochs"]),
            median(seconds),
            str(meta["data"]),
            Blocks(**meta["data_about"]["blocks"]),
            weights,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{folder} holds no finished epoch of a training ({error}): train it with `affectbox-training personal "
            "train`."
        ) from error


def _names(folders: Sequence[Path]) -> dict[Path, str]:
    """The approach of each folder; after the first of an approach with the folder's name."""
    found: dict[Path, str] = {}
    for folder in folders:
        name = _approach(folder)
        found[folder] = f"{name} ({folder.name})" if name in found.values() else name
    return found


def _approach(folder: Path) -> str:
    """As the first training in a folder of them tells it. Raises `ConfigError`."""
    for path in sorted(folder.glob(f"*/{META}")):
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))["data_about"]["approach"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path} is none of a training ({error}): train again.") from error
    raise ConfigError(f"{folder} holds no trainings: give what `affectbox-training personal train --out` wrote.")
