"""Action units from a face's features, by a small network in a bundle: intensities 0–5, for both sides and for each.

The network sees the features, the person's own neutral features if they are known, and whether they are; without them
it subtracts the face at rest of many people, which it carries. The model card tells what is in it, what it was fitted
on and how well it does. The expression network takes no part.
"""

from dataclasses import dataclass, field

import numpy as np

from device.arrays import FloatArray
from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from device.runtime.model import Model
from device.stages.features import NAMES

TASK = "action-units"
MAX_INTENSITY = 5.0
_VIEWS = 3  # both sides together, the person's left, the person's right
_SIDED = [ACTION_UNIT_KEYS.index(key) for key in SIDED_KEYS]


@dataclass(frozen=True)
class Actions:
    """Intensities 0–5 of action units by key; `left` and `right` hold the person's two sides where they are told apart
    (`labels.SIDED_KEYS`). An action unit is present from 1 on, which is FACS A."""

    both: dict[str, float] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)
    right: dict[str, float] = field(default_factory=dict)


class ActionUnitEstimator:
    """The action-unit network as a function of features."""

    def __init__(self, model: Model) -> None:
        """Raises `ModelError` unless the bundle takes these features to the contract's action units."""
        self._model = model
        self._position, spec = model.manifest.output("intensity")
        taken, given = model.manifest.input.shape, spec.shape
        if spec.labels != ACTION_UNIT_KEYS or taken != (1, 2 * len(NAMES) + 1) or given[:2] != (1, _VIEWS):
            raise ModelError(f"Bundle {model.manifest.id} does not take {len(NAMES)} features to the action units.")
        self._input = np.zeros(2 * len(NAMES) + 1, np.float32)

    def __call__(self, features: FloatArray, neutral: FloatArray | None = None) -> Actions:
        """Intensities of a face.

        Args:
            features: (F,), from `FaceFeatures`.
            neutral: (F,), the same of the person's face at rest, if it is known.
        """
        values = self._input
        values[: len(NAMES)] = features
        values[len(NAMES) : -1] = 0.0 if neutral is None else neutral
        values[-1] = neutral is not None
        outputs = self._model.on_values(values)[self._position]
        both, left, right = np.clip(outputs[0], 0.0, MAX_INTENSITY)
        return Actions(
            dict(zip(ACTION_UNIT_KEYS, both.tolist(), strict=True)),
            dict(zip(SIDED_KEYS, left[_SIDED].tolist(), strict=True)),
            dict(zip(SIDED_KEYS, right[_SIDED].tolist(), strict=True)),
        )
