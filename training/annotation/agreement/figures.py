"""Coefficients of agreement from tables of counts, for many draws of a bootstrap at once.

A table (…, K, K) counts frames: the row is the first coder's value, the column the second's, both of 0 … K − 1. Where
a coefficient is not defined, as κ where both coders say the same of every frame, it is NaN: unknown, and not 1.

Sources: Cohen 1960 (κ); Cohen 1968 (weighted κ); Byrt, Bishop & Carlin 1993 (PABAK); Krippendorff 2004, *Content
Analysis* (α, by its matrix of coincidences); Shrout & Fleiss 1979 (ICC(2,1), ICC(3,1)).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.intraclass import agreement

Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class Figure:
    """A coefficient with its 95 % interval by bootstrap; NaN where it is not defined, or not known."""

    value: float
    low: float
    high: float


UNKNOWN = Figure(NAN, NAN, NAN)


def figure(draws: Floats) -> Figure:
    """Of (1 + draws,): the first, and where 95 % of the others lie, of those that are defined.

    Where all draws come alike, as where one coder never sees what the other does, they do not say how sure it is.
    """
    value, others = float(draws[0]), draws[1:][~np.isnan(draws[1:])]
    if np.isnan(value):
        return UNKNOWN
    if not len(others) or np.ptp(others) < 1e-9:
        return Figure(value, NAN, NAN)
    low, high = np.percentile(others, (2.5, 97.5))
    return Figure(value, float(low), float(high))


def agreed(tables: Floats) -> Floats:
    """(…) share of the frames of which both say the same."""
    return _ratio(np.einsum("...ii->...", tables), tables.sum((-2, -1)))


def kappa(tables: Floats, quadratic: bool = False) -> Floats:
    """(…) Cohen's κ: 1 − observed / expected disagreement; with `quadratic`, of squared distances."""
    size = tables.shape[-1]
    apart = _squares(size) if quadratic else 1 - np.eye(size)
    rows, columns, total = tables.sum(-1), tables.sum(-2), tables.sum((-2, -1))
    expected = np.einsum("...i,ij,...j->...", rows, apart, columns)
    return np.asarray(1 - _ratio((tables * apart).sum((-2, -1)) * total, expected))


def pabak(tables: Floats) -> Floats:
    """(…) κ adjusted for prevalence and bias: what κ would be were every value equally frequent."""
    size = tables.shape[-1]
    return np.asarray((size * agreed(tables) - 1) / (size - 1))


def alpha(coincidences: Floats, metric: str) -> Floats:
    """(…) Krippendorff's α of matrices of coincidences (…, K, K).

    Args:
        metric: 'nominal', 'ordinal' (of the matrices' own margins) or 'interval'.
    """
    margins = coincidences.sum(-1)
    total = margins.sum(-1)
    apart = _apart(margins, metric)
    observed = (coincidences * apart).sum((-2, -1))
    pairs = margins[..., :, None] * margins[..., None, :] - margins[..., :, None] * np.eye(margins.shape[-1])
    return 1 - _ratio(observed * (total - 1), (pairs * apart).sum((-2, -1)))


def coincidences(counts: Floats) -> Floats:
    """(U, K, K) coincidences in each unit: `counts` (U, K) says how many coders gave it each value."""
    coders = counts.sum(1)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    return np.asarray(pairs / np.maximum(coders - 1, 1)[:, None, None])


def icc(tables: Floats) -> tuple[Floats, Floats]:
    """(…), (…): ICC(2,1) (agreement, coders at random) and ICC(3,1) (consistency, these coders) of two coders."""
    values = np.arange(tables.shape[-1], dtype=np.float64)
    first, second, both = tables.sum(-1), tables.sum(-2), values[:, None] + values
    squares, of_frames = (first + second) @ values**2, (tables * both**2).sum((-2, -1))
    found = agreement(np.stack([tables.sum((-2, -1)), first @ values, second @ values, squares, of_frames], -1))
    return found.single, found.consistent


def _apart(margins: Floats, metric: str) -> Floats:
    size = margins.shape[-1]
    if metric == "nominal":
        return np.asarray(1 - np.eye(size))
    if metric == "interval":
        return _squares(size)
    upto = np.cumsum(margins, -1) - margins / 2  # the middle of each value's ranks
    return np.asarray((upto[..., :, None] - upto[..., None, :]) ** 2)


def _squares(size: int) -> Floats:
    values = np.arange(size, dtype=np.float64)
    return np.asarray((values[:, None] - values) ** 2)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part of whole; NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.abs(whole) > 1e-12, part / whole, np.nan)
