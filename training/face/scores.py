"""How well presence is told, unit by unit, from scales of any kind: AUC, and F1 at the threshold that suits best."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS
from training.action_units.scores import area
from training.face.ordinal import Floats

#: Area under the ROC curve, the best F1, and the threshold that gives it.
UnitScores = tuple[float | None, float, float]
#: Units with enough faces and agreement to be averaged over, and eight further ones.
CORE = ("AU1", "AU2", "AU4", "AU5", "AU6", "AU9", "AU12", "AU15", "AU17", "AU20", "AU25", "AU26")
FURTHER = ("AU7", "AU10", "AU14", "AU16", "AU18", "AU22", "AU24", "AU43")


def coded_scores(scales: Floats, presence: Floats) -> dict[str, UnitScores]:
    """Unit → scores, of those that are ever present and ever absent.

    Args:
        scales: N × 22; presence: N × 22, 1 or 0, NaN where not coded.
    """
    found = {}
    for at, unit in enumerate(ACTION_UNIT_KEYS):
        known = ~np.isnan(presence[:, at])
        values, present = scales[known, at].astype(np.float64), presence[known, at] == 1
        if present.any() and not present.all():
            found[unit] = (area(values, present), *best_f1(values, present))
    return found


def best_f1(values: NDArray[Any], present: NDArray[np.bool_]) -> tuple[float, float]:
    """The best F1 and its threshold, in the middle between two values; both (N,)."""
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(present[order])
    f1 = 2 * hits / (np.arange(1, len(values) + 1) + present.sum())
    sorted_ = values[order]
    f1[:-1][sorted_[:-1] == sorted_[1:]] = -1  # equal values are on one side
    at = int(f1.argmax())
    below = sorted_[at + 1] if at + 1 < len(values) else sorted_[at] - 1
    return float(f1[at]), float((sorted_[at] + below) / 2)


def f1_at(values: NDArray[Any], present: NDArray[np.bool_], threshold: float) -> float:
    """F1 of presence from a threshold on."""
    said = values >= threshold
    return float(2 * (said & present).sum() / max(said.sum() + present.sum(), 1))


def mean_scores(scores: dict[str, UnitScores]) -> dict[str, float]:
    """Means over the core and the further units, of those that are there."""
    means = {}
    for name, units in (("core", CORE), ("further", FURTHER)):
        rows = [scores[unit] for unit in units if unit in scores]
        if rows:
            means[f"{name}_auc"] = float(np.mean([row[0] for row in rows]))
            means[f"{name}_f1"] = float(np.mean([row[1] for row in rows]))
    return means
