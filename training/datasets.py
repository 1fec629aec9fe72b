"""FER2013 images with the FER+ votes, as arrays.

FER2013 (Goodfellow et al. 2013): a CSV file `emotion,pixels,Usage`; `emotion` is 0–6 in the order of
`FER2013_EMOTIONS`, `pixels` are 48 × 48 grey values 0–255, row-major, parted by spaces.
FER+ (Barsoum et al. 2016): a CSV file with the votes of ten annotators for the same images, row for row. A row with
an empty `Image name` shows no face and is dropped.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS

SIDE = 48
TRAINING, VALIDATION, HELD_BACK = "Training", "PublicTest", "PrivateTest"
FER2013_HEADER = ["emotion", "pixels", "Usage"]
FERPLUS_HEADER = ["Usage", "Image name", *EMOTIONS, "unknown", "NF"]


@dataclass(frozen=True)
class Faces:
    """Labelled faces of one split.

    images: N × 48 × 48, uint8.
    labels: N, position in `FER2013_EMOTIONS`.
    votes: N × 10, float32: the annotators' votes for the eight `EMOTIONS`, then `unknown` and `NF` (no face).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    votes: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.images)

    def distribution(self) -> NDArray[np.float32]:
        """N × 8: the votes for the eight emotions as probabilities; all zero where nobody voted for one."""
        emotions = self.votes[:, : len(EMOTIONS)]
        total = emotions.sum(axis=1, keepdims=True)
        result: NDArray[np.float32] = emotions / np.maximum(total, 1)
        return result

    def majority(self) -> NDArray[np.int64]:
        """N: position in `EMOTIONS` of the most frequent vote; -1 where that is `unknown` or `NF`."""
        most = self.votes.argmax(axis=1)
        return np.where(most < len(EMOTIONS), most, -1)


def read_fer(csv_file: Path, ferplus_file: Path) -> dict[str, Faces]:
    """Read both files and return the faces of `Training` and `PublicTest`. `PrivateTest` rows are never used.

    Args:
        csv_file: FER2013, plain or ending in `.gz`.
        ferplus_file: FER+, with the same rows in the same order.

    Raises:
        DataError: a file is missing, has another header, a broken row, or another number of rows.
    """
    rows = list(_rows(csv_file, FER2013_HEADER))
    votes = list(_rows(ferplus_file, FERPLUS_HEADER))
    if len(rows) != len(votes):
        raise DataError(
            f"{ferplus_file.name} has {len(votes)} rows and {csv_file.name} has {len(rows)}: "
            "give the FER+ file that belongs to this copy of FER2013."
        )
    kept: dict[str, list[tuple[NDArray[np.uint8], int, NDArray[np.float32]]]] = {TRAINING: [], VALIDATION: []}
    for number, (row, vote) in enumerate(zip(rows, votes, strict=True), start=1):
        if row[2] not in (TRAINING, VALIDATION, HELD_BACK):
            raise _broken(csv_file, number, f"Usage is {row[2]!r}, not {TRAINING}, {VALIDATION} or {HELD_BACK}")
        if row[2] == HELD_BACK or not vote[1]:
            continue
        image, label = _image(row, csv_file, number)
        kept[row[2]].append((image, label, _votes(vote, ferplus_file, number)))
    for usage, faces in kept.items():
        if not faces:
            raise DataError(f"{csv_file.name} has no {usage} rows with a face: give the whole FER2013 file.")
    return {usage: _stack(faces) for usage, faces in kept.items()}


def _rows(path: Path, header: list[str]) -> Iterator[list[str]]:
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            reader = csv.reader(file)
            found = next(reader, [])
            if [name.strip() for name in found] != header:
                raise DataError(
                    f"{path.name} begins with '{','.join(found)[:80]}' instead of '{','.join(header)}': "
                    "give the file in its original layout."
                )
            for number, row in enumerate(reader, start=1):
                if len(row) != len(header):
                    raise _broken(path, number, f"it has {len(row)} columns instead of {len(header)}")
                yield row
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"Cannot read {path} ({error}): see training/README.md for where the data is had.") from error


def _image(row: list[str], path: Path, number: int) -> tuple[NDArray[np.uint8], int]:
    try:
        label = int(row[0])
        pixels = np.array(row[1].split(), dtype=np.int16)
    except (ValueError, OverflowError) as error:
        raise _broken(path, number, str(error)) from error
    if not 0 <= label < len(FER2013_EMOTIONS):
        raise _broken(path, number, f"emotion is {label}, not 0 to {len(FER2013_EMOTIONS) - 1}")
    if len(pixels) != SIDE * SIDE:
        raise _broken(path, number, f"it has {len(pixels)} pixels instead of {SIDE * SIDE}")
    if pixels.min() < 0 or pixels.max() > 255:
        raise _broken(path, number, "a pixel is outside 0 to 255")
    return pixels.astype(np.uint8).reshape(SIDE, SIDE), label


def _votes(row: list[str], path: Path, number: int) -> NDArray[np.float32]:
    try:
        votes = np.array(row[2:], dtype=np.float32)
    except ValueError as error:
        raise _broken(path, number, str(error)) from error
    if not np.isfinite(votes).all() or votes.min() < 0:
        raise _broken(path, number, "a count of votes is negative or not a number")
    return votes


def _stack(faces: list[tuple[NDArray[np.uint8], int, NDArray[np.float32]]]) -> Faces:
    images, labels, votes = zip(*faces, strict=True)
    return Faces(np.stack(images), np.array(labels, dtype=np.int64), np.stack(votes))


def _broken(path: Path, number: int, what: str) -> DataError:
    return DataError(f"{path.name}, row {number}: {what}: repair or remove the row in both files.")
