"""A bootstrap over blocks of frames: what tables come to when blocks are drawn with replacement."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.annotation.agreement.figures import UNKNOWN, Figure, Floats, figure

#: More blocks than these are drawn in groups of several: it takes less memory, and is no less sure.
_MOST = 2000
Ints = NDArray[np.int64]


class Draws:
    """Draws of blocks, the same for every table.

    Args:
        blocks: (U,) the block, from 0, of each unit.
        draws: how many.
    """

    def __init__(self, blocks: Ints, draws: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._draws = draws
        self._single = len(blocks) > 0 and int(blocks.max()) + 1 == len(blocks)
        self._groups = blocks % _MOST
        self._count = int(self._groups.max()) + 1 if len(blocks) else 0
        self._weights: Floats | None = None

    def sums(self, kinds: Ints, rows: Floats) -> Floats:
        """(1 + draws, M) sums over units: once as they are, then as drawn.

        Args:
            kinds: (U,) which row of `rows` (P, M) stands for each unit; -1: none.
        """
        padded = np.concatenate([rows, np.zeros((1, rows.shape[1]))])
        known = np.where(kinds < 0, len(rows), kinds)
        if not self._single:
            return self._summed(self._groups, known, padded)
        total = np.bincount(known, minlength=len(padded))  # to draw units is to draw kinds of them
        drawn = self._rng.multinomial(len(known), total / len(known), self._draws)
        return np.asarray(np.concatenate([total[None], drawn]) @ padded)

    def events(self, units: Ints, kinds: Ints, rows: Floats) -> Floats:
        """The same of events: each stands at one of the units, and is one of the rows."""
        return self._summed(self._groups[units], kinds, rows)

    def again(self, values: Floats, middle: Callable[..., Floats]) -> Figure:
        """The mean or median of values (N,), which are drawn by themselves."""
        if not len(values):
            return UNKNOWN
        drawn = values[self._rng.integers(len(values), size=(self._draws, len(values)))]
        return figure(np.concatenate([np.atleast_1d(middle(values)), middle(drawn, axis=1)]))

    def _summed(self, groups: Ints, kinds: Ints, rows: Floats) -> Floats:
        if self._weights is None:
            even = np.full(max(self._count, 1), 1 / max(self._count, 1))
            drawn = self._rng.multinomial(len(even), even, self._draws)
            self._weights = np.concatenate([np.ones((1, len(even))), drawn])
        size = len(rows)
        table = np.bincount(groups * size + kinds, minlength=self._weights.shape[1] * size)
        return np.asarray(self._weights @ table.reshape(-1, size) @ rows)
