"""A person's face at rest, as `affectbox calibrate` learns it, and what it changes about action units.

Faces differ at rest: a brow that is low by nature looks lowered. What a unit shows at rest is taken away from it, and
the rest of its scale stretched, so that 5 stays 5: for those units alone for which this was shown to help (`HELPED`).
Only a calibrated face at rest is used, for which somebody asked the person to relax. Nothing is learnt unasked, for
then an expression that lasts would swallow itself: a depressed person's brow, a smile that is kept up.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from device.arrays import Array, FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from device.stages.reader import SIDED, Actions

NONE, CALIBRATED = "none", "calibrated"
FULL = 5.0
#: Units from which the face at rest is taken away; see training/README.md for how that was measured.
HELPED = ("AU1", "AU2", "AU4", "AU5", "AU7", "AU9", "AU12", "AU14", "AU17", "AU18", "AU22", "AU24")
_HELPED = np.array([key in HELPED for key in ACTION_UNIT_KEYS])


@dataclass(frozen=True, eq=False)
class Neutral:
    """A face at rest.

    Attributes:
        actions: its action units.
        version: how records name it: `calibrated:` and eight hexadecimal digits of its hash.
    """

    actions: Actions
    version: str

    def values(self) -> FloatArray:
        """(48,): both sides together, left, right."""
        return np.concatenate([self.actions.both, self.actions.left, self.actions.right])


def neutral_of(values: FloatArray, version: str) -> Neutral:
    """The face at rest of what `Neutral.values` gives. Raises `ValueError`: not so many numbers."""
    units, sided = len(ACTION_UNIT_KEYS), len(SIDED_KEYS)
    if values.shape != (units + 2 * sided,):
        raise ValueError(f"{values.shape} values instead of {units + 2 * sided}")
    return Neutral(Actions(values[:units], values[units : units + sided], values[units + sided :]), version)


def named(actions: Actions, estimator: str) -> Neutral:
    """A face at rest with its version; `estimator` is the bundle that read it."""
    unnamed = Neutral(actions, "")
    digest = hashlib.sha256(estimator.encode() + unnamed.values().astype(np.float32).tobytes()).hexdigest()
    return Neutral(actions, f"{CALIBRATED}:{digest[:8]}")


def relative(actions: Actions, neutral: Neutral | None, helped: Array = _HELPED) -> Actions:
    """Action units without what the person's face shows at rest, where that helps (22,); unchanged without one."""
    if neutral is None:
        return actions
    rest, sided = neutral.actions, helped[SIDED]
    return Actions(
        np.where(helped, without(actions.both, rest.both), actions.both),
        np.where(sided, without(actions.left, rest.left), actions.left),
        np.where(sided, without(actions.right, rest.right), actions.right),
    )


def without(values: FloatArray, rest: FloatArray) -> FloatArray:
    """Intensities without those at rest, stretched so that 5 stays 5; arrays of one shape."""
    kept = np.maximum(values - rest, 0.0) * (FULL / np.maximum(FULL - rest, 1.0))
    return np.asarray(np.minimum(kept, FULL), np.float32)
