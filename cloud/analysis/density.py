"""How often a quantity has which value, with the rest and the thresholds that were learned from it, as a picture.

Gaussian kernel density, its width by Silverman's rule of thumb (*Density Estimation*, 1986, equation 3.31), values
mirrored at the ends of the scale so that none leaks beyond. It is counted in fine bins first; the width is never less
than one of them.
"""

from dataclasses import dataclass

import numpy as np

from cloud.analysis.quantities import values_of
from cloud.analysis.whole import Analysis
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS
from device.features.episodes import Threshold

_POINTS = 200


@dataclass(frozen=True, eq=False)
class Density:
    """The density of one quantity.

    Attributes:
        x: (200,) values over its scale.
        y: (200,) share of the measured records per unit of x; the area below it is 1.
        rest, on, off, found_rest: the threshold, see `episodes.Threshold`.
        n: records that it rests on.
    """

    x: Values
    y: Values
    rest: float
    on: float
    off: float
    n: int
    found_rest: bool


def density(values: Values, threshold: Threshold, bounds: tuple[float, float] = (0.0, 5.0)) -> Density:
    """The density of values (N,), NaN where not measured; at least one is measured."""
    known = values[~np.isnan(values)]
    low, high = bounds
    step = (high - low) / _POINTS
    counts, edges = np.histogram(np.clip(known, low, high), _POINTS, bounds)
    x = (edges[:-1] + edges[1:]) / 2
    width = max(_silverman(known), step)
    y = _smoothed(counts / (len(known) * step), width / step)
    return Density(x, y, threshold.rest, threshold.on, threshold.off, len(known), threshold.found_rest)


def densities(table: Table, analysis: Analysis) -> dict[str, Density]:
    """Of each action unit that was measured in a session of records, by its key."""
    if table.form is not RECORDS:
        return {}
    keys = (unit.key for unit in ACTION_UNITS if unit.key in analysis.thresholds)
    return {key: density(values_of(table, "aus", key), analysis.thresholds[key]) for key in keys}


def _silverman(known: Values) -> float:
    quarter, three = np.percentile(known, (25, 75))
    spreads = [spread for spread in (float(known.std()), float(three - quarter) / 1.34) if spread > 0]
    return float(0.9 * min(spreads, default=0.0) * len(known) ** -0.2)


def _smoothed(heights: Values, width: float) -> Values:
    """Heights (M,) smoothed by a Gaussian of a width in bins, mirrored at both ends."""
    reach = min(int(np.ceil(4 * width)), len(heights))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    mirrored = np.pad(heights, reach, mode="symmetric")
    smoothed: Values = np.convolve(mirrored, kernel / kernel.sum(), mode="valid")
    return smoothed
