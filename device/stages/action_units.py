"""Action units, first version: blendshapes named as action units, intensity 5 × coefficient.

Limits. The coefficients were trained to animate avatars, not on FACS codes, and no intensity scale was calibrated. On
posed frontal faces such a naming separates present from absent with a mean area under the ROC curve of about .83, and
not better after the person's face at rest. Action units for which no blendshape responds (9, 10, 14, 23, 24) are not
reported at all. AU6 is the geometric mean of smile and squint, because `cheekSquint` does not respond.
Source of the naming: Ekman & Friesen 1978 descriptions against Apple's ARKit blendshape descriptions.
"""

import math
from dataclasses import dataclass, field

from device.arrays import FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, BLENDSHAPES

ESTIMATOR = "blendshapes-1"
MAX_INTENSITY = 5.0

_NAMED_AS = {
    "AU1": ("browInnerUp",),
    "AU2": ("browOuterUpLeft", "browOuterUpRight"),
    "AU4": ("browDownLeft", "browDownRight"),
    "AU5": ("eyeWideLeft", "eyeWideRight"),
    "AU7": ("eyeSquintLeft", "eyeSquintRight"),
    "AU12": ("mouthSmileLeft", "mouthSmileRight"),
    "AU15": ("mouthFrownLeft", "mouthFrownRight"),
    "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretchLeft", "mouthStretchRight"),
    "AU22": ("mouthFunnel",),
    "AU26": ("jawOpen",),
    "AU28": ("mouthRollLower", "mouthRollUpper"),
    "AU43": ("eyeBlinkLeft", "eyeBlinkRight"),
}


@dataclass(frozen=True)
class Actions:
    """Intensities 0–5 of action units by key; `left` and `right` hold the person's two sides where they are told apart
    (`labels.SIDED_KEYS`)."""

    both: dict[str, float] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)
    right: dict[str, float] = field(default_factory=dict)


def estimate(features: FloatArray, neutral: FloatArray | None = None) -> Actions:
    """Action units of a face.

    Args:
        features: (F,), the last 52 of which are the blendshapes.
        neutral: (F,), the same of the person's face at rest, if it is known.
    """
    values = features if neutral is None else features - neutral
    return Actions(action_units(dict(zip(BLENDSHAPES, values[-len(BLENDSHAPES) :].tolist(), strict=True))))


def action_units(blendshapes: dict[str, float]) -> dict[str, float]:
    """Intensity 0–5 of each action unit that this estimator knows, in the order of the contract."""
    found = {unit: _mean(blendshapes, names) for unit, names in _NAMED_AS.items()}
    found["AU6"] = math.sqrt(found["AU12"] * found["AU7"])
    found["AU25"] = max(found["AU26"], found["AU16"])
    return {unit: MAX_INTENSITY * min(max(found[unit], 0.0), 1.0) for unit in ACTION_UNIT_KEYS if unit in found}


def _mean(blendshapes: dict[str, float], names: tuple[str, ...]) -> float:
    return max(sum(blendshapes[name] for name in names) / len(names), 0.0)
