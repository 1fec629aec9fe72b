"""FER2013 images with the FER+ votes.

FER2013 (Goodfellow et al. 2013): a CSV file `emotion,pixels,Usage`, in this order or that of Kaggle's
`icml_face_data.csv`; `emotion` is 0–6 in the order of
`FER2013_EMOTIONS`, `pixels` are 48 × 48 grey values 0–255, row-major, parted by spaces. A column `group` may name the
group of people that a face belongs to. Rows without a picture (no pixels, or all zero) are dropped.
FER+ (Barsoum et al. 2016): a CSV file with the votes of ten annotators for the same images. Within each Usage its
rows stand in the order of FER2013's, so they are joined by that, and a copy of FER2013 with fewer Usages will do. A
row with an empty `Image name` was found to show no face: it has no votes.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from training.data.faces import SIDE, Answers, Faces

HEADER = ["emotion", "pixels", "Usage"]
FERPLUS_HEADER = ["Usage", "Image name", *EMOTIONS, "unknown", "NF"]
_VOTES = len(EMOTIONS) + 2
_HINT = "see training/README.md for where the data are had"


def read_fer2013(csv_file: Path, ferplus_file: Path | None = None) -> Faces:
    """Every split of FER2013, plain or ending in `.gz`, with the FER+ votes if their file is given.

    Returns:
        Faces with the head `fer2013` and, with votes, `ferplus` before it; `about` counts the dropped rows.

    Raises:
        DataError: a file is missing, has another header, a broken row, or does not belong to the other.
    """
    rows = list(_rows(csv_file, HEADER, "group"))
    images, labels, kept = [], [], []
    for number, row in enumerate(rows, start=1):
        image, label = _image(row, csv_file, number)
        if image is not None:
            images.append(image)
            labels.append(label)
            kept.append(number - 1)
    votes = _joined(rows, csv_file, ferplus_file) if ferplus_file else None
    if not images:
        raise DataError(f"{csv_file.name} has no row with a picture: give FER2013 itself; {_HINT}.")
    answers = {"ferplus": _ferplus(votes[kept])} if votes is not None else {}
    answers["fer2013"] = Answers.single(FER2013_EMOTIONS, np.array(labels, np.int64))
    return Faces(
        images=np.stack(images),
        splits=np.array([rows[k][2].strip() for k in kept]),
        answers=answers,
        groups=np.array([rows[k][3].strip() if len(rows[k]) > 3 else "" for k in kept]),
        rows=np.array(kept, np.int64),
        about={"dropped_without_picture": len(rows) - len(kept)},
    )


def _ferplus(votes: NDArray[np.float32]) -> Answers:
    """Learn how the votes spread over the eight emotions; right is the class of `majority`."""
    emotions = votes[:, : len(EMOTIONS)]
    target = emotions / np.maximum(emotions.sum(axis=1, keepdims=True), 1)
    return Answers(EMOTIONS, target.astype(np.float32), majority(votes))


def majority(votes: NDArray[np.float32]) -> NDArray[np.int64]:
    """The emotion that has more than half of the votes, classes with a single vote not counted; -1 where none has, or
    where `unknown` or `NF` (no face) has.

    Source: Barsoum et al. 2016, and the mode `majority` of the script published with FER+ (microsoft/FERPlus), by
    which the paper's test figures were made.

    Args:
        votes: N × 10, in the order of `FERPLUS_HEADER`.
    """
    counted = np.where(votes > 1, votes, 0)
    most = counted.argmax(axis=1)
    known = (counted.max(axis=1) > counted.sum(axis=1) / 2) & (most < len(EMOTIONS))
    return np.where(known, most, -1).astype(np.int64)


def _joined(rows: list[list[str]], csv_file: Path, ferplus_file: Path) -> NDArray[np.float32]:
    """N × 10: the votes that belong to each row."""
    votes: dict[str, list[NDArray[np.float32]]] = {}
    for number, row in enumerate(_rows(ferplus_file, FERPLUS_HEADER), start=1):
        votes.setdefault(row[0].strip(), []).append(_votes(row, ferplus_file, number))
    for usage, count in Counter(row[2].strip() for row in rows).items():
        have = len(votes.get(usage, ()))
        if have != count:
            raise DataError(
                f"{ferplus_file.name} has {have} {usage} rows and {csv_file.name} has {count}: "
                "give the FER+ file that belongs to this copy of FER2013."
            )
    remaining = {usage: iter(found) for usage, found in votes.items()}
    return np.stack([next(remaining[row[2].strip()]) for row in rows])


def _rows(path: Path, header: list[str], optional: str = "") -> Iterator[list[str]]:
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            reader = csv.reader(file)
            found = [name.strip() for name in next(reader, [])]
            order = [found.index(name) for name in [*header, optional] if name in found]
            if len(order) != len(found) or not set(header) <= set(found):
                raise DataError(
                    f"{path.name} begins with '{','.join(found)[:80]}' instead of '{','.join(header)}': "
                    "give the file in its original layout."
                )
            for number, row in enumerate(reader, start=1):
                if len(row) != len(found):
                    raise _broken(path, number, f"it has {len(row)} columns instead of {len(found)}")
                yield [row[column] for column in order]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Cannot read {path} ({error}): {_HINT}.") from error


def _image(row: list[str], path: Path, number: int) -> tuple[NDArray[np.uint8] | None, int]:
    """The picture, None if there is none, and the label."""
    try:
        label = int(row[0])
        pixels = np.array(row[1].split(), dtype=np.int16)
    except (ValueError, OverflowError) as error:
        raise _broken(path, number, str(error)) from error
    if not 0 <= label < len(FER2013_EMOTIONS):
        raise _broken(path, number, f"emotion is {label}, not 0 to {len(FER2013_EMOTIONS) - 1}")
    if not row[2].strip():
        raise _broken(path, number, "its Usage is empty")
    if not len(pixels):
        return None, label
    if len(pixels) != SIDE * SIDE:
        raise _broken(path, number, f"it has {len(pixels)} pixels instead of {SIDE * SIDE} ({SIDE} × {SIDE})")
    if pixels.min() < 0 or pixels.max() > 255:
        raise _broken(path, number, "a pixel is outside 0 to 255")
    return (pixels.astype(np.uint8).reshape(SIDE, SIDE) if pixels.any() else None), label


def _votes(row: list[str], path: Path, number: int) -> NDArray[np.float32]:
    if not row[1].strip():
        return np.zeros(_VOTES, np.float32)
    try:
        votes = np.array(row[2:], dtype=np.float32)
    except ValueError as error:
        raise _broken(path, number, str(error)) from error
    if not np.isfinite(votes).all() or votes.min() < 0:
        raise _broken(path, number, "a count of votes is negative or not a number")
    return votes


def _broken(path: Path, number: int, what: str) -> DataError:
    return DataError(f"{path.name}, row {number}: {what}: repair the row, or remove it in both files.")
