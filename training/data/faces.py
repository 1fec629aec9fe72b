"""Labelled faces as arrays, and the file `data.npz` that keeps them between `prepare` and the other steps."""

import hashlib
import json
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, PARTS
from training.files import write_there

SIDE = 48
TRAINING, VALIDATION, TEST = "Training", "PublicTest", "PrivateTest"
#: Which part of the face each action unit is seen in: 0 upper, 1 lower.
PART_OF = np.array([PARTS.index(unit.part) for unit in ACTION_UNITS], np.intp)
ARRAYS = ("images", "splits", "groups", "box", "found", "rows", "copies")


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
class Codings:
    """What coders saw in faces, each line one coding of one face.

    face: K, int64, positions of the faces.
    coder: K, who coded.
    units: K × 22, float32: intensities 0–5 in the contract's order, NaN where not coded.
    hidden: K × 2, float32: whether the upper and the lower face are hidden, 0 or 1, NaN where not coded.
    bad: K, bool: no single human face; such a coding says nothing of units.
    """

    face: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    coder: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "U1"))
    units: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, len(ACTION_UNIT_KEYS)), np.float32))
    hidden: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    bad: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.face)

    def joined(self, others: "Codings") -> "Codings":
        """Both tables."""
        return Codings(*(np.concatenate([getattr(self, name), getattr(others, name)]) for name in vars(self)))

    def at(self, chosen: NDArray[np.int64]) -> "Codings":
        """Those of the faces at these positions, which are counted anew."""
        place = np.full(max(int(self.face.max(initial=-1)), int(chosen.max(initial=-1))) + 1, -1)
        place[chosen] = np.arange(len(chosen))
        kept = place[self.face] >= 0 if len(self) else np.zeros(0, bool)
        arrays = {name: getattr(self, name)[kept] for name in vars(self)}
        return Codings(**{**arrays, "face": place[arrays["face"]]})

    def means(self, faces: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean intensities, faces × 22, and mean flags, faces × 2, over the coders of each face; NaN where none."""
        good = ~self.bad
        return (
            _means(self.units[good], self.face[good], faces),
            _means(self.hidden[good], self.face[good], faces),
        )

    def agreed(self, faces: int) -> NDArray[np.float32]:
        """Presence (intensity from 1) on which all coders of a face agree, faces × 22, 0 or 1; NaN where they do not,
        or where fewer than two coded the unit."""
        present = np.where(np.isnan(self.units) | self.bad[:, None], np.nan, self.units >= 1).astype(np.float32)
        mean = _means(present, self.face, faces)
        return np.where((self.coders(faces) >= 2) & ((mean == 0) | (mean == 1)), mean, np.nan).astype(np.float32)

    def coders(self, faces: int) -> NDArray[np.int64]:
        """How many coded each unit of each face, faces × 22."""
        count = np.zeros((faces, self.units.shape[1]), np.int64)
        np.add.at(count, self.face, ~np.isnan(self.units) & ~self.bad[:, None])
        return count


def _means(values: NDArray[np.float32], places: NDArray[np.int64], faces: int) -> NDArray[np.float32]:
    """The mean of the rows of each face, faces × columns, NaN where a face has none."""
    total, count = np.zeros((faces, values.shape[1])), np.zeros((faces, values.shape[1]))
    np.add.at(total, places, np.nan_to_num(values))
    np.add.at(count, places, ~np.isnan(values))
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count, np.float32)


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
    rows: N, int64: the row of the source's file, from 0; -1 where there is none.
    copies: N, int64: a number that near copies of one picture have in common. Empty where nobody looked.
    codings: action units, of some faces.
    about: where the faces come from.
    """

    images: NDArray[np.uint8]
    splits: NDArray[np.str_]
    answers: dict[str, Answers]
    groups: NDArray[np.str_]
    box: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, SIDE, SIDE), np.uint8))
    found: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    copies: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    codings: Codings = field(default_factory=Codings)
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
        if chosen.dtype == bool:
            chosen = np.flatnonzero(chosen)
        answers = {h: Answers(a.labels, a.target[chosen], a.truth[chosen]) for h, a in self.answers.items()}
        arrays = {name: array[chosen] for name in ARRAYS if len(array := getattr(self, name))}
        return replace(self, answers=answers, codings=self.codings.at(chosen), **arrays)

    def with_codings(self, codings: Codings) -> "Faces":
        """The same faces with further codings."""
        return replace(self, codings=self.codings.joined(codings))

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
        codings = vars(self.codings).values() if len(self.codings) else ()
        for array in (self.images, self.splits, self.box, self.found, *codings):
            whole.update(np.ascontiguousarray(array).tobytes())
        for answers in self.answers.values():
            whole.update(answers.target.tobytes() + answers.truth.tobytes())
        return whole.hexdigest()


def save_faces(path: Path, faces: Faces) -> None:
    """Write `data.npz`; the file appears whole or not at all."""
    answers: dict[str, NDArray[Any]] = {}
    for name, head in faces.answers.items():
        answers |= {f"target.{name}": head.target, f"truth.{name}": head.truth}
    arrays = {key: getattr(faces, key) for key in ARRAYS}
    arrays |= {f"coding.{key}": array for key, array in vars(faces.codings).items()}
    meta = json.dumps({"heads": faces.heads, "about": faces.about})
    write_there(path, lambda file: np.savez_compressed(file, meta=np.array(meta), **arrays, **answers))  # type: ignore[arg-type]


def load_faces(path: Path) -> Faces:
    """Read `data.npz`. Raises `DataError` if it is missing or was not written by `prepare`."""
    try:
        with np.load(path) as arrays:
            meta = json.loads(str(arrays["meta"]))
            answers = {
                name: Answers(tuple(labels), arrays[f"target.{name}"], arrays[f"truth.{name}"])
                for name, labels in meta["heads"].items()
            }
            plain = {key: arrays[key] for key in ARRAYS}
            codings = Codings(**{key: arrays[f"coding.{key}"] for key in vars(Codings())})
            return Faces(**plain, answers=answers, codings=codings, about=meta["about"])
    except OSError as error:
        raise DataError(f"Cannot read {path} ({error}): make it with `affectbox-training prepare`.") from error
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} is no whole data.npz of this version: make it with `affectbox-training prepare`."
        ) from error
