"""Annotated crops as arrays, and the file `data.npz` that keeps them between `prepare` and the other steps."""

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
from device.stages.appearance import INTENSITY, PRESENCE
from training.action_units.recording import LABELS, Recording
from training.files import write_there

HEADS = (PRESENCE, INTENSITY)
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Annotated:
    """Crops of faces with what annotators coded.

    images: N × side × side, uint8, as the box's aligner crops them.
    participants: N, who is seen.
    labels: head → the action units that are coded at all, in the contract's order; heads without any are left out.
    values: head → N × labels, float32: presence 0 or 1, intensity 0–5; NaN is not coded.
    about: where the crops come from.
    """

    images: NDArray[np.uint8]
    participants: NDArray[np.str_]
    labels: dict[str, tuple[str, ...]]
    values: dict[str, Values]
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def side(self) -> int:
        """Of the crops, pixels."""
        return int(self.images.shape[1])

    def at(self, chosen: NDArray[Any]) -> "Annotated":
        """The crops at these positions or under this mask."""
        values = {head: table[chosen] for head, table in self.values.items()}
        return replace(self, images=self.images[chosen], participants=self.participants[chosen], values=values)

    def only(self, wanted: tuple[str, ...]) -> "Annotated":
        """The same crops with what was coded of these actions; with everything where none are given."""
        if not wanted:
            return self
        kept = {head: [n for n, label in enumerate(names) if label in wanted] for head, names in self.labels.items()}
        labels = {head: tuple(self.labels[head][n] for n in places) for head, places in kept.items() if places}
        return replace(self, labels=labels, values={head: self.values[head][:, kept[head]] for head in labels})

    def digest(self) -> str:
        """SHA-256 over everything that a training sees."""
        whole = hashlib.sha256(json.dumps([self.labels, self.participants.tolist()]).encode())
        for array in (self.images, *self.values.values()):
            whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()


def coded_labels(recordings: list[Recording]) -> dict[str, tuple[str, ...]]:
    """Head → labels that some recording codes in some picture; heads without any are left out."""
    found = {}
    for head in HEADS:
        tables = [getattr(recording, head) for recording in recordings]
        known = {label for table in tables for label, column in table.items() if not np.isnan(column).all()}
        found[head] = tuple(label for label in LABELS if label in known)
    return {head: labels for head, labels in found.items() if labels}


def coding(recording: Recording, head: str, labels: tuple[str, ...]) -> Values:
    """(pictures, labels) values of one head, NaN for what this recording does not code."""
    unknown = np.full(len(recording.frames), np.nan, np.float32)
    columns = [getattr(recording, head).get(label, unknown) for label in labels]
    return np.stack(columns, axis=1)


def save_annotated(path: Path, data: Annotated) -> None:
    """Write `data.npz`, readable by its owner only; it appears whole or not at all."""
    meta = json.dumps({"labels": data.labels, "about": data.about})
    values = {f"value.{head}": table for head, table in data.values.items()}
    arrays = {"images": data.images, "participants": data.participants}
    write_there(path, lambda file: np.savez_compressed(file, meta=np.array(meta), **arrays, **values))  # type: ignore[arg-type]


def load_annotated(path: Path) -> Annotated:
    """Read `data.npz`. Raises `DataError` if it is missing or is none of annotated faces."""
    try:
        with np.load(path) as arrays:
            meta = json.loads(str(arrays["meta"]))
            labels = {head: tuple(names) for head, names in meta["labels"].items()}
            values = {head: arrays[f"value.{head}"] for head in labels}
            return Annotated(arrays["images"], arrays["participants"], labels, values, meta["about"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(
            f"Cannot read {path} ({error}): make it with `affectbox-training prepare --layout`."
        ) from error
