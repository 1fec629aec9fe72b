"""The face network of the box as a function of the aligned crop: expressions, action units, and what is hidden.

What it was learnt from and how good it is, its model card tells. Where something hides a part of the face, the action
units of that part are not measured, and are no numbers here.
"""

from dataclasses import dataclass

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, PARTS, SIDED_KEYS
from device.contract.manifest import OutputSpec
from device.runtime.model import Model

TASK = "face-reading"
EMOTIONS_HEAD, UNITS_HEAD, LEFT_HEAD, RIGHT_HEAD, HIDDEN_HEAD = "ferplus", "units", "left", "right", "hidden"
#: From this probability on a part counts as hidden.
HIDES = 0.5
_WANTED = {
    EMOTIONS_HEAD: EMOTIONS,
    UNITS_HEAD: ACTION_UNIT_KEYS,
    LEFT_HEAD: SIDED_KEYS,
    RIGHT_HEAD: SIDED_KEYS,
    HIDDEN_HEAD: PARTS,
}
_PART = np.array([PARTS.index(unit.part) for unit in ACTION_UNITS], np.intp)
_SIDED = np.array([ACTION_UNIT_KEYS.index(key) for key in SIDED_KEYS], np.intp)


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
        return {key: value for key, value in zip(ACTION_UNIT_KEYS, self.both.tolist(), strict=True) if value == value}


NOTHING = Actions(*(np.full(count, np.nan, np.float32) for count in (len(ACTION_UNITS), len(_SIDED), len(_SIDED))))


@dataclass(frozen=True, eq=False)
class Reading:
    """What a crop says: (8,) probabilities of `labels.EMOTIONS`, action units, and the parts that are hidden."""

    emotions: FloatArray
    actions: Actions
    hidden: tuple[str, ...]


class FaceReader:
    """The network as a function of a (48, 48) grey aligned crop."""

    def __init__(self, model: Model) -> None:
        """Raises `ModelError` unless the bundle gives what a reading holds."""
        self._model = model
        self._at = {}
        self._curves = {}
        for head, labels in _WANTED.items():
            self._at[head], spec = model.manifest.output(head)
            if model.manifest.task != TASK or spec.labels != labels:
                raise ModelError(f"Bundle {model.manifest.id} is no network that reads faces: name another one.")
            if head in (UNITS_HEAD, LEFT_HEAD, RIGHT_HEAD):
                self._curves[head] = _curve(spec, model.manifest.id)

    def __call__(self, crop: ByteImage) -> Reading:
        outputs = self._model.on_image(crop)
        hides = outputs[self._at[HIDDEN_HEAD]].reshape(-1) >= HIDES
        emotions = outputs[self._at[EMOTIONS_HEAD]].reshape(-1)
        both, left, right = (
            intensities(outputs[self._at[head]].reshape(-1), curve) for head, curve in self._curves.items()
        )
        if hides.any():
            both[hides[_PART]] = left[hides[_PART[_SIDED]]] = right[hides[_PART[_SIDED]]] = np.nan
        hidden = tuple(part for part, hid in zip(PARTS, hides.tolist(), strict=True) if hid)
        return Reading(emotions, Actions(both, left, right), hidden)


def intensities(scales: FloatArray, curves: FloatArray) -> FloatArray:
    """Intensities 0–5 (units,) of places on the units' scales, by their curves (units, 6): linear between where 0, 1, …
    5 stand."""
    below = np.clip((scales[:, None] >= curves[:, 1:-1]).sum(1), 0, curves.shape[1] - 2)
    rows = np.arange(len(scales))
    low, high = curves[rows, below], curves[rows, below + 1]
    return np.asarray(below + np.clip((scales - low) / (high - low), 0.0, 1.0), np.float32)


def _curve(spec: OutputSpec, bundle: str) -> FloatArray:
    curves = np.array(spec.curves, np.float32)
    if curves.shape != (len(spec.labels), 6) or not (np.diff(curves, axis=1) > 0).all():
        raise ModelError(f"Bundle {bundle}: the curves of '{spec.name}' are not six rising places a unit.")
    return curves
