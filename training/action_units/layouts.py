"""The forms in which annotated data are passed on: `--layout` → its reader."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import DataError
from training.action_units.bp4d import read_bp4d
from training.action_units.coded import read_coded
from training.action_units.disfa import read_disfa
from training.action_units.hrm import read_hrm
from training.action_units.project import read_project
from training.action_units.recording import Recording
from training.action_units.table import read_table

CAMERAS = ("left", "right")
TABLES = ("csv", "codes")


@dataclass(frozen=True)
class Options:
    """What a layout leaves open. camera: of DISFA; rows_of: the FER2013 file of which `codes` codes rows; coders: of a
    project, everybody where none are named."""

    camera: str = CAMERAS[0]
    rows_of: Path | None = None
    coders: tuple[str, ...] = ()


#: Each takes the folder (of `TABLES`: the file).
LAYOUTS: dict[str, Callable[[Path, Options], list[Recording]]] = {
    "disfa": lambda folder, options: read_disfa(folder, options.camera),
    "bp4d": lambda folder, _: read_bp4d(folder),
    "hrm": lambda folder, _: read_hrm(folder),
    "csv": lambda path, _: read_table(path),
    "codes": lambda path, options: read_coded(path, options.rows_of),
    "project": lambda folder, options: read_project(folder, options.coders),
}


def read_recordings(data: Path, layout: str, options: Options) -> list[Recording]:
    """Every recording of a data set, in the order of names. Raises `DataError`."""
    if layout not in TABLES and not data.is_dir():
        raise DataError(f"{data} is not a folder: give that of the data set.")
    return LAYOUTS[layout](data, options)
