"""How far raters agree, and how good a network can be at best: intraclass correlations of ratings.

Of W windows that k raters rated, with mean squares of windows MSR, of raters MSC and of what is left MSE:

    ICC(2,1) = (MSR − MSE) / (MSR + (k − 1) MSE + k (MSC − MSE) / W)    one rater, who could be any other
    ICC(2,k) = (MSR − MSE) / (MSR + (MSC − MSE) / W)                    the mean of k such raters
    ICC(3,1) = (MSR − MSE) / (MSR + (k − 1) MSE)                        one of these very raters, whatever their levels
    ICC(3,k) = (MSR − MSE) / MSR                                        the mean of these very raters

ICC(3,k) is the share of the variance of their mean that is no noise, so nothing that does not know the noise can
correlate with it by more than √ICC(3,k): that is the ceiling of Pearson's correlation. Sources: Shrout & Fleiss 1979;
McGraw & Wong 1996; for the ceiling, Spearman's attenuation (1904).

All of it follows from sums over windows, so that intervals over *people* come from sums of theirs (`sums`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Agreement:
    """Of each draw (…): `single` ICC(2,1), `mean` ICC(2,k), `consistent` ICC(3,1), `fixed` ICC(3,k), and the `ceiling`
    √ICC(3,k); NaN where nothing varies."""

    single: Floats
    mean: Floats
    consistent: Floats
    fixed: Floats
    ceiling: Floats


def sums(ratings: Floats) -> Floats:
    """(k + 3,) what `agreement` needs of windows (W, k) that all raters rated: their number, the sum of each rater, of
    all squares, and of the squares of the windows' sums."""
    return np.array([len(ratings), *ratings.sum(axis=0), (ratings**2).sum(), (ratings.sum(axis=1) ** 2).sum()])


def agreement(summed: Floats) -> Agreement:
    """Of sums (…, k + 3), one row a draw; of fewer than two raters nothing is known."""
    count, by_rater, squares, of_windows = summed[..., 0], summed[..., 1:-2], summed[..., -2], summed[..., -1]
    k = by_rater.shape[-1]
    if k < 2:
        return Agreement(*[np.full(count.shape, np.nan)] * 5)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = by_rater.sum(axis=-1) ** 2 / (k * count)
        rows, columns = of_windows / k - whole, (by_rater**2).sum(axis=-1) / count - whole
        msr, msc = rows / (count - 1), columns / (k - 1)
        left = squares - whole - rows - columns
        mse = left / ((count - 1) * (k - 1))
        between = np.where(squares - whole > 1e-9 * squares, msr - mse, np.nan)
        single = between / (msr + (k - 1) * mse + k * (msc - mse) / count)
        consistent = np.where(rows + left > 1e-9 * squares, between / (msr + (k - 1) * mse), np.nan)
        mean, fixed = between / (msr + (msc - mse) / count), between / msr
    return Agreement(single, mean, consistent, fixed, np.sqrt(np.clip(fixed, 0.0, 1.0)))
