"""Pictures that lie in arrays: rows of FER2013's file, and faces that `affectbox-training faces` made."""

import csv
import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from device.contract.errors import DataError
from training.annotation.sources.found import Found, Kind
from training.videos.index import INDEX, SPLIT


def find_rows(table: Path) -> list[Found]:
    """FER2013's rows that hold a picture, single pictures of people whom nobody knows. Raises `DataError`."""
    from training.data.fer2013 import read_fer2013  # noqa: PLC0415  # OpenCV's and the networks' packages

    faces = read_fer2013(table)
    splits = tuple(str(split) for split in faces.splits)
    frames = faces.rows.astype(np.int64)
    return [Found(table.name, "", Kind.ROWS, table, False, frames, splits=splits, rows=faces.images)]


def is_study(folder: Path) -> bool:
    """Whether it is what `affectbox-training faces` leaves."""
    return (folder / INDEX).is_file() and (folder / SPLIT).is_file()


def find_faces(folder: Path) -> list[Found]:
    """The faces of each video of a study that has any. Raises `DataError`."""
    try:
        with (folder / INDEX).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        found = [_faces(folder / row["file"], row["video"], row["participant"]) for row in rows if row["faces"] != "0"]
    except (OSError, KeyError, TypeError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{folder / INDEX} cannot be read ({error}): make it anew, `affectbox-training faces`."
        ) from error
    if not found:
        raise DataError(f"{folder} holds no faces: there was none in its videos.")
    return found


def _faces(path: Path, name: str, participant: str) -> Found:
    try:
        with np.load(path, allow_pickle=False) as content:
            times = np.asarray(content["times"], np.float64)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}): make it anew, `affectbox-training faces`.") from None
    return Found(name, participant, Kind.FACES, path, True, np.arange(len(times), dtype=np.int64), times)
