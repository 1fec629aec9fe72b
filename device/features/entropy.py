"""Multiscale sample entropy: how unpredictable a quantity is, at several paces.

Sample entropy (Richman & Moorman 2000) with templates of m = 2 values and a tolerance of .15 standard deviations of
the quantity at scale 1; at scale s, of the means of s values after each other (Costa, Goldberger & Peng 2002, whose
figures these are). Templates reach over no gap. Each is compared only with those of the same 600, two minutes at scale
1: matches are counted over all such windows together, so that the cost grows with the length, not with its square.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_TOLERANCE = 0.15
_WINDOW = 600
#: Templates below which nothing is told.
LEAST_TEMPLATES = 100


def multiscale(stretches: Sequence[Values], scales: Sequence[int]) -> list[float]:
    """The sample entropy at each scale, nats.

    Args:
        stretches: values without a gap, evenly apart, one array a stretch.
        scales: values that become one.

    Returns:
        one number a scale; NaN where there are too few values, or nothing matches.
    """
    known = np.concatenate([np.zeros(0), *stretches])
    tolerance = _TOLERANCE * float(known.std()) if len(known) else 0.0
    return [sample_entropy([_coarse(one, scale) for one in stretches], tolerance) for scale in scales]


def sample_entropy(stretches: Sequence[Values], tolerance: float) -> float:
    """−ln of the share of templates alike in two values that are alike in the third; NaN where that is not known."""
    templates = np.concatenate([np.zeros((0, 3)), *(_templates(one) for one in stretches)])
    if len(templates) < LEAST_TEMPLATES or tolerance <= 0:
        return float("nan")
    windows = np.array_split(templates, -(-len(templates) // _WINDOW))
    two, three = np.sum([_matches(window, tolerance) for window in windows], axis=0)
    return float(np.log(two / three)) if three else float("nan")


def _coarse(values: Values, scale: int) -> Values:
    count = len(values) // scale
    found: Values = values[: count * scale].reshape(count, scale).mean(axis=1)
    return found


def _templates(values: Values) -> Values:
    """(N − 2, 3) each value and the two after it."""
    count = max(len(values) - 2, 0)
    return np.stack([values[at : at + count] for at in range(3)], axis=1)


def _matches(window: Values, tolerance: float) -> tuple[int, int]:
    """Ordered pairs of different templates that are alike in the first two values, and in all three."""
    near = [np.abs(column[:, np.newaxis] - column) <= tolerance for column in window.T]
    two = near[0] & near[1]
    return int(two.sum()) - len(window), int((two & near[2]).sum()) - len(window)
