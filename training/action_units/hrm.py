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
from device.contract.labels import ACTION_DESCRIPTORS, ACTION_UNIT_KEYS
from training.action_units.recording import UNKNOWN, Recording, existing, require_some
from training.annotation.files.published_table import ACTION_OF, BACKUP, FRAME, WHAT, columns, marks
from training.tables import read_table, whole

LEARNT = (*ACTION_UNIT_KEYS, *ACTION_DESCRIPTORS)
PICTURE = re.compile(r"0*(\d+)(_0)?")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


def read_hrm(folder: Path) -> list[Recording]:
    """Every child's pictures.

    Raises:
        DataError: a missing picture or folder, a broken row, an unknown code.
    """
    tables = sorted([*folder.glob("*.csv"), *folder.glob("*/*.csv")])
    found = [_read_child(folder, path) for path in tables if not path.stem.endswith(BACKUP)]
    return require_some(found, folder, "csv file of a participant")


def _read_child(folder: Path, path: Path) -> Recording:
    table = read_table(path, WHAT, str(path))
    found = columns(table, [])
    labels = [ACTION_OF[name] for name in sorted(found, key=found.__getitem__) if ACTION_OF.get(name) in LEARNT]
    rows = []
    for row, cells in table.rows:
        there = marks(cells, found, table.where(row))
        values = [float(there[label].value) if label in there else UNKNOWN for label in labels]
        rows.append((whole(cells[found[FRAME]], f"{table.where(row)}: frame"), table.where(row), values))
    rows.sort(key=lambda one: one[0])  # a frame that was coded later stands at the end
    coding = np.array([values for *_, values in rows], np.float32).reshape(len(rows), len(labels))
    pictures = _pictures(path)
    for frame, where, _ in rows:
        if frame not in pictures:
            raise DataError(f"{where}: frame {frame} has no picture beside {path}.")
    participant = path.relative_to(folder).with_suffix("").as_posix()
    return Recording(
        participant,
        participant,
        tuple(pictures[frame] for frame, *_ in rows),
        np.array([frame for frame, *_ in rows], np.int64),
        {label: coding[:, column] for column, label in enumerate(labels)},
        {},
    )


def _pictures(table: Path) -> dict[int, Path]:
    place = existing(table.parent, (f"origin/{table.stem}", table.stem))
    if place is None:
        raise DataError(f"{table} has no pictures: {table.parent / 'origin' / table.stem} is not there.")
    return {
        int(match[1]): path
        for path in sorted(place.iterdir())
        if path.suffix.lower() in SUFFIXES and (match := PICTURE.fullmatch(path.stem))
    }
