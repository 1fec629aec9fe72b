"""Folds of participants: each is in one fold, with all that was ever recorded of them.

Every fold gets its share of each group, give or take one person, and within a group of each site.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError

Ints = NDArray[np.intp]
#: With fewer people in a group, there are none left to learn from, calibrate and test on.
FEWEST = 4


def check_groups(labels: Ints, names: tuple[str, ...]) -> None:
    """Raises `DataError` unless there are two groups at least, each of `FEWEST` people."""
    if len(names) < 2:
        raise DataError(f"{_listed(names)}: two groups at least are needed to tell apart.")
    for name, count in zip(names, np.bincount(labels, minlength=len(names)), strict=True):
        if count < FEWEST:
            raise DataError(
                f"Group '{name}' has {count} participant{'' if count == 1 else 's'}, too few to learn from some and "
                f"test on others ({FEWEST} at least): record more, or leave the group out of participants.csv."
            )


def _listed(names: tuple[str, ...]) -> str:
    return f"All participants are of group '{names[0]}'" if names else "There is no participant"


def assigned(labels: Ints, sites: Ints, count: int, seed: int) -> Ints:
    """(P,) the fold of each participant, from 0.

    Args:
        labels: (P,) the number of the group.
        sites: (P,) the number of the site.
        count: folds; as many as the smallest group has people, where that is fewer.
        seed: who goes where depends on it, and on the order of the participants.
    """
    sizes = np.bincount(labels)
    count = min(count, int(sizes[sizes > 0].min()))
    order = np.lexsort((np.random.default_rng(seed).random(len(labels)), sites, labels))
    folds = np.empty(len(labels), np.intp)
    folds[order] = np.arange(len(labels)) % count
    return folds


def parts(folds: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Who is learnt from and who is tested, as rows, for each fold."""
    for fold in range(int(folds.max()) + 1):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
