"""The face network of the box as a function of the aligned crop: emotions, action units, and what is hidden.

What it was learnt from and how good it is, its model card tells. Where something hides a part of the face, the action
units of that part are not measured, and are no numbers here.
"""

import math
from dataclasses import dataclass

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, PARTS, SIDED_KEYS
from device.contract.manifest import OutputSpec
from device.contract.tasks import FACE_READING, TASKS, require
from device.runtime.model import Model
from device.stages.aligner import CROP_SIDE

EMOTIONS_HEAD, UNITS_HEAD, LEFT_HEAD, RIGHT_HEAD, HIDDEN_HEAD = "ferplus", "units", "left", "right", "hidden"
#: From this probability on a part counts as hidden.
HIDES = 0.5
#: Where the units with two sides stand among all.
SIDED = np.array([ACTION_UNIT_KEYS.index(key) for key in SIDED_KEYS], np.intp)
#: The heads of action units, read as one vector of scales, and where it is cut into both sides, left and right.
_SCALES = (UNITS_HEAD, LEFT_HEAD, RIGHT_HEAD)
_CUTS = len(ACTION_UNIT_KEYS), len(ACTION_UNIT_KEYS) + len(SIDED_KEYS)
_PART_OF = {unit.key: PARTS.index(unit.part) for unit in ACTION_UNITS}
_PART = np.array([_PART_OF[key] for head in _SCALES for key in TASKS[FACE_READING].heads[head]], np.intp)


@dataclass(frozen=True, eq=False)
class Actions:
    """Intensities 0–5 of action units, NaN where not measured; from 1 on a unit is present (FACS A).

    Attributes:
        both: (22,) in the contract's order, the stronger side's where sides differ.
        left, right: (13,) the person's two sides of `labels.SIDED_KEYS`.
    """

    both: FloatArray
    left: FloatArray
    right: FloatArray

    def of(self, unit: str) -> float:
        """The intensity of both sides together, by key."""
        return float(self.both[ACTION_UNIT_KEYS.index(unit)])

    def known(self) -> dict[str, float]:
        """Key → intensity of what was measured."""
        pairs = zip(ACTION_UNIT_KEYS, self.both.tolist(), strict=True)
        return {key: value for key, value in pairs if not math.isnan(value)}


NOTHING = Actions(*np.split(np.full(len(_PART), np.nan, np.float32), _CUTS))


@dataclass(frozen=True, eq=False)
class Reading:
    """What a crop says: (8,) probabilities of `labels.EMOTIONS`, action units, and the parts that are hidden."""

    emotions: FloatArray
    actions: Actions
    hidden: tuple[str, ...]

    @property
    def covered(self) -> bool:
        """Whether the whole face is hidden, so that nothing of it was measured."""
        return len(self.hidden) == len(PARTS)


class FaceReader:
    """The network as a function of a (48, 48) grey aligned crop."""

    def __init__(self, model: Model) -> None:
        """Raises `ModelError` unless the bundle gives what a reading holds."""
        self._model = model
        require(model.manifest, FACE_READING)
        if model.manifest.input.shape != (1, CROP_SIDE, CROP_SIDE, 1):
            raise ModelError(f"Bundle {model.manifest.id} does not read 48×48 grey faces: name another one.")
        specs = {head: model.manifest.output(head) for head in TASKS[FACE_READING].heads}
        self._emotions, self._hidden = specs[EMOTIONS_HEAD][0], specs[HIDDEN_HEAD][0]
        self._scales = [specs[head][0] for head in _SCALES]
        self._curves = np.concatenate([_curves(specs[head][1], model.manifest.id) for head in _SCALES])

    def __call__(self, crop: ByteImage) -> Reading:
        outputs = self._model.on_image(crop)
        hides = outputs[self._hidden].reshape(-1) >= HIDES
        values = intensities(np.concatenate([outputs[at].reshape(-1) for at in self._scales]), self._curves)
        if hides.any():
            values[hides[_PART]] = np.nan
        hidden = tuple(part for part, hid in zip(PARTS, hides.tolist(), strict=True) if hid)
        first, second = _CUTS
        actions = Actions(values[:first], values[first:second], values[second:])
        return Reading(outputs[self._emotions].reshape(-1), actions, hidden)


def intensities(scales: FloatArray, curves: FloatArray) -> FloatArray:
    """Intensities 0–5 (units,) of places on the units' scales, by their curves (units, 6): linear between where 0, 1,
    … 5 stand, and 0 or 5 beyond."""
    below = (scales[:, None] >= curves[:, 1:-1]).sum(1)
    rows = np.arange(len(scales))
    low, high = curves[rows, below], curves[rows, below + 1]
    share = np.minimum(np.maximum((scales - low) / (high - low), 0.0), 1.0)
    return np.asarray(below + share, np.float32)


def _curves(spec: OutputSpec, bundle: str) -> FloatArray:
    try:
        curves = np.array(spec.curves, np.float32)
    except (ValueError, TypeError):
        curves = np.zeros(0, np.float32)
    if curves.shape != (len(spec.labels), 6) or not (np.diff(curves, axis=1) > 0).all():
        raise ModelError(f"Bundle {bundle}: the curves of '{spec.name}' are not six rising places a unit.")
    return curves
