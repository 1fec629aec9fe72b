"""Labelled faces as arrays, and the file `data.npz` that keeps them between `prepare` and the other steps."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError

SIDE = 48
TRAINING, VALIDATION, TEST = "Training", "PublicTest", "PrivateTest"


@dataclass(frozen=True, eq=False)
class Answers:
    """What is asked of one head.

    labels: the classes, in order.
    target: N × classes, float32: what to learn, as a distribution; all zero where nothing is known.
    truth: N, int64: the right class, -1 where there is none. Faces without one do not count in accuracies.
    """

    labels: tuple[str, ...]
    target: NDArray[np.float32]
    truth: NDArray[np.int64]

    @staticmethod
    def single(labels: tuple[str, ...], truth: NDArray[np.int64]) -> "Answers":
        """Answers of one certain class each."""
        return Answers(labels, np.eye(len(labels), dtype=np.float32)[truth], truth)


@dataclass(frozen=True, eq=False)
class Faces:
    """Labelled faces.

    images: N × 48 × 48, uint8, as the data set crops them.
    splits: N, the name of each face's split.
    answers: head → answers.
    groups: N, the group of people that a face belongs to, '' where the data names none.
    box: N × 48 × 48, uint8: the same faces as the box crops them; the data set's crop where it finds no face. Empty
        (0 × 48 × 48) when the data were prepared without.
    found: N, bool: whether the box finds the face.
    about: where the faces come from.
    """

    images: NDArray[np.uint8]
    splits: NDArray[np.str_]
    answers: dict[str, Answers]
    groups: NDArray[np.str_]
    box: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, SIDE, SIDE), np.uint8))
    found: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def heads(self) -> dict[str, tuple[str, ...]]:
        """Head → labels."""
        return {name: answers.labels for name, answers in self.answers.items()}

    @property
    def has_box(self) -> bool:
        """Whether the box's own crops are there too."""
        return len(self.box) > 0

    def at(self, chosen: NDArray[Any]) -> "Faces":
        """The faces at these positions or under this mask."""
        answers = {h: Answers(a.labels, a.target[chosen], a.truth[chosen]) for h, a in self.answers.items()}
        box = {"box": self.box[chosen], "found": self.found[chosen]} if self.has_box else {}
        arrays = {"images": self.images[chosen], "splits": self.splits[chosen], "groups": self.groups[chosen]}
        return replace(self, answers=answers, **arrays, **box)

    def split(self, name: str) -> "Faces":
        """The faces of one split. Raises `DataError` when there are none."""
        mask = self.splits == name
        if not mask.any():
            have = ", ".join(sorted(set(self.splits.tolist()))) or "none"
            raise DataError(f"The data have no faces in the split {name} (they have: {have}): give the whole file.")
        return self.at(mask)

    def digest(self) -> str:
        """SHA-256 over everything that a training sees."""
        whole = hashlib.sha256(json.dumps(self.heads).encode())
        for array in (self.images, self.splits, self.box, self.found):
            whole.update(np.ascontiguousarray(array).tobytes())
        for answers in self.answers.values():
            whole.update(answers.target.tobytes() + answers.truth.tobytes())
        return whole.hexdigest()


def save_faces(path: Path, faces: Faces) -> None:
    """Write `data.npz`; the file appears whole or not at all."""
    answers: dict[str, NDArray[Any]] = {}
    for name, head in faces.answers.items():
        answers |= {f"target.{name}": head.target, f"truth.{name}": head.truth}
    arrays = {key: getattr(faces, key) for key in ("images", "splits", "groups", "box", "found")}
    meta = json.dumps({"heads": faces.heads, "about": faces.about})
    partial = path.with_name(path.name + ".part.npz")
    np.savez_compressed(partial, meta=np.array(meta), **arrays, **answers)  # type: ignore[arg-type]
    partial.replace(path)


def load_faces(path: Path) -> Faces:
    """Read `data.npz`. Raises `DataError` if it is missing or was not written by `prepare`."""
    try:
        with np.load(path) as arrays:
            meta = json.loads(str(arrays["meta"]))
            answers = {
                name: Answers(tuple(labels), arrays[f"target.{name}"], arrays[f"truth.{name}"])
                for name, labels in meta["heads"].items()
            }
            plain = {key: arrays[key] for key in ("images", "splits", "groups", "box", "found")}
            return Faces(**plain, answers=answers, about=meta["about"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(f"Cannot read {path} ({error}): make it with `affectbox-training prepare`.") from error
