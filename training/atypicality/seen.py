"""What a network sees of windows: columns, standardized by the people learnt from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.movement import COLUMNS
from device.features import standard
from training.atypicality.recipe import PRESENCE, SHARED, Companion, Recipe

Values = NDArray[np.float32]
Floats = NDArray[np.float64]
#: Intensity from which on a unit counts as there.
PRESENT = 1.0
_UNITS = tuple(at for at, name in enumerate(COLUMNS) if name.startswith("aus."))
#: A column that spreads less is divided by this.
_LEAST_SPREAD = 0.05


@dataclass(frozen=True, eq=False)
class Seen:
    """K columns, and (K,) `centre` and `scale` of each; standardized values beyond ± `clip` are cut to it."""

    columns: tuple[str, ...]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    clip: float

    def __call__(self, values: Values) -> Values:
        """(W, T, K) of windows (W, T, all columns), NaN where not measured, which becomes 0."""
        if len(self.columns) == len(_UNITS):
            return np.asarray(np.nan_to_num(values[:, :, _UNITS]) >= PRESENT, np.float32)
        found = standard.standardized(values.astype(np.float64), self.centre, self.centre, self.scale, self.clip)
        return found.astype(np.float32)


def seen_of(values: Values, recipe: Recipe | Companion) -> Seen:
    """What a network of this recipe sees, learnt from windows (W, T, all columns)."""
    if isinstance(recipe, Recipe) and recipe.columns == PRESENCE:
        names = tuple(COLUMNS[at] for at in _UNITS)
        return Seen(names, np.zeros(len(names)), np.ones(len(names)), 1.0)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=(0, 1)), 1)
    centre = np.where(known, values, 0.0).sum(axis=(0, 1), dtype=np.float64) / count
    spread = np.sqrt(np.where(known, (values - centre) ** 2, 0.0).sum(axis=(0, 1), dtype=np.float64) / count)
    if isinstance(recipe, Recipe) and recipe.kind == SHARED:
        centre, spread = _alike(centre, spread, count)
    return Seen(COLUMNS, centre, np.maximum(spread, _LEAST_SPREAD), recipe.clip)


def _alike(centre: Floats, spread: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Of all units the same centre and scale, and of all sides: 0, and the root of the mean square."""
    square = spread**2 + centre**2
    centre, spread = centre.copy(), spread.copy()
    for group in ("aus.", "sides."):
        own = np.array([name.startswith(group) for name in COLUMNS])
        centre[own], spread[own] = 0.0, np.sqrt(np.average(square[own], weights=count[own]))
    return centre, spread
