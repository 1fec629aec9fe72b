"""HRM (*Hugging Rain Man*): children with autism and others, 22 action units and descriptors, a csv for each child.

    FOLDER/ASD/S1.csv              frame,AU1,AU2,…,AU2X,…,AD32,…,ASD[,…]: 0 absent, 1 present, and one side only:
    FOLDER/TD/S1.csv               2 left, 3 right, 4 top, 5 bottom; other columns are passed over
    FOLDER/ASD/origin/S1/12_0.jpg  (also ASD/S1/12_0.jpg, and 12.jpg, with leading zeros): the picture of frame 12

Tables may also lie in FOLDER itself. S1 of ASD and S1 of TD are two children. An action unit on one side is present;
the sides are not learnt. AU2X is AU26 and 27 together, as AU26 is here.

Source: Ji et al. 2025, *Hugging Rain Man: A Novel Facial Action Units Dataset for Analyzing Atypical Facial
Expressions in Children with Autism Spectrum Disorder*; columns, codes and names of files as in the authors' annotation
tool (github.com/Jonas-DL/Hugging-Rain-Man), ASD and TD as in their regression script. The pictures are not public:
that they are passed on in the tool's folders is our guess.
"""

import re
from pathlib import Path

import numpy as np

from device.contract.errors import DataError
from training.action_units.recording import UNKNOWN, Recording, coded, existing, frame_number, read_rows, require_some

#: Column → our label: the 22 of the paper's tables, and what else the contract knows.
COLUMNS = {f"AU{n}": f"AU{n}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 28)} | {
    "AU43": "AU43",
    "AU2X": "AU26",
    "AD19": "AD19",
    "AD32": "AD32",
}
CODES = {"": UNKNOWN, "0": 0.0, **dict.fromkeys("12345", 1.0)}
PICTURE = re.compile(r"0*(\d+)(_0)?")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


def read_hrm(folder: Path) -> list[Recording]:
    """Every child's pictures.

    Raises:
        DataError: a missing picture or folder, a broken row, an unknown code.
    """
    tables = sorted([*folder.glob("*.csv"), *folder.glob("*/*.csv")])
    found = [_read_child(folder, path) for path in tables if not path.stem.endswith("-backup")]
    return require_some(found, folder, "csv file of a participant")


def _read_child(folder: Path, table: Path) -> Recording:
    rows = list(read_rows(table))
    header = rows[0][1] if rows else []
    columns = [(position, name) for position, name in enumerate(header) if name in COLUMNS]
    if header[:1] != ["frame"] or not columns:
        raise DataError(f"{table}, row 1: it begins with {','.join(header)[:60]!r} instead of 'frame,AU1,…'.")
    frames, values = [], []
    for row, cells in rows[1:]:
        if len(cells) != len(header):
            raise DataError(f"{table}, row {row}: it has {len(cells)} cells, and the header {len(header)}.")
        frames.append(frame_number(cells[0], table, row))
        values.append([coded(cells[position], CODES, table, row, name) for position, name in columns])
    order = np.argsort(frames, kind="stable")  # a frame that was coded later stands at the end
    coding = np.array(values, np.float32).reshape(len(values), len(columns))[order]
    presence = {COLUMNS[name]: coding[:, column] for column, (_, name) in enumerate(columns)}
    participant = table.relative_to(folder).with_suffix("").as_posix()
    pictures = _pictures(table, frames)
    return Recording(
        participant,
        participant,
        tuple(pictures[place] for place in order),
        np.array(frames, np.int64)[order],
        presence,
        {},
    )


def _pictures(table: Path, frames: list[int]) -> list[Path]:
    place = existing(table.parent, (f"origin/{table.stem}", table.stem))
    if place is None:
        raise DataError(f"{table} has no pictures: {table.parent / 'origin' / table.stem} is not there.")
    files = {
        int(match[1]): path
        for path in sorted(place.iterdir())
        if path.suffix.lower() in SUFFIXES and (match := PICTURE.fullmatch(path.stem))
    }
    for row, frame in enumerate(frames, start=2):
        if frame not in files:
            raise DataError(f"{table}, row {row}: frame {frame} has no picture in {place}.")
    return [files[frame] for frame in frames]
