"""A person's own movement: how far from their usual one, and which of their known movements is near.

The network of a bundle that learnt one person (`device/contract/personal_file.py`) sees the same aligned crop as the
face network. What it makes of a face, the embedding, is compared with the person's own and goes no further.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.arrays import ByteImage, FloatArray
from device.closing import Closing
from device.contract.errors import ModelError
from device.contract.manifest import Manifest
from device.contract.personal import MOST_UNITS
from device.contract.personal_evidence import PersonalEvidence
from device.contract.personal_file import PersonalFile
from device.contract.tasks import PERSONAL, PERSONAL_MOVEMENT, require
from device.runtime.model import Model
from device.stages.aligner import CROP_SIDE

HEAD = "embedding"


@dataclass(frozen=True)
class Personal:
    """What is said of one frame.

    Attributes:
        distance: from the person's usual movement; 1: as far as usual.
        movement: number of the nearest of their known movements, from 1; None: none is near.
        units: keys of the action units that belong to it, the strongest first.
        bundle: what said it, NAME-VERSION.
    """

    distance: float
    movement: int | None
    units: tuple[str, ...]
    bundle: str


class Usual:
    """A person's usual movement and their known movements, as `personal.json` holds them; of N embeddings at once, so
    that training measures what the box will say."""

    def __init__(self, file: PersonalFile) -> None:
        """`file`: one that was checked."""
        self._file = file
        self._axes = np.array(file.axes, np.float32) / np.array(file.scale, np.float32)[:, None]
        self._shift = self._axes @ np.array(file.centre, np.float32)
        centres = [one.centre for one in file.movements]
        self._centres = np.array(centres, np.float32).reshape(len(centres), len(file.axes))
        self._radii = np.array([one.radius for one in file.movements], np.float32)

    def places(self, embeddings: FloatArray) -> FloatArray:
        """(N, K) of embeddings (N, D): along the axes, in units of their scales."""
        return np.asarray(embeddings @ self._axes.T - self._shift, np.float32)

    def distances(self, places: FloatArray) -> FloatArray:
        """(N,) from the usual; 1: as far as usual."""
        return np.asarray(np.sqrt(np.square(places).mean(1)), np.float32)

    def nearest(self, places: FloatArray) -> NDArray[np.intp]:
        """(N,) number of the nearest movement that is not farther than its radius, from 1; 0: there is none."""
        if not len(self._radii):
            return np.zeros(len(places), np.intp)
        far = np.sqrt(np.square(places[:, None] - self._centres).sum(2))
        far[far > self._radii] = np.inf
        return np.where(np.isfinite(far).any(1), far.argmin(1) + 1, 0)

    def units(self, movement: int) -> tuple[str, ...]:
        """The action units of a movement, the strongest first, so many as are told."""
        return tuple(self._file.movements[movement - 1].units)[:MOST_UNITS]


def check(manifest: Manifest, contents: Mapping[str, bytes]) -> PersonalFile:
    """What the `contents` of a bundle say of its person. Raises `ModelError`: it is for another task, tells no
    evidence, or is at odds with itself."""
    require(manifest, PERSONAL_MOVEMENT)
    file = PersonalFile.read(contents[PERSONAL], manifest.id)
    if manifest.input.shape != (1, CROP_SIDE, CROP_SIDE, 1):
        raise ModelError(f"Bundle {manifest.id} does not read 48×48 grey faces: export it again.")
    PersonalEvidence.from_receipt(manifest.receipt, manifest.id)
    _, spec = manifest.output(HEAD)
    if spec.shape != (1, len(file.centre)) or spec.activation != "none":
        what = f"{spec.shape} by '{spec.activation}'"
        raise ModelError(
            f"Bundle {manifest.id} gives {what}, and its {PERSONAL} is of {len(file.centre)} values: export it again."
        )
    return file


class PersonalReader(Closing):
    """One person's network as a function of a (48, 48) grey aligned crop.

    Attributes:
        bundle: NAME-VERSION.
        file: whose it is, and what its output means; evidence: what that rests on.
    """

    def __init__(self, model: Model) -> None:
        """Raises `ModelError`: as `check`."""
        self.file = check(model.manifest, model.bundle.contents)
        self.bundle = model.manifest.id
        self.evidence = PersonalEvidence.from_receipt(model.manifest.receipt, self.bundle)
        self._usual = Usual(self.file)
        self._model = model
        self._output, _ = model.manifest.output(HEAD)

    def __call__(self, crop: ByteImage) -> Personal | None:
        """None: the network learnt from no such light, or gave no number."""
        low, high = self.file.light
        if not low <= cv2.mean(crop)[0] / 255 <= high:
            return None
        places = self._usual.places(self._model.on_image(crop)[self._output])
        distance = float(self._usual.distances(places)[0])
        if not math.isfinite(distance):
            return None
        movement = int(self._usual.nearest(places)[0])
        units = self._usual.units(movement) if movement else ()
        return Personal(distance, movement or None, units, self.bundle)

    def close(self) -> None:
        """Free the network."""
        self._model.close()
