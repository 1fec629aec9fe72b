"""Where on the scale of scores intensities lie, and from where on the sides of a face differ."""

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from training.synthetic.estimator import asymmetry
from training.synthetic.recipe import Calibration

BoolArray = NDArray[np.bool_]
_LOWEST_SD, _LONGEST_TAIL = 4.0, 2.5


def slack(everyone: FloatArray, calibration: Calibration) -> FloatArray:
    """(U,): asymmetry up to which the sides count as equal, from the scores (R, V, U) of real faces."""
    return np.asarray(np.percentile(np.abs(asymmetry(everyone)), calibration.symmetric, axis=0), np.float32)


def knots(
    rest: FloatArray,
    activated: FloatArray,
    blendshapes: FloatArray,
    everyone: FloatArray,
    absent: BoolArray,
    calibration: Calibration,
) -> FloatArray:
    """Scores (U, 4) of the estimator's `LEVELS`.

    Intensity 1 is where few faces at rest come; a long upper tail (a mouth that is open at rest) does not push it
    further than two and a half times the lower one. Where faces with another expression usually do without an action
    unit, few of them may come there either: so a smile is not called a dimple. Intensity 5 is where full activation
    comes, to which blendshapes add what they reach on real faces, or where the strongest of real faces come; it is at
    least as far from 1 as 1 is from rest.

    Args:
        rest: (K, U), scores of faces at rest.
        activated: (U,), scores of fully activated synthetic faces, which have no blendshapes.
        blendshapes: (R, U), what blendshapes contribute to the scores of real faces.
        everyone: (R, U), those scores.
        absent: (R, U), whether a real face shows an expression that usually does without the action unit.
    """
    few = calibration.present
    low, middle, high = np.percentile(rest, [100 - few, 50, few], axis=0)
    present = np.minimum(high, middle + _LONGEST_TAIL * (middle - low))
    others = [
        np.percentile(column[mask], few) if mask.any() else -np.inf
        for column, mask in zip(everyone.T, absent.T, strict=True)
    ]
    present = np.maximum(present, others)
    lowest = middle - _LOWEST_SD * np.maximum(rest.std(0), 1e-6)
    full = activated + np.percentile(blendshapes, calibration.full, axis=0)
    full = np.minimum(full, np.percentile(everyone, calibration.highest, axis=0))
    return np.asarray(np.stack([lowest, middle, present, np.maximum(full, 2 * present - middle)], -1), np.float32)
