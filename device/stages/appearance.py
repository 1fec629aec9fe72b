"""Action units from the appearance of the aligned crop, by a network that was trained on annotated faces.

Who holds such faces trains one with `affectbox-training` and names its bundle in `models.action_units`. It then
takes the place of the face network for the action units that it knows.
"""

from dataclasses import replace

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from device.contract.manifest import Manifest
from device.contract.tasks import ACTION_UNITS, require
from device.runtime.model import Model
from device.stages.reader import Actions, Reading

MAX_INTENSITY = 5.0
PRESENCE, INTENSITY = "presence", "intensity"
#: Where a network gives only the probability that an action unit is present, its intensity lies on the line through
#: these points: at one half it is 1, from which it counts as present on the box; when certain, 3 (FACS C), the middle
#: of the scale, for how strong it is the network does not say.
_PROBABILITIES, _INTENSITIES = (0.0, 0.5, 1.0), (0.0, 1.0, 3.0)


class AppearanceActionUnits:
    """The network as a function of an aligned crop.

    Attributes:
        units: keys of the action units that it gives, in the order of the contract. What else the network knows
            (action descriptors) is left out.
        side: of the crops that it takes, pixels.
    """

    def __init__(self, model: Model) -> None:
        """Raises `ModelError` unless the bundle takes square grey aligned crops to presence, intensity or both."""
        self._model = model
        columns = _columns(model.manifest)
        self.units = tuple(unit for unit in ACTION_UNIT_KEYS if unit in columns)
        self.side = model.manifest.input.shape[1]
        self._columns = np.array([columns[unit] for unit in self.units], np.intp)
        self._heads = [spec.name for spec in model.manifest.outputs]

    def __call__(self, crop: ByteImage) -> dict[str, float]:
        """Intensity 0–5 of each of `units` in a (side, side) grey crop: the estimated one where the network has it,
        else that of the probability of presence."""
        outputs = zip(self._heads, self._model.on_image(crop), strict=True)
        values = np.concatenate([_intensities(head, output.reshape(-1)) for head, output in outputs])
        found = np.clip(values[self._columns], 0.0, MAX_INTENSITY)
        return dict(zip(self.units, found.tolist(), strict=True))


def merged(reading: Reading, units: dict[str, float]) -> Reading:
    """A reading with these action units in the place of its own, where nothing hides them.

    Their left and right sides are left out: the network does not tell them apart, and two estimators under one key
    could contradict each other.
    """
    both, left, right = reading.actions.both.copy(), reading.actions.left.copy(), reading.actions.right.copy()
    for unit, value in units.items():
        at = ACTION_UNIT_KEYS.index(unit)
        both[at] = value if np.isfinite(both[at]) else np.nan
        if unit in SIDED_KEYS:
            left[SIDED_KEYS.index(unit)] = right[SIDED_KEYS.index(unit)] = np.nan
    return replace(reading, actions=Actions(both, left, right))


def _intensities(head: str, values: FloatArray) -> FloatArray:
    return values if head == INTENSITY else np.interp(values, _PROBABILITIES, _INTENSITIES).astype(np.float32)


def _columns(manifest: Manifest) -> dict[str, int]:
    """Label → its position in all outputs laid end to end; that of the intensity where there are both."""
    require(manifest, ACTION_UNITS)
    shape = manifest.input.shape
    if len(shape) != 4 or shape != (1, shape[1], shape[1], 1):
        raise ModelError(f"Bundle {manifest.id} takes crops of the shape {shape}, not of one square grey face.")
    found: dict[str, dict[str, int]] = {}
    start = 0
    for output in manifest.outputs:
        if output.name not in (PRESENCE, INTENSITY) or output.shape != (1, len(output.labels)) or output.name in found:
            raise ModelError(f"Bundle {manifest.id} has an output '{output.name}' that is no presence or intensity.")
        found[output.name] = {label: start + column for column, label in enumerate(output.labels)}
        start += len(output.labels)
    columns = found.get(PRESENCE, {}) | found.get(INTENSITY, {})
    if not columns.keys() & set(ACTION_UNIT_KEYS):
        raise ModelError(f"Bundle {manifest.id} knows none of the action units of records: name another one.")
    return columns
