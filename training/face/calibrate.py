"""From places on a unit's scale to intensities, by faces whose codes the network has not seen.

1 stands where presence is told best: at the threshold of the best F1. 2 to 5 stand where as many faces lie above as
coders gave at least that much. 0 is in the middle of the faces without the unit: between 0 and 1 there is doubt.

The coders call faint traces present that certified FACS coders leave out, above all of three units (`FAINT`; the data's
README has the comparison). For these the threshold serves presence from 1 and presence from 2 alike.
"""

import numpy as np

from device.contract.labels import ACTION_UNIT_KEYS
from training.face.ordinal import LEVELS, Floats
from training.face.scores import best_f1, f1_at

FAINT = ("AU10", "AU15", "AU20")
#: Fewer faces than this fix no threshold.
LEAST = 6
_GAP = 0.25


def curves(scales: Floats, intensities: Floats, units: tuple[str, ...] = ACTION_UNIT_KEYS) -> Floats:
    """Units × 6: where the intensities 0 to 5 stand on each scale, rising.

    Args:
        scales: N × units; intensities: N × units, coded, NaN where not.
    """
    return np.array([_curve(scales[:, at], intensities[:, at], unit) for at, unit in enumerate(units)], np.float32)


def _curve(scales: Floats, intensities: Floats, unit: str) -> list[float]:
    known = ~np.isnan(intensities)
    values, coded = scales[known].astype(np.float64), intensities[known]
    absent = float(np.median(values[coded < 1]))
    points = [presence_threshold(values, coded, unit in FAINT)]
    for level in range(2, LEVELS + 1):
        enough = (coded >= level).sum() >= LEAST
        step = points[-1] - points[-2] if level > 2 else max((points[0] - absent) / 2, _GAP)
        point = float(np.quantile(values, 1 - (coded >= level).mean())) if enough else points[-1] + step
        points.append(max(point, points[-1] + _GAP))
    return [min(absent, points[0] - _GAP), *points]


def presence_threshold(values: Floats, coded: Floats, faint: bool) -> float:
    """The threshold of the best F1; with `faint` that of the best mean of F1 from intensity 1 and from 2."""
    present = coded >= 1
    if present.sum() < LEAST:
        return float(np.quantile(values, 1 - present.mean()))
    if not faint:
        return best_f1(values, present)[1]
    strong = coded >= 2
    tried = np.unique(np.quantile(values, np.linspace(0, 1, 400)))
    return float(max(tried, key=lambda at: f1_at(values, present, at) + f1_at(values, strong, at)))


def to_intensities(scales: Floats, found: Floats) -> Floats:
    """N × units: intensities 0–5 of places on the scales, by their curves (units × 6)."""
    columns = [np.interp(scales[:, at], curve, np.arange(LEVELS + 1)) for at, curve in enumerate(found)]
    return np.stack(columns, axis=1).astype(np.float32)
