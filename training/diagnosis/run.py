"""What `diagnosis train` leaves on disk, and how `export` reads it.

RUN/evaluation.json   the evaluation of the very same table, with the very same settings
RUN/rows.npz          what the network saw: int8 takes its ranges from it, and both networks are compared on it.
                      Without names, yet numbers of people: for their owner's eyes (mode 0600)
RUN/network.json      the network and how it came about; written last, so that its presence means a whole run
"""

import json
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cloud.erasing.known import note
from device.contract.errors import ConfigError, StorageError
from device.contract.features import VERSION
from device.contract.support_file import SupportFile
from training.cohort.table import FeatureTable
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.model import Model
from training.evaluations import NAME
from training.files import write_there

NETWORK, ROWS = "network.json", "rows.npz"
FORMAT = 1
#: Share of the usual length and coverage of a phase from which on the box abstains. A guess to start from.
LEAST = 0.5


@dataclass(frozen=True)
class Usual:
    """What was usual of the phases that the network reads.

    Attributes:
        seconds: the median length of the phase that is shortest on the median.
        coverage: the median share of it that could be measured, of the phase where that is least.
    """

    seconds: float
    coverage: float


@dataclass(frozen=True, eq=False)
class FeatureRun:
    """A network of features, ready to be exported.

    Attributes:
        rows: (P, K) float32, what the network saw of the people: standardized and cut.
        support: what the box does around the network.
        made: what made the table, without names and places.
        people: whose rows they are; nobody knows it of a run that was read.
    """

    folder: Path
    model: Model
    evaluation: Evaluation
    rows: NDArray[np.float32]
    usual: Usual
    made: dict[str, str]
    people: tuple[str, ...] = ()

    @property
    def support(self) -> SupportFile:
        sources = tuple(filter(None, self.made.get("sources", "").split(", ")))
        return replace(support_of(self.model, self.usual, self.evaluation.recipe.measured), sources=sources)


def usual(table: FeatureTable, columns: tuple[str, ...]) -> Usual:
    """Of the phases of these columns."""
    phases = {column.partition("/")[0] for column in columns}
    places = [place for place, phase in enumerate(table.phases) if phase in phases]
    held = np.where(np.isnan(table.coverage), np.nan, table.seconds)[:, places]
    return Usual(float(np.nanmedian(held, axis=0).min()), float(np.nanmedian(table.coverage[:, places], axis=0).min()))


def support_of(model: Model, usual: Usual, measured: float) -> SupportFile:
    """What the box does around the network. It abstains from less than `LEAST` of what was usual of the people learnt
    from, and where fewer columns than the share `measured` are known."""
    return SupportFile(
        feature_version=VERSION,
        columns=model.columns,
        fill=tuple(model.fill.tolist()),
        centre=tuple(model.centre.tolist()),
        scale=tuple(model.scale.tolist()),
        clip=model.clip,
        least_seconds=round(LEAST * usual.seconds, 1),
        least_coverage=round(LEAST * usual.coverage, 3),
        least_measured=measured,
        outside=model.limit,
        quantiles=model.quantiles,
    )


def save_run(run: FeatureRun) -> None:
    """Write the folder, and note first whose rows it holds. Raises `StorageError`."""
    folder = run.folder
    if not run.evaluation.simulated:
        note(folder / ROWS, run.people, [], "rows of a cohort", "affectbox-training diagnosis train")
    told = {
        "format": FORMAT,
        "feature_version": VERSION,
        "model": run.model.as_json(),
        "usual": asdict(run.usual),
        "made": run.made,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NETWORK).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be written ({error.strerror or error}): check path and space.") from error
    run.evaluation.save(folder / NAME)
    write_there(folder / ROWS, lambda file: np.savez_compressed(file, rows=run.rows))
    network = json.dumps(told, indent=2, allow_nan=False) + "\n"
    write_there(folder / NETWORK, lambda file: file.write(network.encode()))


def open_run(folder: Path) -> FeatureRun:
    """Read the folder.

    Raises:
        ConfigError: it is none of `diagnosis train`, or of a network that reads faces.
        DataError: as `Evaluation.load`.
    """
    if (folder / "people.csv").is_file():
        raise ConfigError(
            f"{folder} is of a network that reads faces: it is measured, and never exported, for the box keeps no "
            "picture until the end of a session. Train on features instead."
        )
    try:
        told: dict[str, Any] = json.loads((folder / NETWORK).read_text(encoding="utf-8"))
        if told["format"] != FORMAT or told["feature_version"] != VERSION:
            raise ValueError("it is of another version")
        with np.load(folder / ROWS, allow_pickle=False) as arrays:
            rows = np.asarray(arrays["rows"], np.float32)
        model, found = Model.of_json(told["model"]), Usual(**told["usual"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise ConfigError(
            f"{folder} holds no network of `affectbox-training diagnosis train` ({error}): give its --out."
        ) from error
    return FeatureRun(folder, model, Evaluation.load(folder / NAME), rows, found, told["made"])
