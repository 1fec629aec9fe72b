"""Action units, effects and certainty in words that need no statistics."""

import math
from statistics import NormalDist

from training.targets.rows import Row

#: Cohen's (1988) words for |d|, from the smallest.
_SIZES = ((0.2, "hardly any"), (0.5, "small"), (0.8, "medium"), (math.inf, "large"))
#: How sure, by adjusted p: dots of three, and words.
_SURE = ((0.001, 3, "Very strong evidence"), (0.01, 2, "Strong evidence"), (1.0, 1, "Some evidence"))


def size(d: float) -> str:
    """Cohen's word for an effect."""
    return next(word for limit, word in _SIZES if abs(d) < limit)


def sizes(row: Row) -> str:
    """`a large difference; it may be medium to large`, from the effect and its interval."""
    low, high = sorted((abs(row.effect_low), abs(row.effect_high)))
    small = size(0.0 if row.effect_low <= 0 <= row.effect_high else low)
    between = small if small == size(high) else f"{small} to {size(high)}"
    said = size(row.effect)
    return f"{said} difference" if between == said else f"{said} difference (may be {between})"


def sureness(p: float) -> tuple[int, str]:
    """Dots of three, and words: `Strong evidence: chance alone shows as much in about 1 study in 120`."""
    dots, words = next((dots, words) for limit, dots, words in _SURE if p <= limit)
    studies = "at most 1 study in 1\u00a0000" if p <= 0.001 else f"about 1 study in {_round(1 / p)}"
    return dots, f"{words}: chance alone shows as much in {studies}"


def overlap(row: Row, kind: str) -> str:
    """What the effect comes to between two people, or within one (McGraw & Wong 1992)."""
    if kind == "phases":
        share = round(100 * NormalDist().cdf(abs(row.effect)))
        return f"in about {share} of 100 people it is {'stronger' if row.effect > 0 else 'weaker'} in {row.second}"
    share = round(100 * NormalDist().cdf(abs(row.effect) / math.sqrt(2)))
    most = row.second if row.effect > 0 else row.first
    return f"of 100 pairs of one person from each group, the one from {most} shows more in about {share}"


def _round(number: float) -> int:
    """Two digits of a number, at least 1."""
    digits = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return int(number // digits * digits)
