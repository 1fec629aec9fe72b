"""Image folders, one folder a class, with or without folders for the splits above.

    FOLDER/happiness/0001.png          FOLDER/train/happiness/0001.png
    FOLDER/sadness/0002.jpg            FOLDER/test/sadness/0002.jpg

`train`, `validation` and `test` (and what they are usually called) become `Training`, `PublicTest` and `PrivateTest`,
so that every step treats them as FER2013's. Without them a tenth of each class, drawn by file name, validates.
A file `groups.csv` (`image,group`, paths within FOLDER) may name the group of people of each picture.
"""

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from training.data.faces import SIDE, TEST, TRAINING, VALIDATION, Answers, Faces
from training.tables import read_rows

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm")
SPLITS = {"train": TRAINING, "training": TRAINING, "test": TEST, "privatetest": TEST} | dict.fromkeys(
    ("val", "valid", "validation", "publictest"), VALIDATION
)
#: What folders are called elsewhere → our label.
SYNONYMS = {"angry": "anger", "happy": "happiness", "sad": "sadness", "surprised": "surprise", "fearful": "fear"} | {
    "disgusted": "disgust",
    "scared": "fear",
}
MIN_SIDE, MAX_ASPECT = SIDE // 2, 1.5


def read_folder(folder: Path) -> Faces:
    """Every image of the folder, grey, 48 × 48; others are resized.

    Raises:
        DataError: no classes, an empty class, an image that is unreadable, tiny or not nearly square.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give one with a folder for each class.")
    parts = {SPLITS[d.name.lower()]: d for d in _folders(folder) if d.name.lower() in SPLITS} or {"": folder}
    names = sorted({_label(d) for part in parts.values() for d in _folders(part)})
    if len(names) < 2:
        raise DataError(f"{folder} has {len(names)} class folders; at least two are needed, each holding its images.")
    head, labels = _head(names)
    groups = _groups(folder)
    images, splits, truth, people = [], [], [], []
    for split, part in parts.items():
        for path, label in _files(part, names):
            images.append(_read(path))
            truth.append(labels.index(label))
            splits.append(split or _drawn(path))
            people.append(groups.get(path.relative_to(folder).as_posix(), ""))
    return Faces(
        images=np.stack(images),
        splits=np.array(splits),
        answers={head: Answers.single(labels, np.array(truth, np.int64))},
        groups=np.array(people),
    )


def _folders(folder: Path) -> list[Path]:
    return sorted(d for d in folder.iterdir() if d.is_dir() and not d.name.startswith("."))


def _label(folder: Path) -> str:
    name = folder.name.lower()
    return SYNONYMS.get(name, name)


def _head(names: list[str]) -> tuple[str, tuple[str, ...]]:
    """Which head the classes train: FER2013's or FER+'s if they are those emotions, else one of their own."""
    for head, labels in (("fer2013", FER2013_EMOTIONS), ("ferplus", EMOTIONS)):
        if set(names) == set(labels):
            return head, labels
    return "classes", tuple(names)


def _files(part: Path, names: list[str]) -> list[tuple[Path, str]]:
    """Every image of a split with its class; a class without one is an error."""
    folders = {_label(d): d for d in _folders(part)}
    found = []
    for name in names:
        inside = sorted(folders[name].rglob("*")) if name in folders else []
        images = [path for path in inside if path.suffix.lower() in SUFFIXES]
        if not images:
            raise DataError(f"The class '{name}' in {part} has no images: fill the folder, or remove the class.")
        found += [(path, name) for path in images]
    return found


def _read(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DataError(f"{path} is not an image that can be read: replace or remove it.")
    height, width = image.shape
    if min(height, width) < MIN_SIDE or max(height, width) > MAX_ASPECT * min(height, width):
        raise DataError(
            f"{path} is {width} × {height} pixels; a face crop must be nearly square and at least {MIN_SIDE} × "
            f"{MIN_SIDE}: crop it to the face, or remove it."
        )
    how = cv2.INTER_AREA if min(height, width) > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=how), np.uint8)


def _drawn(path: Path) -> str:
    """The split of an image, from its class and name alone, so that a later image moves no other."""
    number = hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()[0]
    return VALIDATION if number < 26 else TRAINING


def _groups(folder: Path) -> dict[str, str]:
    path = folder / "groups.csv"
    if not path.is_file():
        return {}
    rows = read_rows(path, "a CSV file 'image,group'")
    for number, row in rows:
        if len(row) != 2 or (number == 1 and row != ["image", "group"]):
            raise DataError(f"{path}, row {number}: it must have the two columns 'image,group': repair the row.")
    return {image: group for _, (image, group) in rows[1:]}
