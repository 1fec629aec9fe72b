"""What `atypicality train` leaves on disk, and how `export` reads it.

RUN/evaluation.json   the evaluation of the very same study
RUN/networks.npz      weights of the networks: `rating.0`, …; `companion.0`, …
RUN/windows.npz       what the networks saw of some windows: int8 takes its ranges from it, and both forms of a network
                      are compared on it. Without names, yet numbers of people: for their owner's eyes (mode 0600)
RUN/run.json          what is done around the networks; written last, so that its presence means a whole run
"""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cloud.erasing.known import note
from device.contract.errors import ConfigError, StorageError
from device.contract.movement import VERSION
from training.atypicality.evaluation import Evaluation
from training.atypicality.seen import Seen
from training.evaluations import NAME
from training.files import make_private, write_there

RUN, NETWORKS, WINDOWS = "run.json", "networks.npz", "windows.npz"
FORMAT = 1
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Learnt:
    """A network that has learnt from everybody it may learn from.

    Attributes:
        weights: in the order of the network's.
        seen: what it sees of windows.
        windows: (W, T, K) some of what it saw.
        epochs: for which it has learnt.
        half_width: of a rating's interval; None of the companion.
    """

    weights: tuple[NDArray[Any], ...]
    seen: Seen
    windows: Values
    epochs: int
    half_width: float | None = None


@dataclass(frozen=True, eq=False)
class MovementRun:
    """Networks ready to be exported; None: the study did not hold what it needs. people: whose windows are in it;
    nobody knows it of a run that was read."""

    folder: Path
    evaluation: Evaluation
    rating: Learnt | None
    companion: Learnt | None
    people: tuple[str, ...] = ()


_PARTS = ("rating", "companion")


def save_run(run: MovementRun) -> None:
    """Write the folder, and note first whose windows it holds. Raises `StorageError`."""
    folder = run.folder
    known = {name: part for name in _PARTS if (part := getattr(run, name))}
    if not run.evaluation.simulated:
        note(folder / WINDOWS, run.people, [], "windows of a study", "affectbox-training atypicality train")
    make_private(folder)
    try:
        (folder / RUN).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be written ({error.strerror}): check path and space.") from error
    run.evaluation.save(folder / NAME)
    weights = {f"{name}.{at}": each for name, part in known.items() for at, each in enumerate(part.weights)}
    windows = {name: part.windows for name, part in known.items()}
    write_there(folder / NETWORKS, lambda file: np.savez(file, **weights))
    write_there(folder / WINDOWS, lambda file: np.savez_compressed(file, **windows))
    told = {"format": FORMAT, "columns": VERSION, **{name: _told(part) for name, part in known.items()}}
    content = json.dumps(told, indent=2, allow_nan=False) + "\n"
    write_there(folder / RUN, lambda file: file.write(content.encode()))


def _told(part: Learnt) -> dict[str, Any]:
    seen = part.seen
    return {
        "epochs": part.epochs,
        "half_width": part.half_width,
        "columns": seen.columns,
        "centre": seen.centre.tolist(),
        "scale": seen.scale.tolist(),
        "clip": seen.clip,
    }


def open_run(folder: Path) -> MovementRun:
    """Read the folder. Raises `ConfigError`: it is none of `atypicality train`; `DataError`: as `Evaluation.load`."""
    try:
        told: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
        if told["format"] != FORMAT or told["columns"] != VERSION:
            raise ValueError("it is of another version")
        with np.load(folder / NETWORKS, allow_pickle=False) as networks, np.load(folder / WINDOWS) as windows:
            parts = {name: _learnt(name, told[name], networks, windows) for name in _PARTS if name in told}
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise ConfigError(
            f"{folder} holds no networks of `affectbox-training atypicality train` ({error}): give its --out."
        ) from error
    return MovementRun(folder, Evaluation.load(folder / NAME), parts.get("rating"), parts.get("companion"))


def _learnt(name: str, told: dict[str, Any], networks: Any, windows: Any) -> Learnt:
    count = sum(key.startswith(f"{name}.") for key in networks.files)
    seen = Seen(tuple(told["columns"]), np.array(told["centre"]), np.array(told["scale"]), float(told["clip"]))
    weights = tuple(networks[f"{name}.{at}"] for at in range(count))
    return Learnt(weights, seen, np.asarray(windows[name], np.float32), int(told["epochs"]), told["half_width"])
