"""Features as a network of diagnosis support sees them: by the same arithmetic in training and on the box."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def standardized(values: Values, fill: Values, centre: Values, scale: Values, clip: float) -> Values:
    """(…, K) of (…, K) values, NaN where not measured: filled, standardized and cut to ±clip."""
    return np.clip((np.where(np.isnan(values), fill, values) - centre) / scale, -clip, clip)


def distance(values: Values, centre: Values, scale: Values) -> Values:
    """(…) how unlike the people learnt from (…, K) values are: the mean of the squares of what was measured,
    standardized and not cut; NaN where nothing was."""
    squares = ((values - centre) / scale) ** 2
    known = ~np.isnan(squares)
    with np.errstate(invalid="ignore"):
        found: Values = np.where(known, squares, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return found
