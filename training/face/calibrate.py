"""From places on a unit's scale to intensities, by faces whose codes the network has not seen.

1 stands where presence is told best: at the threshold of the best F1. 2 to 5 stand where as many faces lie above as
coders gave at least that much. 0 is in the middle of the faces without the unit: between 0 and 1 there is doubt.

The coders call faint traces present that certified FACS coders leave out, above all of three units (`FAINT`; the
data's README has the comparison). For these the threshold serves presence from 1 and presence from 2 alike.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from device.stages.reader import SIDED
from training.data.faces import Faces
from training.face.data import SIDES, Said
from training.face.ordinal import LEVELS, Floats
from training.face.recipe import FaceRecipe
from training.face.scores import best_f1, f1_at
from training.networks.face import UNITS
from training.predict import predict
from training.run_folder import Run

FAINT = ("AU10", "AU15", "AU20")
#: Fewer faces than this fix no threshold.
LEAST = 6
_GAP = 0.25
#: Decimal places of a curve in a manifest.
DIGITS = 4


def centre_hidden(run: Run[FaceRecipe], kept: Faces) -> None:
    """Move the run's bias of what is hidden so that the best F1 lies at 0, a probability of one half.

    Args:
        kept: faces whose codes were not seen.
    """
    said = predict(run.network, run.recipe.network.white, kept.images)["hidden"].astype(np.float64)
    coded = kept.codings.means(len(kept))[1]
    known = ~np.isnan(coded)
    if not known.any(0).all():
        raise DataError(
            "Of no face whose codes are kept apart it is coded what is hidden: give more, with up and low."
        )
    best = [best_f1(said[known[:, at], at], coded[known[:, at], at] > 0.5)[1] for at in range(coded.shape[1])]
    layer = run.network.get_layer("hidden")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias - np.array(best, np.float32)])


def curves_of(answer: Callable[[NDArray[np.uint8]], Said], kept: Faces) -> dict[str, Floats]:
    """Head → curves of what `answer` says of images, by faces whose codes were not seen, in the data set's crop and
    the box's."""
    coded = kept.codings.means(len(kept))[0]
    said = [answer(images) for images in (kept.images, kept.box)]
    twice = np.concatenate([coded, coded])
    found = {UNITS: curves(np.concatenate([one[UNITS] for one in said]), twice)}
    return found | {h: curves(np.concatenate([one[h] for one in said]), twice[:, SIDED], SIDED_KEYS) for h in SIDES}


def curves(scales: Floats, intensities: Floats, units: tuple[str, ...] = ACTION_UNIT_KEYS) -> Floats:
    """Units × 6: where the intensities 0 to 5 stand on each scale, rising, to the digits that a manifest holds.

    Args:
        scales: N × units; intensities: N × units, coded, NaN where not.

    Raises:
        DataError: a unit that nobody coded.
    """
    for at, unit in enumerate(units):
        if np.isnan(intensities[:, at]).all():
            raise DataError(f"Of no face whose codes are kept apart {unit} is coded: give more, or make fewer folds.")
    found = [_curve(scales[:, at], intensities[:, at], unit) for at, unit in enumerate(units)]
    return np.round(np.array(found), DIGITS).astype(np.float32)


def _curve(scales: Floats, intensities: Floats, unit: str) -> list[float]:
    known = ~np.isnan(intensities)
    values, coded = scales[known].astype(np.float64), intensities[known]
    absent = float(np.median(values[coded < 1])) if (coded < 1).any() else float(values.min())
    points = [presence_threshold(values, coded, unit in FAINT)]
    for level in range(2, LEVELS + 1):
        enough = (coded >= level).sum() >= LEAST
        step = points[-1] - points[-2] if level > 2 else max((points[0] - absent) / 2, _GAP)
        point = float(np.quantile(values, 1 - (coded >= level).mean())) if enough else points[-1] + step
        points.append(max(point, points[-1] + _GAP))
    return [min(absent, points[0] - _GAP), *points]


def presence_threshold(values: NDArray[Any], coded: Floats, faint: bool) -> float:
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
