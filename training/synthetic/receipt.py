"""What is measured of the estimator: on synthetic people it has not seen, and on real faces that did not calibrate it.

Emotion labels are no FACS codes. That a surprised face scores higher on AU1 than a neutral one is plausible, and no
validation.
"""

from typing import Any

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from training.synthetic.estimator import Estimator
from training.synthetic.fitting import NEUTRAL_EMOTION, Synthetic
from training.synthetic.real import Measured

PRESENT_WEIGHT = 0.3
PRESENT = 1.0
#: Emotion → action units that it should raise above neutral faces (after EMFACS: Friesen & Ekman 1983).
EXPECTED = {
    "happiness": ("AU6", "AU12", "AU25"),
    "surprise": ("AU1", "AU2", "AU5", "AU25", "AU26"),
    "fear": ("AU1", "AU2", "AU4", "AU5", "AU20", "AU25"),
    "anger": ("AU4", "AU7", "AU23", "AU24"),
    "disgust": ("AU4", "AU7", "AU9", "AU10"),
    "sadness": ("AU1", "AU4", "AU15", "AU17"),
}


def synthetic_receipt(estimator: Estimator, faces: Synthetic) -> dict[str, Any]:
    """For each action unit with and without neutral: area under the ROC curve (weight above .3 against none) and
    correlation of intensity and weight; for sided ones also the correlation of left minus right. Blendshapes are
    unknown for synthetic faces and stay zero, so this measures the geometry only."""
    found = {"raw": estimator(faces.features), "sub": estimator(faces.features, faces.neutral)}
    table: dict[str, Any] = {}
    for unit, key in enumerate(ACTION_UNIT_KEYS):
        both, left, right = faces.weights[:, :, unit]
        rows = {mode: values[:, :, unit] for mode, values in found.items()}
        entry: dict[str, float | None] = {"faces": int((both > PRESENT_WEIGHT).sum())}
        for mode, (b, le, ri) in {mode: row.T for mode, row in rows.items()}.items():
            entry[f"auc_{mode}"] = _round(area(b[both > PRESENT_WEIGHT], b[both == 0]))
            entry[f"r_{mode}"] = _round(correlation(b, both))
            if key in SIDED_KEYS:
                entry[f"r_side_{mode}"] = _round(correlation(le - ri, left - right))
        table[key] = entry
    return table


def real_receipt(estimator: Estimator, real: Measured) -> dict[str, Any]:
    """False positives on neutral faces, and how emotions compare with neutral faces where they should.

    Without anybody's neutral at hand, `sub` subtracts the mean neutral face: it says how the second mode orders faces,
    while its false positives cannot be measured."""
    raw, sub = estimator(real.features)[:, 0], estimator(real.features, estimator.mean_neutral)[:, 0]
    rest = real.emotions == NEUTRAL_EMOTION
    rates = (raw[rest] >= PRESENT).mean(0)
    proxies = {
        emotion: {
            key: {
                mode: _round(area(values[real.emotions == emotion, unit], values[rest, unit]))
                for mode, values in (("raw", raw), ("sub", sub))
            }
            for key in keys
            for unit in [ACTION_UNIT_KEYS.index(key)]
        }
        for emotion, keys in EXPECTED.items()
    }
    return {
        "faces": real.counts(),
        "false_positives": {key: _round(rate) for key, rate in zip(ACTION_UNIT_KEYS, rates, strict=True)},
        "false_positives_mean": round(float(rates.mean()), 3),
        "plausibility": proxies,
    }


def area(positive: FloatArray, negative: FloatArray) -> float:
    """Area under the ROC curve; ties count half; NaN without positives or negatives."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))


def correlation(one: FloatArray, other: FloatArray) -> float:
    """Pearson's; NaN where one does not vary."""
    if one.std() == 0 or other.std() == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _round(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
