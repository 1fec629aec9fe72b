"""Faces without anything that was said of them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.action_units.data import load_annotated
from training.data.faces import SIDE, TRAINING, load_faces

#: At least as many faces; fewer teach nothing, and none would be left to watch.
LEAST = 32


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """images: N × 48 × 48, uint8; about: where they come from; source: digest of the data that they are of."""

    images: NDArray[np.uint8]
    about: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def __len__(self) -> int:
        return len(self.images)

    def digest(self) -> str:
        """SHA-256 over everything that a training sees."""
        return hashlib.sha256(self.images.tobytes()).hexdigest()


def load_unlabelled(path: Path) -> Unlabelled:
    """The faces of a data.npz that nobody coded and that measure nothing.

    Of faces with splits: `Training`, as the data set crops them and as the box does, without those that somebody coded
    and without near copies of them. Of annotated faces: all.

    Raises:
        DataError: it is no data.npz, its crops have another size, or too few faces are left.
    """
    try:
        faces = load_faces(path)
    except DataError:
        data = load_annotated(path)
        return _enough(Unlabelled(data.images, data.about, data.digest()), path)
    kept = faces.splits == TRAINING
    if len(faces.copies):
        judged = np.unique([*faces.codings.face.tolist(), *np.flatnonzero(~kept).tolist()]).astype(np.int64)
        kept &= ~np.isin(faces.copies, faces.copies[judged])
    boxes = faces.box[kept & faces.found] if faces.has_box else faces.images[:0]
    return _enough(Unlabelled(np.concatenate([faces.images[kept], boxes]), faces.about, faces.digest()), path)


def _enough(data: Unlabelled, path: Path) -> Unlabelled:
    if data.images.shape[1:] != (SIDE, SIDE):
        raise DataError(f"{path} holds crops of {data.images.shape[1]} pixels: prepare them with --size {SIDE}.")
    if len(data) < LEAST:
        raise DataError(f"{path} holds {len(data)} faces that nobody coded: give {LEAST} or more.")
    return data
