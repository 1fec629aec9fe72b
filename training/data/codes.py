"""Action units that coders gave single pictures: intensities 0–5, and what is hidden.

    row,usage,coder,AU1,AU2,…,AU43,up,low,bad          rows of FER2013's file, from 0, in the order of the file
    image,coder,AU1,AU2,…,AU43,up,low,bad              pictures beside the table, each filled by a face

Each line is one coding; a picture may have several, by several coders. Empty is not coded. `up` is 1 where something
hides brows or eyes, `low` where mouth or chin are hidden, `bad` where there is no single human face. `usage` is the
row's split, by which another file is found out; `participant` says who is seen. Columns but the first may be left out.
Columns of further actions, such as AD19, and of sides, such as AU12_side, may follow: nothing here learns from them.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.mistakes import nearest
from training.annotation.coding import ACTIONS
from training.data.faces import SIDE, TRAINING, Answers, Codings, Faces
from training.tables import read_rows

ROW, IMAGE = "row", "image"
FLAGS = ("up", "low", "bad")
TEXTS = ("usage", "coder", "participant")
LARGEST = 5.0
#: The column of an action's side.
SIDE_COLUMN = "{}_side"


@dataclass(frozen=True)
class Coding:
    """One line of a table: the row or the picture, what else stands in it as text, the 22 intensities and the flags
    (NaN where not coded), and where it stands."""

    place: str
    texts: dict[str, str]
    units: list[float]
    flags: list[float]
    where: str


@dataclass(frozen=True)
class CodeTable:
    """A table as it was read; `kind` is `ROW` or `IMAGE`."""

    path: Path
    kind: str
    codings: list[Coding]

    def pictures(self) -> dict[str, Coding]:
        """Each picture with the first that was coded of it, in the table's order."""
        first: dict[str, Coding] = {}
        for coding in self.codings:
            first.setdefault(coding.place, coding)
        return first


def with_codes(faces: Faces, path: Path) -> Faces:
    """The faces with what was coded of them; pictures that the table brings itself are added to `Training`.

    Rows of FER2013's file that the faces lack, as those without a picture, are passed over.

    Raises:
        DataError: no such file, unknown or missing columns, a broken row, rows of another file, a missing picture.
    """
    table = read_codes(path)
    if table.kind == ROW:
        return faces.with_codings(_of_rows(faces, table))
    pictures = table.pictures()
    more = np.stack([_picture(path.parent / name, coding.where) for name, coding in pictures.items()])
    places = {name: place for place, name in enumerate(pictures, start=len(faces))}
    codings = codings_at(table.codings, [places[coding.place] for coding in table.codings])
    return _added(faces, more).with_codings(codings)


def files_of(path: Path) -> list[Path]:
    """The table, and the pictures that it brings. Raises `DataError`."""
    table = read_codes(path)
    return [path, *(path.parent / name for name in table.pictures() if table.kind == IMAGE)]


def read_codes(path: Path) -> CodeTable:
    """A table of codes. Raises `DataError`, naming file and row."""
    rows = read_rows(path, "a table of codes")
    header = rows[0][1] if rows else []
    _require_columns(header, path.name)
    codings = [_coding(header, cells, f"{path.name}, row {number}") for number, cells in rows[1:]]
    if not codings:
        raise DataError(f"{path.name} holds no codings: it has a header, and no rows.")
    return CodeTable(path, header[0], codings)


def _require_columns(header: list[str], name: str) -> None:
    units = [column for column in header if column in ACTION_UNIT_KEYS]
    if not units or header[0] not in (ROW, IMAGE):
        raise DataError(f"{name} begins with '{','.join(header)[:60]}': its columns are row or image, coder, AU1, …")
    known = (*TEXTS, *FLAGS, *ACTION_UNIT_KEYS)
    further = (*ACTIONS, *map(SIDE_COLUMN.format, ACTIONS))
    for column in header[1:]:
        if column not in known and column not in further:
            hint = f"perhaps you meant {near}" if (near := nearest(column, known)) else f"known are {', '.join(known)}"
            raise DataError(f"{name}, row 1: there is no column '{column[:40]}'; {hint}.")
        if header.count(column) > 1:
            raise DataError(f"{name}, row 1: the column {column} is there twice.")


def _coding(header: list[str], row: list[str], where: str) -> Coding:
    if len(row) != len(header):
        raise DataError(f"{where}: it has {len(row)} columns instead of {len(header)}.")
    cells = dict(zip(header, row, strict=True))
    place = cells[header[0]]
    if not place or (header[0] == ROW and not (place.isascii() and place.isdigit())):
        wanted = (
            "the number of a row, from 0" if header[0] == ROW else "the path of a picture, from the table's folder"
        )
        raise DataError(f"{where}: {header[0]} is {place[:40]!r}: give {wanted}.")
    units = [_number(cells.get(unit, ""), LARGEST, f"{where}: {unit}") for unit in ACTION_UNIT_KEYS]
    flags = [_number(cells.get(flag, ""), 1.0, f"{where}: {flag}") for flag in FLAGS]
    return Coding(place, {name: cells[name] for name in TEXTS if name in cells}, units, flags, where)


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


def _of_rows(faces: Faces, table: CodeTable) -> Codings:
    places = {int(row): place for place, row in enumerate(faces.rows.tolist())}
    known = [coding for coding in table.codings if int(coding.place) in places]
    if not known:
        raise DataError(f"{table.path.name} codes no row of these data: give the file that belongs to them.")
    at = [places[int(coding.place)] for coding in known]
    for coding, place in zip(known, at, strict=True):
        usage, split = coding.texts.get("usage", ""), str(faces.splits[place])
        if usage and usage != split:
            raise DataError(
                f"{coding.where}: it codes a row of {usage}, and row {coding.place} of these data is of {split}: give "
                "the file that belongs to them."
            )
    return codings_at(known, at)


def codings_at(codings: list[Coding], places: list[int]) -> Codings:
    """The codings of faces at these positions."""
    flags = np.array([coding.flags for coding in codings], np.float32)
    return Codings(
        np.array(places, np.int64),
        np.array([coding.texts.get("coder", "") for coding in codings]),
        np.array([coding.units for coding in codings], np.float32),
        flags[:, :2],
        flags[:, 2] == 1,
    )


def _picture(path: Path, where: str) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    if image is None:
        raise DataError(f"{where}: {path} is not a picture that can be read: replace it, or remove its rows.")
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
