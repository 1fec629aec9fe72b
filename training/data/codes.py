"""Action units that coders gave single pictures: intensities 0–5, and what is hidden.

    row,usage,coder,AU1,AU2,…,AU43,up,low,bad          rows of FER2013's file, from 0, in the order of the file
    image,coder,AU1,AU2,…,AU43,up,low,bad              pictures beside the table, each filled by a face

Each line is one coding; a picture may have several, by several coders. Empty is not coded. `up` is 1 where something
hides brows or eyes, `low` where mouth or chin are hidden, `bad` where there is no single human face.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.data.faces import SIDE, TRAINING, Answers, Codings, Faces

FLAGS = ("up", "low", "bad")
LARGEST = 5.0


@dataclass(frozen=True)
class _Coding:
    place: str
    coder: str
    units: list[float]
    flags: list[float]


def with_codes(faces: Faces, path: Path) -> Faces:
    """The faces with what was coded of them; pictures that the table brings itself are added to `Training`.

    Raises:
        DataError: no such file, unknown or missing columns, a broken row, a row or picture that there is not.
    """
    header, codings = _read(path)
    if header[0] == "row":
        places = {str(row): place for place, row in enumerate(faces.rows.tolist())}
        known = [coding for coding in codings if coding.place in places]
        if not known:
            raise DataError(f"{path.name} codes no row of these data: give the file that belongs to them.")
        return faces.with_codings(_table(known, [places[coding.place] for coding in known]))
    pictures = {name: len(faces) + at for at, name in enumerate(dict.fromkeys(coding.place for coding in codings))}
    more = np.stack([_picture(path.parent / name) for name in pictures])
    return _added(faces, more).with_codings(_table(codings, [pictures[coding.place] for coding in codings]))


def _read(path: Path) -> tuple[list[str], list[_Coding]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Cannot read {path} ({error}): give a table of codes.") from error
    header = rows[0] if rows else []
    units = [name for name in header if name in ACTION_UNIT_KEYS]
    if not units or header[0] not in ("row", "image") or set(header[1:]) - {"usage", "coder", *FLAGS, *units}:
        raise DataError(
            f"{path.name} begins with '{','.join(header)[:60]}': its columns are row or image, coder, AU1, …"
        )
    return header, [_coding(header, row, f"{path.name}, row {number}") for number, row in enumerate(rows[1:], start=2)]


def _coding(header: list[str], row: list[str], where: str) -> _Coding:
    if len(row) != len(header):
        raise DataError(f"{where}: it has {len(row)} columns instead of {len(header)}.")
    cells = dict(zip(header, row, strict=True))
    units = [_number(cells.get(unit, ""), LARGEST, f"{where}: {unit}") for unit in ACTION_UNIT_KEYS]
    flags = [_number(cells.get(flag, ""), 1.0, f"{where}: {flag}") for flag in FLAGS]
    return _Coding(cells[header[0]], cells.get("coder", ""), units, flags)


def _number(text: str, largest: float, where: str) -> float:
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= largest:
        raise DataError(f"{where} is {text[:20]!r}: give a number from 0 to {largest:.0f}, or nothing if not coded.")
    return value


def _table(codings: list[_Coding], places: list[int]) -> Codings:
    flags = np.array([coding.flags for coding in codings], np.float32)
    return Codings(
        np.array(places, np.int64),
        np.array([coding.coder for coding in codings]),
        np.array([coding.units for coding in codings], np.float32),
        flags[:, :2],
        flags[:, 2] == 1,
    )


def _picture(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DataError(f"{path} is not a picture that can be read: replace it, or remove its rows.")
    return np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _added(faces: Faces, images: NDArray[np.uint8]) -> Faces:
    """The faces and further ones in `Training`, of which no expression is known."""
    count = len(images)
    answers = {
        head: Answers(
            one.labels,
            np.concatenate([one.target, np.zeros((count, len(one.labels)), np.float32)]),
            np.concatenate([one.truth, np.full(count, -1, np.int64)]),
        )
        for head, one in faces.answers.items()
    }
    return Faces(
        np.concatenate([faces.images, images]),
        np.concatenate([faces.splits, np.full(count, TRAINING)]),
        answers,
        np.concatenate([faces.groups, np.full(count, "")]),
        rows=np.concatenate([faces.rows, np.full(count, -1)]),
        codings=faces.codings,
        about=faces.about,
    )
